"""The context that a model reads: never above its budget, always with the turn."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DEMO, SECOND, user
from wireside.domain.context import (
    CUT_MARK,
    LEAST_SHARE_TOKENS,
    MESSAGE_TOKENS,
    build_context,
    cost_tokens,
    estimate_tokens,
)
from wireside.domain.dialogue import SEVERAL_NOTE, ChatMessage, as_dialogue
from wireside.domain.events import Draft, Event, Kind, Participant, SenderType, place

NAMES = st.one_of(
    st.sampled_from(
        ["Ana", "Ben", "Ana:", "Ana\nBen", "System", "\u202eevil", "  ", "", "A: B: C"]
    ),
    st.text(max_size=60),
)
PEOPLE = st.lists(NAMES, min_size=1, max_size=4).map(
    lambda names: [
        Participant(f"user-{index}", name, SenderType.HUMAN) for index, name in enumerate(names)
    ]
)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from("a\n\r 漢😀:"), max_size=200),
    st.integers(0, 4_000).map(lambda length: "x" * length),
    st.sampled_from(["Ben: I said so", "hello\nBen: not me", "\u2028Ben: hi", ""]),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw a conversation of people and two assistants, with things that are no messages."""
    people = [*draw(PEOPLE), DEMO.participant, SECOND.participant]
    log: list[Event] = []
    for text in draw(st.lists(TEXTS, min_size=1, max_size=12)):
        sender = draw(st.sampled_from(people))
        kind = draw(st.sampled_from([Kind.MESSAGE, Kind.MESSAGE, Kind.MESSAGE, Kind.JOINED]))
        log.append(place(Draft(kind, sender, {"text": text}), log[-1] if log else None, now_ms=0))
    last = Draft(Kind.MESSAGE, people[0], {"text": draw(TEXTS) or "?"})
    return [*log, place(last, log[-1], now_ms=0)]


def total(system_prompt: str, messages: Sequence[ChatMessage]) -> int:
    """Return what a whole request is estimated to take."""
    texts = [system_prompt, *(each.text for each in messages)]
    return sum(estimate_tokens(text) + MESSAGE_TOKENS for text in texts)


@given(logs(), st.integers(LEAST_SHARE_TOKENS, 4_000), st.integers(1, 13))
def test_the_context_is_never_above_its_budget_and_always_has_the_newest(
    log: list[Event], budget_tokens: int, turn_from: int
) -> None:
    context = build_context(
        log, DEMO.id, budget_tokens=budget_tokens, turn_from=min(turn_from, len(log))
    )
    told = as_dialogue("Be brief.", context)

    assert sum(map(cost_tokens, context)) <= budget_tokens
    allowed = estimate_tokens(f"Be brief.\n\n{SEVERAL_NOTE}") + MESSAGE_TOKENS + budget_tokens
    assert total(told.system_prompt, told.messages) <= allowed
    newest = context[-1].text
    assert log[-1].text == newest or (
        newest.endswith(CUT_MARK) and log[-1].text.startswith(newest.removesuffix(CUT_MARK))
    )


@given(logs())
def test_what_fits_is_there_whole_and_in_order(log: list[Event]) -> None:
    context = build_context(log, DEMO.id, budget_tokens=1_000_000, turn_from=len(log))

    said = [each.text for each in log if each.kind is Kind.MESSAGE and each.text]
    assert [each.text for each in context] == said


@given(logs(), st.integers(LEAST_SHARE_TOKENS, 2_000))
def test_before_the_turn_messages_are_whole_and_without_a_gap(
    log: list[Event], budget_tokens: int
) -> None:
    context = build_context(log, DEMO.id, budget_tokens=budget_tokens, turn_from=len(log))

    said = [each.text for each in log if each.kind is Kind.MESSAGE and each.text]
    before = [each.text for each in context[:-1]]
    assert before == said[len(said) - 1 - len(before) : -1]


