"""The NLWeb provider against a real server: what is asked, and what is understood (C10)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.asking import QUESTION, Heard, ask
from tests.contract.dialects import NLWEB, NLWEB_JSON
from tests.faults import fault
from tests.nlweb_server import (
    COMPLETE,
    HEADS,
    JSON,
    answer,
    batch,
    found,
    frame,
    results,
    said,
    summary,
    thing,
    told,
)
from tests.openai_server import CUT, Reply, event
from wireside.adapters.llm.findings import NOTHING
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.nlweb import NlwebProvider
from wireside.domain.conversation import Search
from wireside.domain.dialogue import ChatMessage
from wireside.domain.items import Item
from wireside.ports import Finished, ItemsPiece, Question

RECORDINGS = Path(__file__).parent / "recordings" / "nlweb"
STOP = Finished("stop", None)
streams = NLWEB.streams
LIST = Search(mode="list")


def ask_nlweb(*replies: Reply, **of: Any) -> Heard:
    return ask(*replies, make=NlwebProvider, **of)


def items(heard: Heard) -> tuple[Item, ...]:
    found = (each.items for each in heard.pieces if isinstance(each, ItemsPiece))
    return tuple(item for each in found for item in each)


def names(heard: Heard) -> list[str]:
    return [each.name for each in items(heard)]


def query_of(heard: Heard) -> dict[str, list[str]]:
    return parse_qs(urlsplit(heard.server.asked[-1].target).query, strict_parsing=True)


def conversation(*messages: ChatMessage, turn_from: int) -> Question:
    return replace(QUESTION, messages=messages, turn_from=turn_from)


FOUND = (Item("Dish 1", "https://site.example/1"), Item("Dish 2", "https://site.example/2"))
TALK = conversation(
    ChatMessage("user", "pasta?", "Ana", 1),
    ChatMessage("user", "I know some", "Other assistant", 2, is_of_person=False),
    ChatMessage("assistant", "Two dishes.", None, 3, items=FOUND),
    ChatMessage("user", "with basil, please", "Ben", 4),
    ChatMessage("user", "and for children", "Ana", 5),
    turn_from=4,
)


def test_the_older_generation_is_asked_in_the_address() -> None:
    heard = ask_nlweb(NLWEB.says("x"), question=TALK, search=Search(site="seriouseats"))

    (asked,) = heard.server.asked
    assert urlsplit(asked.target).path == "/v1/ask"
    assert asked.body is None
    assert "content-type" not in asked.headers
    assert query_of(heard) == {
        "query": ["with basil, please\nand for children"],
        "site": ["seriouseats"],
        "prev": ['["pasta?"]'],
        "last_ans": [json.dumps([{"title": each.name, "url": each.url} for each in FOUND])],
        "streaming": ["true"],
        "generate_mode": ["summarize"],
    }


def test_the_newer_generation_is_asked_in_the_body() -> None:
    (asked,) = NLWEB_JSON.ask(
        NLWEB_JSON.says("x"), question=TALK, search=Search(mode="list", site="seriouseats")
    ).server.asked

    assert asked.target == "/v1/ask"
    assert asked.body == {
        "query": {"text": "with basil, please\nand for children", "site": "seriouseats"},
        "context": {"prev": ["pasta?"]},
        "prefer": {"streaming": True, "mode": "list"},
    }


def test_what_is_not_known_is_not_sent() -> None:
    first = ask_nlweb(NLWEB.says("x"))
    (asked,) = NLWEB_JSON.ask(NLWEB_JSON.says("x")).server.asked

    assert query_of(first).keys() == {"query", "streaming", "generate_mode"}
    assert asked.body.keys() == {"query", "prefer"}
    assert asked.body["query"] == {"text": "hi"}


def test_the_key_is_sent_as_a_bearer_token_and_nowhere_else() -> None:
    keys = Keys(lambda name: f"sk-of-{name}", print)

    (asked,) = ask_nlweb(NLWEB.says("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert asked.headers["authorization"] == "Bearer sk-of-/keys/a"
    assert "sk-of" not in asked.target


@pytest.mark.parametrize("text", ["a&b=c#d?é +%20", "語" * 100, "\ud83d half", "line\nline"])
def test_whatever_people_write_arrives_as_it_is(text: str) -> None:
    heard = ask_nlweb(
        NLWEB.says("x"), question=conversation(ChatMessage("user", text, "Ana", 1), turn_from=1)
    )

    assert query_of(heard)["query"] == [text.replace("\ud83d", "?")]


def test_an_address_is_never_too_long_and_the_newest_is_kept() -> None:
    before = [ChatMessage("user", f"{n} " + "é" * 100, "Ana", n) for n in range(1, 100)]
    many = tuple(replace(each, url=f"https://e.example/{'y' * 900}") for each in FOUND)
    last = ChatMessage("assistant", "x", None, 100, items=many)
    question = conversation(*before, last, ChatMessage("user", "q", "Ana", 101), turn_from=101)

    heard = ask_nlweb(NLWEB.says("x"), question=question)

    assert len(heard.server.asked[0].target) < 8_000
    kept = json.loads(query_of(heard)["prev"][0])
    assert kept == [each.text for each in before[-len(kept) :]]
    assert [each["title"] for each in json.loads(query_of(heard)["last_ans"][0])] == ["Dish 1"]


@pytest.mark.parametrize("text", ['"' * 900, "\\" * 900, "\x01" * 900, "\n" * 900])
def test_what_json_escapes_makes_no_address_too_long(text: str) -> None:
    before = [ChatMessage("user", f"{n}{text}", "Ana", n) for n in range(1, 9)]
    question = conversation(*before, ChatMessage("user", "é" * 490, "Ana", 9), turn_from=9)

    heard = ask_nlweb(NLWEB.says("x"), question=question)

    assert len(heard.server.asked[0].target) < 8_000


def test_what_is_too_long_for_an_address_goes_in_the_body() -> None:
    text = "é" * 10_000
    (asked,) = ask_nlweb(
        NLWEB.says("x"), question=conversation(ChatMessage("user", text, "Ana", 1), turn_from=1)
    ).server.asked

    assert asked.target == "/v1/ask"
    assert asked.body == {"query": text, "streaming": "true", "generate_mode": "summarize"}


def test_of_prior_queries_a_body_takes_more_but_not_all() -> None:
    before = [ChatMessage("user", f"{n} " + "x" * 1_000, "Ana", n) for n in range(1, 100)]
    question = conversation(*before, ChatMessage("user", "q", "Ana", 101), turn_from=101)

    (asked,) = NLWEB_JSON.ask(NLWEB_JSON.says("x"), question=question).server.asked

    kept = asked.body["context"]["prev"]
    assert kept == [each.text for each in before[-15:]]


def test_a_turn_that_is_not_in_what_is_left_is_what_was_said_last() -> None:
    question = conversation(ChatMessage("user", "a", "Ana", 1), turn_from=9)

    assert query_of(ask_nlweb(NLWEB.says("x"), question=question))["query"] == ["a"]


@fault(28)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_results_come_with_what_the_site_says_of_them_and_all_else_is_passed_over(
    size: int,
) -> None:
    untold = {"url": "https://site.example/2", "schema_object": [{"@type": "Movie", "name": "Two"}]}
    sent = b"".join([b": keep-alive\n\n", *HEADS, batch(found(1, score=86), untold), COMPLETE])

    heard = ask_nlweb(streams(*(sent[at : at + size] for at in range(0, len(sent), size))))

    assert items(heard) == (
        Item("Dish 1", "https://site.example/1", "site", "Recipe", "No. 1.", 86),
        Item("Two", "https://site.example/2", None, "Movie"),
    )
    assert (heard.text, heard.end) == ("", STOP)
    assert "planted" not in repr(heard.pieces)


def test_a_list_is_told_as_it_comes_and_nothing_twice() -> None:
    heard = ask_nlweb(
        streams(batch(found(2)), batch(found(1), found(2)), batch(found(2)), COMPLETE), search=LIST
    )

    assert heard.text == "- Dish 2: https://site.example/2\n- Dish 1: https://site.example/1"
    assert names(heard) == ["Dish 2", "Dish 1"]


def test_a_summary_comes_beside_its_results() -> None:
    heard = ask_nlweb(streams(batch(found(1)), summary("Half "), summary("and half."), COMPLETE))

    assert (heard.text, names(heard), heard.end) == ("Half and half.", ["Dish 1"], STOP)


def test_a_list_and_words_are_parted() -> None:
    heard = ask_nlweb(streams(batch(found(1)), summary("Good."), COMPLETE), search=LIST)

    assert heard.text == "- Dish 1: https://site.example/1\n\nGood."


def test_a_generated_answer_that_comes_twice_is_said_once() -> None:
    heard = ask_nlweb(
        streams(
            frame("nlws", answer="Eat", items=[]),
            frame("nlws", answer="Eat pesto.", items=[]),
            frame("nlws", answer="Eat pesto.", items=[found(1)]),
            frame("nlws", answer="Never mind.", items=[found(1), "?"]),
            COMPLETE,
        ),
        search=Search(mode="generate"),
    )

    assert (heard.text, names(heard)) == ("Eat pesto.", ["Dish 1"])


@pytest.mark.parametrize(
    ("frames", "text", "count"),
    [
        ([frame("ask_user", message="Which city?")], "Which city?", 0),
        ([frame("ask_user", question="Which city?")], "Which city?", 0),
        ([frame("no_results", message="Nothing here.")], "Nothing here.", 0),
        ([frame("item_details", details="Long.", **found(1))], "Long.", 1),
        ([frame("item_details", details={"a": 1}, **found(1))], "", 1),
        (
            [frame("compare_items", comparison="Alike.", item1=found(1), item2=found(2))],
            "Alike.",
            2,
        ),
        ([frame("result", content=[found(1), found(2)])], "", 2),
        ([frame("result", content=[{"@type": "Summary", "text": "Sum."}, found(1)])], "Sum.", 1),
        ([frame("result", content="Words.")], "Words.", 0),
        ([frame("result", index=0, item=found(1))], "", 1),
        ([frame("result", **found(1))], "", 1),
        (
            [frame("ensemble_result", result={"success": True, "recommendations": [found(1)]})],
            "",
            1,
        ),
        ([frame("chart_result", html="<script>planted()</script>")], NOTHING, 0),
        ([frame("something_new", message="planted")], NOTHING, 0),
        ([batch(), frame("result_batch", results=None), frame("nlws")], NOTHING, 0),
    ],
)
@pytest.mark.parametrize("end", [COMPLETE, frame("end-nlweb-response")])
def test_every_kind_of_frame_is_shown_as_what_it_is(
    frames: list[bytes], text: str, count: int, end: bytes
) -> None:
    heard = ask_nlweb(streams(frame("begin-nlweb-response"), *frames, end))

    assert (heard.text, len(items(heard)), heard.end) == (text, count, STOP)


@pytest.mark.parametrize(
    ("body", "text", "count"),
    [
        ({"results": [found(1)], "summary": {"message": "Sum."}}, "Sum.", 1),
        ({"results": [found(1), found(2)], "query_id": "q"}, "", 2),
        ({"nlws": {"answer": "All.", "items": [found(1)]}}, "All.", 1),
        ({"content": [found(1)], "conversation_id": "c"}, "", 1),
        ({"results": []}, NOTHING, 0),
    ],
)
def test_an_answer_of_a_server_that_does_not_stream_is_taken_whole(
    body: dict[str, Any], text: str, count: int
) -> None:
    heard = ask_nlweb(Reply([json.dumps(body).encode()], headers=JSON))

    assert (heard.text, len(items(heard)), heard.end) == (text, count, STOP)


@fault(28)
@pytest.mark.parametrize("steps", [[], list(HEADS), [summary("x")], [batch(found(1))]])
def test_the_older_generation_has_no_end_without_its_marker(steps: list[bytes]) -> None:
    heard = ask_nlweb(streams(*steps))

    assert (heard.end, heard.failure) == (None, None)


@pytest.mark.parametrize(
    ("reply", "code", "again"),
    [
        (event({"message_type": "error", "error": "planted", "status": 500}), "unavailable", True),
        (event({"message_type": "error", "error": "planted", "status": 429}), "rate_limited", True),
        (event({"message_type": "error", "message": "planted"}), "unavailable", True),
        (event({"error": "planted"}), "unavailable", True),
        (
            frame("ensemble_result", result={"success": False, "error": "planted"}),
            "unavailable",
            True,
        ),
    ],
)
def test_an_error_under_status_200_is_a_failure(reply: bytes, code: str, *, again: bool) -> None:
    heard = ask_nlweb(streams(*HEADS, reply))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (f"model_{code}", again)
    assert "planted" not in heard.failure.detail + str(heard.failure)


@pytest.mark.parametrize(
    ("reply", "text", "count"),
    [
        (answer({"results": [thing(1), thing(2)]}), "", 2),
        (answer({"results": [thing(1)]}, {"results": [thing(1), thing(2)]}), "", 2),
        (Reply([told(), results(thing(1)), said("Sum "), said("mary.")]), "Sum mary.", 1),
        (answer({"results": []}), NOTHING, 0),
        (answer({"error": {"code": "NO_RESULTS", "message": "planted"}}), NOTHING, 0),
        (
            answer({"content": [{"type": "text", "text": "Two."}], "structuredData": [thing(1)]}),
            "Two.",
            1,
        ),
        (
            answer({"elicitation": {"text": "Where?", "questions": [{"text": "City?"}, 7]}}),
            "Where?\n\n- City?",
            0,
        ),
        (
            Reply(
                [
                    b"event: start\n" + told(),
                    b"event: result\n" + event({"index": 0, "item": thing(1)}),
                    b"event: complete\n" + told(),
                    b"data: {garbage\n\n",
                ]
            ),
            "",
            1,
        ),
        (
            Reply([json.dumps({"_meta": {}, "results": [thing(1)]}).encode()], headers=JSON),
            "",
            1,
        ),
    ],
    ids=[
        "results", "batches", "summary", "none", "none by name", "app", "asked back", "ends", "whole",
    ],
)  # fmt: skip
def test_answers_of_the_newer_generation_end_with_their_stream(
    reply: Reply, text: str, count: int
) -> None:
    heard = NLWEB_JSON.ask(reply)

    assert (heard.text, len(items(heard)), heard.end) == (text, count, STOP)


@fault(28)
@pytest.mark.parametrize(
    ("events", "code", "again"),
    [
        ([{"error": {"code": "INTERNAL_ERROR", "message": "planted"}}], "unavailable", True),
        ([{"error": {"code": "INVALID_REQUEST", "message": "planted"}}], "rejected", False),
        ([{"_meta": {"response_type": "Failure"}}], "unavailable", True),
        ([{"promise": {"token": "planted", "estimated_time": 120}}], "rejected", False),
        (
            [
                {"results": [thing(1)]},
                {"_meta": {"response_type": "Failure"}},
                {"error": {"code": "INTERNAL_ERROR"}},
            ],
            "unavailable",
            True,
        ),
    ],
)
def test_refusals_of_the_newer_generation_come_under_status_200(
    events: list[dict[str, Any]], code: str, *, again: bool
) -> None:
    heard = NLWEB_JSON.ask(answer(*events))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (f"model_{code}", again)
    assert "planted" not in heard.failure.detail + str(heard.failure)


@fault(28)
@pytest.mark.parametrize("reply", [Reply(), answer(), Reply([told(), results(thing(1)), CUT])])
def test_what_ends_before_an_answer_or_without_the_end_of_its_stream_has_no_end(
    reply: Reply,
) -> None:
    assert NLWEB_JSON.ask(reply).end is None


@fault(28)
@pytest.mark.parametrize(
    ("name", "mode", "text", "count", "code"),
    [
        ("stream_list.sse", "list", "- Spaghetti Carbonara: https://example.test/r/1\n", 3, None),
        ("nostream_list.json", "list", "- Spaghetti Carbonara: https://example.test/r/1\n", 3, None),
        ("stream_list_summarize.sse", "summarize", "Fake summary", 3, None),
        ("context_prev.sse", "summarize", "", 3, None),
        ("no_results.sse", "summarize", NOTHING, 0, None),
        ("extra_field.sse", "summarize", "", 0, "model_rejected"),
    ],
)  # fmt: skip
def test_what_a_real_server_of_the_newer_generation_said_is_understood(
    name: str, mode: Any, text: str, count: int, code: str | None
) -> None:
    headers = JSON if name.endswith(".json") else {}

    heard = NLWEB_JSON.ask(
        Reply([(RECORDINGS / name).read_bytes()], headers=headers), search=Search(mode=mode)
    )

    assert heard.text.startswith(text)
    assert (len(items(heard)), heard.code) == (count, code)


@fault(28)
def test_a_second_head_inside_the_body_is_a_failure() -> None:
    raw = (RECORDINGS / "err_midstream.raw-http").read_bytes().replace(b"\r\n", b"\n")

    heard = NLWEB_JSON.ask(Reply(before=[raw.replace(b"\n", b"\r\n"), CUT]))

    assert (heard.text, heard.code) == ("", "model_unavailable")
