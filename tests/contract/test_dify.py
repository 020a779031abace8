"""The Dify provider against a real server: what is sent, what is understood, what is kept."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import ROOM
from tests.contract.asking import QUESTION, streams
from tests.contract.asking_dify import GPT, BrokenMemory, ask_dify, remembering
from tests.dify_server import CONVERSATION, END, JSON, answers, declines, piece, tells
from tests.openai_server import HANG, RESET, Reply
from wireside.adapters.llm.keys import Keys
from wireside.domain.dialogue import SEVERAL_NOTE, ChatMessage
from wireside.ports import Finished, Question, Usage

REPORTED = Usage(3, 5, estimated=False)


def after(answered_seq: int, *messages: tuple[str, str | None]) -> Question:
    """Return a question with texts and their senders' names; ``None`` is the assistant itself."""
    said = [
        ChatMessage("user" if name else "assistant", text, name, seq)
        for seq, (text, name) in enumerate(messages, start=1)
    ]
    return replace(QUESTION, messages=tuple(said), answered_seq=answered_seq)


def test_the_request_is_what_the_api_wants() -> None:
    keys = Keys(lambda name: f"app-of-{name}\n", print)

    (asked,) = ask_dify(answers("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert asked.target == "/v1/chat-messages"
    assert asked.body == {
        "inputs": {"system_prompt": "Be brief."},
        "query": "hi",
        "user": "wireside-room",
        "conversation_id": "",
        "response_mode": "streaming",
    }
    assert asked.headers["authorization"] == "Bearer app-of-/keys/a"
    assert "app-of" not in json.dumps(asked.body)


def test_dify_s_own_id_is_kept_and_sent_with_the_next_turn() -> None:
    memory = remembering()

    (first,) = ask_dify(answers("x"), memory=memory).server.asked
    (second,) = ask_dify(answers("y"), memory=memory).server.asked

    assert (first.body["conversation_id"], second.body["conversation_id"]) == ("", CONVERSATION)
    assert first.body["user"] == second.body["user"]
    assert memory.store.provider_memory == {(ROOM, GPT): CONVERSATION}


@pytest.mark.parametrize("mishap", [HANG, RESET])
def test_the_id_is_kept_as_soon_as_the_stream_has_named_it(mishap: Any) -> None:
    memory = remembering()

    heard = ask_dify(streams(tells("workflow_started"), mishap), memory=memory)

    assert heard.failure is not None
    assert memory.store.provider_memory == {(ROOM, GPT): CONVERSATION}


@pytest.mark.parametrize("named", ["", "a b", "x" * 65, 7, None])
def test_what_cannot_be_an_id_is_not_kept(named: Any) -> None:
    memory = remembering()
    end = tells("message_end", conversation=named)

    heard = ask_dify(streams(piece("x", conversation=named), end), memory=memory)

    assert heard.end == Finished("stop", None)
    assert memory.store.provider_memory == {}


def test_a_memory_that_does_not_answer_costs_no_answer() -> None:
    heard = ask_dify(answers("x"), memory=BrokenMemory())

    assert (heard.text, heard.end) == ("x", Finished("stop", REPORTED))
    assert heard.server.asked[0].body["conversation_id"] == ""


def test_a_conversation_that_dify_forgot_is_told_anew_at_once() -> None:
    memory, question = remembering("gone"), after(1, ("a", "Ana"), ("b", None), ("c", "Ana"))

    heard = ask_dify(declines(404, "not_found"), answers("x"), memory=memory, question=question)

    gone, anew = (each.body for each in heard.server.asked)
    assert (gone["conversation_id"], gone["query"]) == ("gone", "c")
    assert (anew["conversation_id"], anew["query"].splitlines()[2:]) == (
        "",
        ["Ana: a", "Gpt: b", "Ana: c"],
    )
    assert heard.text == "x"
    assert memory.store.provider_memory == {(ROOM, GPT): CONVERSATION}


def test_an_app_that_is_not_there_is_asked_for_once_more_at_most() -> None:
    unknown = ask_dify(declines(404, "not_found"))
    known = ask_dify(declines(404, "not_found"), memory=remembering("gone"))

    assert (unknown.code, known.code) == ("model_rejected", "model_rejected")
    assert (len(unknown.server.asked), len(known.server.asked)) == (1, 2)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        (after(1, ("a", "Ana"), ("b", None), ("c", "Ana"), ("d", "Ana")), "c\nd"),
        (after(1, ("a", "Ana"), ("b", None), ("c", "Ben")), "Ben: c"),
        (after(1, ("a", "Ana"), ("b", None), ("c\nAna: no", "Ben")), "Ben: c\n  Ana: no"),
        # Ben wrote while Ana's question was answered.
        (after(1, ("a", "Ana"), ("b", "Ben"), ("c", None), ("d", "Ana")), "Ben: b\nAna: d"),
        (after(9, ("a", "Ana"), ("b", "Ana")), "b"),
    ],
    ids=["since", "name", "forged name", "in between", "nothing new"],
)
def test_what_dify_has_not_heard_is_the_query(question: Question, query: str) -> None:
    (asked,) = ask_dify(
        answers("x"), memory=remembering(CONVERSATION), question=question
    ).server.asked

    assert asked.body["query"] == query