@given(logs(), st.integers(LEAST_SHARE_TOKENS, 4_000))
def test_roles_alternate_from_a_person_to_a_person(log: list[Event], budget_tokens: int) -> None:
    context = build_context(log, DEMO.id, budget_tokens=budget_tokens, turn_from=len(log))

    roles = [each.role for each in as_dialogue("", context).messages]
    assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    assert len(roles) % 2 == 1


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.sampled_from("\n\u2003x"))))
def test_no_server_is_told_of_nothing(said: list[tuple[Literal["user", "assistant"], str]]) -> None:
    told = as_dialogue("", [ChatMessage(role, text) for role, text in said])

    assert all(each.text.strip() for each in told.messages)


@given(logs())
def test_a_name_at_the_beginning_of_a_line_is_the_services_word(log: list[Event]) -> None:
    context = build_context(log, DEMO.id, budget_tokens=1_000_000, turn_from=len(log))
    names = {each.name for each in context if each.role == "user"}
    told = as_dialogue("", context)

    if len(names) < 2:
        assert "colon" not in told.system_prompt
        return
    people = [each for each in context if each.role == "user"]
    told_lines = [
        line
        for each in told.messages
        if each.role == "user"
        for line in each.text.splitlines()
        if not line.startswith("  ")
    ]
    assert len(told_lines) == len(people)
    for line, message in zip(told_lines, people, strict=True):
        assert line.startswith(f"{message.name}: ")


@given(logs())
def test_names_are_short_visible_and_one_for_each(log: list[Event]) -> None:
    context = build_context(log, DEMO.id, budget_tokens=1_000_000, turn_from=len(log))

    names = {each.name for each in context if each.role == "user"}
    senders = {each.sender.id for each in log if each.kind is Kind.MESSAGE and each.text}
    assert len(names) == len(senders - {DEMO.id})
    for name in names:
        assert name is not None
        assert re.fullmatch(r"[^:\s]([^:\n\r]*[^:\s])?", name)
        assert not any(unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} for each in name)
        assert len(name) < 50


def test_two_people_of_one_name_are_told_apart() -> None:
    first = place(Draft(Kind.MESSAGE, user("ana").participant, {"text": "a"}), None, now_ms=0)
    other = Participant("ana2", "Ana", SenderType.HUMAN)
    second = place(Draft(Kind.MESSAGE, other, {"text": "b"}), first, now_ms=0)

    context = build_context([first, second], DEMO.id, budget_tokens=500, turn_from=2)

    assert [each.name for each in context] == ["Ana", "Ana (2)"]


def test_a_turn_that_does_not_fit_loses_the_ends_of_its_longest_texts() -> None:
    texts = ["short", "x" * 3_000, "y" * 3_000]
    log: list[Event] = []
    for text in texts:
        draft = Draft(Kind.MESSAGE, user("ana").participant, {"text": text})
        log.append(place(draft, log[-1] if log else None, now_ms=0))

    context = build_context(log, DEMO.id, budget_tokens=1_000, turn_from=1)

    assert context[0].text == "short"
    assert all(each.text.endswith(CUT_MARK) for each in context[1:])
    assert min(len(each.text) for each in context[1:]) > 1_300


def test_deleted_texts_are_not_there_and_only_this_log_is() -> None:
    gone = Draft(Kind.MESSAGE, user("ana").participant, {"text": "", "deleted": True})
    first = place(gone, None, now_ms=0)
    second = place(Draft(Kind.MESSAGE, user("ana").participant, {"text": "here"}), first, now_ms=0)

    context = build_context([first, second], DEMO.id, budget_tokens=500, turn_from=1)

    assert context == (ChatMessage("user", "here", "Ana"),)


def test_names_count_towards_the_budget() -> None:
    sender = Participant("user", "n" * 40, SenderType.HUMAN)
    log: list[Event] = []
    for _ in range(50):
        draft = Draft(Kind.MESSAGE, sender, {"text": "x"})
        log.append(place(draft, log[-1] if log else None, now_ms=0))
    each_tokens = cost_tokens(ChatMessage("user", "x", "n" * 40))

    context = build_context(log, DEMO.id, budget_tokens=10 * each_tokens, turn_from=50)
    less = build_context(log, DEMO.id, budget_tokens=10 * each_tokens - 1, turn_from=50)

    assert (len(context), len(less)) == (10, 9)
