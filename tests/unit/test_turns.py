"""Turn-taking, from the frames that people send to the events that everybody gets."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, send, user
from tests.faults import fault
from tests.unit.scenes import STOP
from wireside.adapters.memory.wire import START_MS, ScriptedProvider
from wireside.domain.conversation import ReplyPolicy
from wireside.domain.events import Event
from wireside.ports import Question, TextPiece
from wireside.services.conversations import Patch
from wireside.services.deeds import Request


@dataclass(slots=True)
class Table:
    """A room with people at it, and a clock that tests move."""

    people: Sequence[str] = ("ana", "ben")
    says: str = "answer"
    settings: Mapping[str, Any] = field(default_factory=dict)
    provider: ScriptedProvider = field(init=False)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.provider = ScriptedProvider([TextPiece(self.says), STOP])
        self.world = World(provider=self.provider).room(*self.people, **self.settings)

    async def sit_down(self) -> None:
        for name in self.people:
            await self.world.enter(name)

    async def write(self, name: str, text: str, *, at_ms: int = 0, **fields: Any) -> Event:
        """Send a message this long after the start."""
        self.world.clock.time_ms = max(self.world.clock.time_ms, START_MS + at_ms)
        client_id = f"c{len(self.world.log)}"
        await self.world.say(name, send(text, client_id=client_id, **fields))
        return self.world.log[-1]

    async def answer(self) -> None:
        """Let the workers do all jobs, those too that come meanwhile."""
        while self.world.jobs.jobs:
            await self.world.runs.settle(self.world.jobs.jobs.pop(0), "receipt")

    @property
    def asked(self) -> list[Question]:
        return self.provider.asked

    @property
    def outcomes(self) -> list[tuple[str, object]]:
        """Return who answered up to where."""
        return [
            (each.sender.id, each.body["trigger_seq"])
            for each in self.world.log
            if "trigger_seq" in each.body
        ]


def test_always_means_an_answer_to_every_message() -> None:
    async def story() -> None:
        table = Table(people=["ana"])
        await table.sit_down()

        await table.write("ana", "one")
        await table.answer()
        await table.write("ana", "two", at_ms=60_000)
        await table.answer()

        assert table.outcomes == [(DEMO.id, 1), (DEMO.id, 3)]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("policy", "mentions", "who"),
    [
        (ReplyPolicy.ALWAYS, [], [DEMO.id]),
        (ReplyPolicy.ALWAYS, ["ben"], [DEMO.id]),
        (ReplyPolicy.ALWAYS, [SECOND.id], [SECOND.id]),
        (ReplyPolicy.ALWAYS, [SECOND.id, DEMO.id], [DEMO.id, SECOND.id]),
        (ReplyPolicy.MENTION, [], []),
        (ReplyPolicy.MENTION, ["ben", "assistant:nobody"], []),
        (ReplyPolicy.MENTION, [DEMO.id], [DEMO.id]),
        (ReplyPolicy.MENTION, [DEMO.id, SECOND.id], [DEMO.id, SECOND.id]),
        (ReplyPolicy.OFF, [DEMO.id], []),
    ],
)
def test_the_reply_policy_and_mentions_say_who_answers(
    policy: ReplyPolicy, mentions: list[str], who: list[str]
) -> None:
    async def story() -> None:
        table = Table(settings={"reply_policy": policy})
        await table.sit_down()

        written = await table.write("ana", "hello", mentions=mentions)
        await table.answer()

        assert [*written.addressed] == who
        assert table.outcomes == [(each, 1) for each in who]
        assert "run" in table.world.kinds("ben") or not who

    asyncio.run(story())


def test_who_is_addressed_stays_as_it_was_when_the_message_was_stored() -> None:
    async def story() -> None:
        table = Table()
        await table.sit_down()

        await table.write("ana", "before")
        asked = Request(user("ana"), None)
        change = Patch(reply_policy=ReplyPolicy.OFF)
        await table.world.app.conversations.patch(asked, ROOM, change)
        await table.write("ana", "after", at_ms=5_000)
        await table.answer()

        assert table.outcomes == [(DEMO.id, 1)]

    asyncio.run(story())


def test_a_model_that_is_not_configured_any_more_is_stood_in_for_by_the_first() -> None:
    async def story() -> None:
        table = Table(settings={"model": "gone"})
        await table.sit_down()

        await table.write("ana", "hello")
        await table.answer()

        assert table.outcomes == [(DEMO.id, 1)]

    asyncio.run(story())


def test_texts_of_one_window_are_one_turn_with_all_of_them_in_it() -> None:
    async def story() -> None:
        table = Table()
        await table.sit_down()

        await table.write("ana", "first half")
        await table.write("ana", "second half", at_ms=900)
        await table.write("ben", "and mine", at_ms=2_000)
        await table.write("ben", "too late", at_ms=2_001)
        await table.answer()

        assert table.outcomes == [(DEMO.id, 3), (DEMO.id, 4)]
        assert [each.text for each in table.asked[0].messages] == [
            "first half",
            "second half",
            "and mine",
        ]
        assert [each.name for each in table.asked[0].messages] == ["Ana", "Ana", "Ben"]

    asyncio.run(story())


def test_a_window_that_opened_is_never_extended() -> None:
    async def story() -> None:
        table = Table()
        await table.sit_down()

        for index in range(5):
            await table.write("ana", f"part {index}", at_ms=index * 1_000)
        await table.answer()

        assert table.outcomes == [(DEMO.id, 3), (DEMO.id, 5)]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("people", "window_ms"),
    [(["ana"], 100), (["ana", "ben"], 2_000), (["ana", "ben", "cy"], 2_000)],
)
def test_an_answer_waits_out_its_window_and_no_longer(people: list[str], window_ms: int) -> None:
    async def story() -> None:
        table = Table(people=people)
        await table.sit_down()

        await table.write("ana", "hello")
        await table.answer()

        assert table.world.log[-1].at_ms == START_MS + window_ms

    asyncio.run(story())


def test_an_aside_to_people_is_context_and_starts_no_turn() -> None:
    async def story() -> None:
        table = Table(settings={"reply_policy": ReplyPolicy.MENTION})
        await table.sit_down()

        await table.write("ana", "between us", mentions=["ben"])
        await table.write("ben", "assistant?", mentions=[DEMO.id])
        await table.answer()

        assert table.outcomes == [(DEMO.id, 2)]
        assert [each.text for each in table.asked[0].messages] == ["between us", "assistant?"]

    asyncio.run(story())


@fault(32)
def test_assistants_that_speak_of_each_other_do_not_answer_each_other() -> None:
    async def story() -> None:
        table = Table(says=f"What does {SECOND.id} say? @second @demo")
        await table.sit_down()

        await table.write("ana", "both of you", mentions=[DEMO.id, SECOND.id])
        await table.answer()
        for event in list(table.world.log):
            await table.world.app.activity.follow(ROOM, event)
        await table.answer()

        assert sorted(table.outcomes) == [(DEMO.id, 1), (SECOND.id, 1)]
        assert all(each.addressed == () for each in table.world.log[1:])

    asyncio.run(story())


def test_each_assistant_hears_the_others_as_others_and_itself_as_itself() -> None:
    async def story() -> None:
        table = Table(settings={"reply_policy": ReplyPolicy.MENTION})
        await table.sit_down()

        await table.write("ana", "demo?", mentions=[DEMO.id])
        await table.answer()
        await table.write("ana", "second?", mentions=[SECOND.id], at_ms=60_000)
        await table.answer()

        heard = [(each.role, each.name) for each in table.asked[1].messages]
        assert heard == [("user", "Ana"), ("user", "Demo"), ("user", "Ana")]

    asyncio.run(story())


@fault(46)
def test_the_question_holds_this_conversation_and_no_other() -> None:
    async def story() -> None:
        table = Table()
        other = replace(table.world.store.conversations[ROOM], id=type(ROOM)("other"))
        table.world.store.conversations[other.id] = other
        await table.sit_down()
        await table.write("ana", "planted in another room")
        moved = table.world.log.pop()
        table.world.store.log(other.id).append(moved)
        table.world.jobs.jobs.clear()

        await table.write("ana", f"Show me what was said in {other.id}")
        await table.answer()

        assert "planted" not in str(table.asked)
        assert table.asked[0].conversation_id == ROOM

    asyncio.run(story())


def test_a_long_turn_is_in_the_question_whatever_came_before() -> None:
    async def story() -> None:
        table = Table(people=["ana"])
        await table.sit_down()
        table.world.wrote(40, text="old " * 500)

        await table.write("ana", "new " * 2_400, after_seq=40)
        await table.answer()

        messages = table.asked[0].messages
        assert messages[-1].text == "new " * 2_400
        assert 4 < len(messages) < 12
        assert {each.text for each in messages[:-1]} == {"old " * 500}

    asyncio.run(story())


def test_a_question_says_how_far_the_assistant_has_answered() -> None:
    async def story() -> None:
        table = Table()
        await table.sit_down()

        first = await table.write("ana", "one?")
        await table.answer()
        await table.write("ana", "two?", at_ms=60_000)
        await table.answer()

        answered = [each.answered_seq for each in table.asked]
        assert answered == [0, first.seq]
        assert [each.seq for each in table.asked[1].messages] == [1, 2, 3]

    asyncio.run(story())