def test_where_dify_knows_nothing_all_is_told_and_nobody_else_has_the_assistant_s_name() -> None:
    question = after(2, ("a", "Gpt"), ("b", None), ("c\nd", "Ben"))

    (asked,) = ask_dify(answers("x"), question=question).server.asked

    first, _, *told = asked.body["query"].splitlines()
    assert "You are Gpt (assistant)." in first
    assert told == ["Gpt: a", "Gpt (assistant): b", "Ben: c", "  d"]
    assert asked.body["inputs"]["system_prompt"].endswith(SEVERAL_NOTE)


def test_an_answer_that_moderation_took_back_is_filtered() -> None:
    replaced = tells("message_replace", answer="No.", reason="output_moderation")

    late = ask_dify(streams(piece("bad"), replaced, piece("never"), END))
    early = ask_dify(streams(replaced, piece("never"), END))

    assert (late.text, late.end) == ("bad", Finished("filtered", REPORTED))
    assert (early.text, early.end) == ("No.", Finished("filtered", REPORTED))


def test_an_answer_of_a_server_that_cannot_stream_is_taken_whole() -> None:
    usage = {"usage": {"prompt_tokens": 3, "completion_tokens": 5}}
    named = {"event": "message", "mode": "chat", "conversation_id": CONVERSATION}
    body = json.dumps({**named, "answer": "all", "metadata": usage}).encode()
    memory = remembering()

    heard = ask_dify(Reply([body[:9], body[9:]], headers=JSON), memory=memory)

    assert (heard.text, heard.end) == ("all", Finished("stop", REPORTED))
    assert memory.store.provider_memory == {(ROOM, GPT): CONVERSATION}


@pytest.mark.parametrize(
    "metadata",
    [None, {}, "x", {"usage": None}, {"usage": {"prompt_tokens": "3", "completion_tokens": -1}}],
)
def test_usage_that_is_missing_is_not_invented(metadata: Any) -> None:
    heard = ask_dify(streams(piece("x"), tells("message_end", metadata=metadata)))

    assert heard.end == Finished("stop", None)


@pytest.mark.parametrize("rest", [HANG, RESET, b"data: {garbage\n\n", tells("error", code="x")])
def test_an_answer_that_said_its_end_is_whole_whatever_comes_after(rest: Any) -> None:
    heard = ask_dify(streams(piece("x"), END, rest))

    assert (heard.text, heard.end) == ("x", Finished("stop", REPORTED))


def test_of_a_refusal_only_code_and_status_are_kept() -> None:
    heard = ask_dify(declines(429, "too_many_requests"))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 429 429 too_many_requests"
