"""What a model gets to read of a log that went on while its turn waited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.builders import DEMO, ROOM, SECOND, World, message, send, user
from tests.unit.scenes import STOP, job
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.conversation import Assistant, Role
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.ports import Piece, Question, TextPiece
from wireside.services.deeds import Request
from wireside.services.questions import PAGE

BUSY = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "Not reached.")


def write(action: str, world: World, **fields: Any) -> dict[str, Any]:
    """Return a frame that writes at the end."""
    about = {"action": action, "conversation_id": ROOM, "client_id": f"w{len(world.log)}"}
    return about | {"after_seq": len(world.log)} | fields


async def room(provider: Any = None, **fields: Any) -> World:
    """Return a room in which Ana and Ben are connected."""
    scripted = ScriptedProvider([TextPiece("answer"), STOP])
    world = World(provider=provider or scripted, **fields).room("ana", "ben")
    for name in ("ana", "ben"):
        await world.connect(name)
    return world


async def settle(world: World, seq: int, by: Assistant = DEMO) -> None:
    world.clock.time_ms += 10_000
    await world.runs.settle(job(seq, assistant_id=by.id), "receipt")


def said(world: World, index: int = -1) -> list[tuple[str, str | None, str]]:
    """Return what the model was told when it was asked: role, name, text."""
    asked: Question = world.provider.asked[index]  # type: ignore[attr-defined]
    return [(each.role, each.name, each.text) for each in asked.messages]


def texts(world: World, index: int = -1) -> list[str]:
    return [text for _, _, text in said(world, index)]


@dataclass(slots=True)
class Meanwhile:
    """A provider of whose first answers something happens in the middle."""

    deeds: list[Callable[[], Any]]
    fails: bool = False
    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        self.asked.append(question)
        if self.deeds:
            await self.deeds.pop(0)()
            if self.fails:
                raise BUSY
        yield TextPiece(f"answer {len(self.asked)}")
        yield STOP


def test_what_waited_for_an_answer_is_asked_with_that_answer_before_it() -> None:
    """The answer stands above the question in the log, and was there before the model was asked."""

    async def story() -> None:
        world = await room()
        provider = Meanwhile([lambda: say(world, "ben", "two?")])
        world.runs = with_provider(world, provider)
        await say(world, "ana", "one?")

        await settle(world, 1)
        await settle(world, 2)

        assert [each.body.get("trigger_seq") for each in world.log] == [None, None, 1, 2]
        assert [(each.role, each.text) for each in provider.asked[1].messages] == [
            ("user", "one?"),
            ("assistant", "answer 1"),
            ("user", "two?"),
        ]
        assert provider.asked[1].answered_seq == 1

    asyncio.run(story())


async def say(world: World, name: str, text: str, **fields: Any) -> None:
    world.clock.time_ms += 3_000
    about = {"client_id": f"m{len(world.log)}", "after_seq": len(world.log)}
    await world.say(name, send(text, **about, **fields))


def with_provider(world: World, provider: Any) -> Any:
    """Return the worker with another provider."""
    providers = replace(world.runs.answering.providers, provider=provider)  # type: ignore[attr-defined]
    answering = replace(world.runs.answering, providers=providers)  # type: ignore[type-var]
    return replace(world.runs, answering=answering)


def test_what_is_edited_while_it_waits_is_read_as_it_is_then() -> None:
    async def story() -> None:
        world = await room()
        await say(world, "ana", "frist")
        await world.say("ana", write("edit", world, target_seq=1, text="first"))

        await settle(world, 1)

        assert texts(world) == ["first"]

    asyncio.run(story())


def test_what_people_write_after_the_turn_is_not_read_with_it() -> None:
    async def story() -> None:
        world = await room()
        await say(world, "ana", "one?")
        await say(world, "ben", "two?")

        await settle(world, 1)

        assert texts(world, 0) == ["one?"]

    asyncio.run(story())


def test_what_is_deleted_between_two_tries_is_not_sent_again() -> None:
    async def story() -> None:
        world = await room()
        provider = Meanwhile(
            [lambda: world.say("ana", write("delete", world, target_seq=1))], fails=True
        )
        world.runs = with_provider(world, provider)
        world.wrote(1, text="my secret is a sparrow")
        await say(world, "ana", "what is it?")

        await settle(world, 2)

        assert [[each.text for each in asked.messages] for asked in provider.asked] == [
            ["my secret is a sparrow", "what is it?"],
            ["what is it?"],
        ]

    asyncio.run(story())


def test_an_answer_is_written_anew_from_the_edit_however_far_away_it_is() -> None:
    async def story() -> None:
        world = await room()
        await say(world, "ana", "frist")
        await settle(world, 1)
        world.wrote(PAGE + 5, text="noise", by="ben")
        await world.say("ana", write("edit", world, target_seq=1, text="first"))
        await world.say("ana", write("edit", world, target_seq=1, text="first!"))
        await world.say("ana", write("regenerate", world, target_seq=2))

        await settle(world, len(world.log))

        assert world.log[-1].body["regenerates"] == 2
        assert texts(world) == ["first!"]

    asyncio.run(story())


def test_what_was_written_anew_stands_in_the_place_of_the_first_answer() -> None:
    async def story() -> None:
        world = await room()
        world.runs = with_provider(world, provider := Meanwhile([]))
        await say(world, "ana", "one?")
        await settle(world, 1)
        await say(world, "ana", "two?")
        await settle(world, 3)
        await world.say("ana", write("regenerate", world, target_seq=2))
        await settle(world, 5)
        await world.say("ana", write("regenerate", world, target_seq=6))
        await settle(world, 7)
        await world.say("ana", write("delete", world, target_seq=8))

        await say(world, "ana", "three?")
        await settle(world, 10)

        told = [each.text for each in provider.asked[-1].messages]
        assert told == ["one?", "answer 3", "two?", "answer 2", "three?"]

    asyncio.run(story())


def test_as_many_events_are_read_as_the_budget_has_room_for() -> None:
    async def story(budget_tokens: int) -> int:
        world = await room(assistants=(replace(DEMO, context_tokens=budget_tokens),))
        world.wrote(2 * PAGE, text="ok")
        await say(world, "ana", "and now?")

        await settle(world, 2 * PAGE + 1)

        return len(texts(world))

    assert asyncio.run(story(1_000_000)) == 2 * PAGE + 1
    assert 0 < asyncio.run(story(1_000)) < PAGE


def test_operators_and_other_assistants_are_told_by_name_and_only_the_asked_is_the_assistant() -> (
    None
):
    async def story() -> None:
        world = await room()
        await say(world, "ana", "one?", mentions=[SECOND.id])
        await settle(world, 1, SECOND)
        olga = Request(user("olga", roles=frozenset({Role.OPERATOR})), None)
        await world.connect("olga", roles=frozenset({Role.OPERATOR}))
        await world.app.operators.take_over(olga, ROOM)
        await say(world, "olga", "I can help.")
        await world.app.operators.release(olga, ROOM)
        await say(world, "ana", "two?")
        await settle(world, len(world.log))
        await say(world, "ben", "three?")

        await settle(world, len(world.log))

        assert said(world) == [
            ("user", "Ana", "one?"),
            ("user", SECOND.display_name, "answer"),
            ("user", "Olga", "I can help."),
            ("user", "Ana", "two?"),
            ("assistant", None, "answer"),
            ("user", "Ben", "three?"),
        ]

    asyncio.run(story())


def test_a_mention_in_an_edit_or_in_an_answer_asks_nobody() -> None:
    async def story() -> None:
        speaks = ScriptedProvider([TextPiece(f"What says {SECOND.id}? @second"), STOP])
        world = await room(provider=speaks)
        await say(world, "ana", "one?")
        edit = write("edit", world, target_seq=1, text=f"and {SECOND.id}, @second?")
        refused = await world.say("ana", edit | {"mentions": [SECOND.id], "client_id": "other"})
        await world.say("ana", edit)

        await settle(world, 1)
        for each in list(world.log):
            await world.app.activity.follow(ROOM, each)

        assert refused[0]["details"] == {"field": "mentions"}
        assert {each.assistant_id for each in world.jobs.jobs} == {DEMO.id}
        assert [each.addressed for each in world.log] == [(DEMO.id,), (), ()]

    asyncio.run(story())


def test_nothing_of_another_conversation_is_read() -> None:
    async def story() -> None:
        world = await room()
        other = type(ROOM)("other")
        world.store.conversations[other] = replace(world.store.conversations[ROOM], id=other)
        world.store.log(other).extend([message(text="secret of the other room")])
        await say(world, "ana", "what do you know of 'other'?")

        await settle(world, 1)

        assert texts(world) == ["what do you know of 'other'?"]

    asyncio.run(story())
