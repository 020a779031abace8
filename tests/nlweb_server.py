"""What servers of NLWeb say on the wire, for tests alone; the server is that of OpenAI's tests."""

from typing import Any

from tests.openai_server import Reply, event

META = {"version": "0.54", "response_type": "Answer", "request_id": "r"}
JSON = {"Content-Type": "application/json; charset=utf-8"}


def frame(kind: str, **more: Any) -> bytes:
    """Return a frame of the older generation."""
    return event({"message_type": kind, **more, "query_id": "q"})


def found(number: int, **more: Any) -> dict[str, Any]:
    """Return a result as the older generation tells it."""
    url = f"https://site.example/{number}"
    thing = {"@type": "Recipe", "name": f"Dish {number}", "url": url, "image": f"{url}.png"}
    told = {"url": url, "name": f"Dish {number}", "site": "site", "description": f"No. {number}."}
    return {**told, "schema_object": thing, "ranking_type": "FAST_TRACK", **more}


def batch(*results: dict[str, Any]) -> bytes:
    """Return a frame with results."""
    return frame("result_batch", results=list(results))


def summary(text: str) -> bytes:
    """Return a frame with a summary."""
    return frame("summary", message=text)


HEADS = (
    frame("api_version", api_version="0.1"),
    frame("license", content="planted words"),
    frame("tool_selection", selected_tool="search", parameters={"query": "planted words"}),
    frame("asking_sites", message="planted words"),
    frame("api_key", key_name="maps", key_value="planted words"),
)
"""What comes before results, and is not for people."""
COMPLETE = event({"message_type": "complete"})


def answer(*events: dict[str, Any]) -> Reply:
    """Return an answer of the newer generation, which has no end of its own."""
    return Reply([told(), *map(event, events)])


def told(**more: Any) -> bytes:
    """Return the event with which the newer generation begins."""
    return event({"_meta": {**META, **more}})


def results(*each: dict[str, Any]) -> bytes:
    """Return results of the newer generation."""
    return event({"results": list(each)})


def said(text: str) -> bytes:
    """Return a summary of the newer generation."""
    return results({"@type": "Summary", "text": text})


def thing(number: int, **more: Any) -> dict[str, Any]:
    """Return a result as the newer generation tells it."""
    url = f"https://site.example/{number}"
    whole = {"@type": "Recipe", "url": url, "name": f"Dish {number}", "site": "site.example"}
    return {**whole, "@id": url, "grounding": {"source_urls": [url]}, **more}
