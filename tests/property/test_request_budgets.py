"""What providers are really sent, of logs with everything in them: within the budget, whoever asks."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DEMO, ROOM, SECOND, user
from tests.property.test_context import PEOPLE, TEXTS
from wireside import wire
from wireside.adapters.llm import anthropic, bedrock, dify, nlweb, openai
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.context import MESSAGE_TOKENS, estimate_tokens
from wireside.domain.conversation import Assistant
from wireside.domain.events import Draft, Event, Kind, RunId, blanked, place
from wireside.domain.runs import Run, RunState
from wireside.ports import Question
from wireside.services.outcomes import Turn
from wireside.services.questions import question_of, read_turn

GONE = "\N{SKULL}"
"""Stands in every text that is deleted, and in no other."""
OLD = "\N{HOURGLASS}"
"""Stands in every text that was edited away."""
BUDGETS = st.sampled_from([1_000, 1_200, 2_000, 8_000])

type Asked = Callable[[Assistant, Question], Any]


@st.composite
def rooms(draw: st.DrawFn) -> tuple[list[Event], int]:
    """Draw a log, and where the turn that is to be answered begins.

    People and two assistants speak; some of it is edited, deleted, or written anew later.
    """
    people = draw(PEOPLE)
    log: list[Event] = []

    def put(kind: Kind, sender: Any, **body: Any) -> int:
        log.append(place(Draft(kind, sender, body), log[-1] if log else None, now_ms=0))
        return log[-1].seq

    turn_from = 0
    for text in draw(st.lists(TEXTS, min_size=2, max_size=14)):
        sender = draw(st.sampled_from([*people, *people, DEMO.participant, SECOND.participant]))
        fate = draw(st.sampled_from(["stays", "stays", "stays", "goes", "changes", "anew"]))
        marked = text + {"goes": GONE, "changes": OLD}.get(fate, "")
        if sender in people:
            turn_from = seq = put(Kind.MESSAGE, sender, text=marked, addressed=[DEMO.id])
        else:
            seq = put(Kind.MESSAGE, sender, text=marked, trigger_seq=max(0, len(log) - 1))
        if fate == "changes" and sender in people:
            put(Kind.EDITED, sender, target_seq=seq, text=draw(TEXTS) or "?")
        elif fate == "changes":
            log[-1] = replace(log[-1], body={**log[-1].body, "text": text})
        if fate == "anew" and sender not in people:
            asked = put(Kind.REGENERATE_REQUESTED, people[0], target_seq=seq, addressed=[sender.id])
            put(Kind.MESSAGE, sender, text=text, trigger_seq=asked, regenerates=seq)
        if fate == "goes":
            put(Kind.DELETED, people[0], target_seq=seq)
            log[seq - 1] = blanked(log[seq - 1])
    if not turn_from:
        turn_from = put(Kind.MESSAGE, people[0], text="?", addressed=[DEMO.id])
    return log, turn_from


def question(log: list[Event], turn_from: int, assistant: Assistant) -> Question:
    """Return what the worker asks of this log."""
    store = MemoryStore()
    store.log(ROOM).extend(log)
    run = Run(RunId("run"), assistant.id, turn_from, RunState.STREAMING, 1, 0, turn_from)
    turn = Turn(wire.Place(ROOM, "1.1"), assistant, run, turn_from, 0, 0)
    events, begins = asyncio.run(read_turn(MemoryLog(store), turn))
    return question_of(events, turn, begins)


def _dify(assistant: Assistant, asked: Question) -> Any:
    return dify.request_body(assistant, asked, None)


def _dify_that_remembers(assistant: Assistant, asked: Question) -> Any:
    return dify.request_body(assistant, asked, "known")


REQUESTS: dict[str, Asked] = {
    "openai": openai.request_body,
    "anthropic": anthropic.request_body,
    "bedrock": bedrock.request,
    "dify": _dify,
    "dify that remembers": _dify_that_remembers,
    "nlweb": nlweb.parameters,
    "nlweb-core": nlweb.json_body,
}
SAID = frozenset({"content", "text", "system", "system_prompt", "query", "prev"})
"""Where a request has what somebody said."""


def said(request: Any, *, inside: bool = False) -> Iterator[str]:
    """Yield all texts of a request that come from the conversation or the prompt."""
    match request:
        case str():
            if inside:
                yield request
        case dict():
            for name, value in request.items():
                yield from said(value, inside=name in SAID or (inside and isinstance(value, list)))
        case list() | tuple():
            for each in request:
                yield from said(each, inside=inside)


@pytest.mark.parametrize("provider", REQUESTS)
@pytest.mark.parametrize(
    "text", ["a\n" * 300, "\n" * 300, "漢", "one line of a usual length, as people write"]
)
def test_an_assistant_that_said_a_lot_fits_however_it_is_told(provider: str, text: str) -> None:
    log: list[Event] = []
    for index in range(299):
        sender = DEMO.participant if index % 3 else SECOND.participant
        body = {"text": text, "trigger_seq": index}
        log.append(place(Draft(Kind.MESSAGE, sender, body), log[-1] if log else None, now_ms=0))
    asked = Draft(Kind.MESSAGE, user().participant, {"text": "?", "addressed": [DEMO.id]})
    log.append(place(asked, log[-1], now_ms=0))

    request = REQUESTS[provider](DEMO, question(log, 300, DEMO))

    texts = list(said(request))
    assert sum(estimate_tokens(each) + MESSAGE_TOKENS for each in texts) <= DEMO.context_tokens
    assert any("?" in each for each in texts)


@pytest.mark.parametrize("provider", REQUESTS)
@given(room=rooms(), budget_tokens=BUDGETS)
def test_no_request_is_above_the_budget_or_has_what_is_gone(
    provider: str, room: tuple[list[Event], int], budget_tokens: int
) -> None:
    assistant = replace(DEMO, context_tokens=budget_tokens)
    log, turn_from = room

    request = REQUESTS[provider](assistant, question(log, turn_from, assistant))

    texts = list(said(request))
    assert texts
    assert sum(estimate_tokens(each) + MESSAGE_TOKENS for each in texts) <= budget_tokens
    assert not any(mark in each for each in texts for mark in (GONE, OLD))
