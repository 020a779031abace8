"""``python -m tests.contract.exploring``: ask the HTTP API what its description allows, and more.

schemathesis makes requests of the description, good ones and bad ones, one by one and one from
another's answer, and compares each answer with the description. What it asks is the function's own
handler on ministack, in this process. Every run asks the same. Prints what it found, as JSON.
"""

import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from bench.stage import Stage, in_process, stage
from local.tokens import mint
from tests.contract.doorway import served

EXAMPLES = 6
ME = "ana"


def explore(address: str, set_up: Stage) -> Iterator[dict[str, str]]:
    """Yield what is wrong."""
    token = mint(set_up.secret, ME, ME.title(), ("user", "operator"))[0]
    _know_formats(address, token)
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": address,
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none"},
        }
    )
    described = _closed(_ask(address, "GET", "/openapi.json", token))
    asked: set[str] = set()
    for event in from_schema(schemathesis.openapi.from_dict(described, config=config)).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            yield {"error": f"{event.label}: {event.info}"}
        if isinstance(event, events.ScenarioFinished):
            asked |= {case.value.operation.label for case in event.recorder.cases.values()}
            yield from _failures(event)
    wanted = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
    }
    yield from ({"unasked": each} for each in sorted(wanted - asked))


def _failures(event: events.ScenarioFinished) -> Iterator[dict[str, str]]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                response = event.recorder.interactions[case_id].response
                yield {
                    "check": check.name,
                    "why": check.failure_info.failure.message,
                    "asked": check.failure_info.code_sample,
                    "answered": response.text if response else "",
                }


def _know_formats(address: str, token: str) -> None:
    """Say what a description cannot: which assistants there are, what is a cursor, and an id."""
    for _ in range(2):
        _ask(address, "POST", "/v1/conversations", token, {})
    (first, *_) = _ask(address, "GET", "/v1/models", token)["items"]
    cursor = _ask(address, "GET", "/v1/conversations?limit=1", token)["cursor"]
    people = st.text(
        st.characters(exclude_characters="#", exclude_categories=["Cc", "Cs"]),
        min_size=1,
        max_size=32,
    )
    schemathesis.openapi.format("model", st.just(first["id"]))
    schemathesis.openapi.format("cursor", st.just(cursor))
    schemathesis.openapi.format(
        "user-id", people.filter(lambda each: not each.startswith("assistant:"))
    )


def _closed(described: dict[str, Any]) -> dict[str, Any]:
    """Return the description without room for fields that it does not name."""
    for schema in described["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return described


def _ask(address: str, method: str, path: str, token: str, body: object = None) -> Any:
    request = urllib.request.Request(
        address + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main() -> None:
    """Print what is wrong, a line for each."""
    with stage() as set_up, in_process(set_up, "ApiFunction"):
        from wireside.entrypoints.observability import logger

        handler: Any = logger.registered_handler
        handler.setStream(io.StringIO())
        with served() as address:
            for found in explore(address, set_up):
                print(json.dumps(found))


if __name__ == "__main__":
    main()
