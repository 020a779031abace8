"""model: who answers what is said from here on."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, error_of, send
from tests.faults import fault
from tests.unit.scenes import says
from wireside import wire
from wireside.adapters.memory.log import MemoryLog
from wireside.domain.conversation import ReplyPolicy, Role
from wireside.domain.events import Kind, SenderType
from wireside.services.deeds import Patch, Request

OPERATOR = frozenset({Role.OPERATOR})


def select(model: str, after_seq: int, *, client_id: str = "m") -> wire.Json:
    """Return a frame that chooses."""
    about: wire.Json = {"action": "model", "conversation_id": ROOM, "client_id": client_id}
    return about | {"after_seq": after_seq, "model": model}


async def room(**fields: object) -> World:
    """Return a room in which Ana and Ben listen."""
    world = World(provider=says("an answer")).room("ana", "ben", **fields)
    for name in ("ana", "ben"):
        await world.enter(name)
    return world


def test_a_choice_is_an_event_that_everybody_hears_and_that_is_kept() -> None:
    async def story() -> None:
        world = await room()

        (own,) = await world.say("ben", select("second", 0) | {"ref": "r"})

        assert (own["ref"], own["event"]["kind"]) == ("r", "model_selected")
        assert own["event"]["body"] == {"model": "second"}
        assert own["event"]["sender"] == {"id": "ben", "name": "Ben", "type": "human"}
        assert world.heard("ana")[-1]["event"] == own["event"]
        assert world.store.conversations[ROOM].model == "second"
        opened = await world.say("ana", {"action": "open", "conversation_id": ROOM})
        assert opened[0]["conversation"]["model"] == "second"

    asyncio.run(story())


@pytest.mark.parametrize("by_http", [True, False])
def test_messages_after_a_choice_are_for_the_chosen(*, by_http: bool) -> None:
    async def story() -> None:
        world = await room()
        await world.say("ana", send("one", client_id="1"))

        if by_http:
            asked = Request(world.app.sessions.check(await _line(world)).user, None)
            await world.app.conversations.patch(asked, ROOM, Patch(model="second"))
        else:
            await world.say("ben", select("second", 1))
        await world.say("ana", send("two", client_id="2", after_seq=0))
        await world.say("ana", send("three", client_id="3", after_seq=3))
        await world.say("ana", send("four", client_id="4", mentions=[DEMO.id], after_seq=4))

        said = [each.addressed for each in world.log if each.kind is Kind.MESSAGE]
        assert said == [(DEMO.id,), (SECOND.id,), (SECOND.id,), (DEMO.id,)]

    asyncio.run(story())


async def _line(world: World) -> object:
    return await world.app.sessions.resume("ben")


@fault(6)
def test_a_message_that_loses_its_place_to_a_choice_is_for_the_chosen() -> None:
    """The choice comes between the read of the conversation and the put of the message."""

    class Slow(MemoryLog):
        async def commit(self, conversation_id, event, changes):  # type: ignore[no-untyped-def]
            if event.kind is Kind.MESSAGE and not chosen:
                chosen.append(event)
                await world.say("ben", select("second", 0))
            return await super().commit(conversation_id, event, changes)

    chosen: list[object] = []
    world = World()

    async def story() -> None:
        world.room("ana", "ben")
        await world.connect("ana")
        await world.connect("ben")
        slow = replace(world.app.messages, log=Slow(world.store))
        world.app = replace(world.app, messages=slow)

        await world.say("ana", send("whom do I ask?"))

        assert [each.kind.value for each in world.log] == ["model_selected", "message"]
        assert world.log[1].addressed == (SECOND.id,)

    asyncio.run(story())


def test_what_is_chosen_already_may_be_chosen_again() -> None:
    async def story() -> None:
        world = await room()

        (own,) = await world.say("ana", select("demo", 0))

        assert own["event"]["body"] == {"model": "demo"}
        assert world.store.conversations[ROOM].model == "demo"

    asyncio.run(story())


def test_one_name_for_two_choices_is_refused() -> None:
    async def story() -> None:
        world = await room()
        await world.say("ana", select("second", 0))

        other = await world.say("ana", select("demo", 0))

        assert error_of(other) == "client_id_reused"
        assert world.store.conversations[ROOM].model == "second"

    asyncio.run(story())


def test_a_choice_of_who_is_gone_meanwhile_is_acknowledged_where_it_is_stored() -> None:
    async def story() -> None:
        world = await room()
        (first,) = await world.say("ana", select("second", 0))
        only = replace(world.app.messages, assistants=(DEMO,))
        world.app = replace(world.app, messages=only)

        (again,) = await world.say("ana", select("second", 0))
        refused = await world.say("ana", select("second", 1, client_id="n"))
        await world.say("ana", send("who answers?", after_seq=1))

        assert again == first
        assert error_of(refused) == "unknown_model"
        assert world.log[-1].addressed == (DEMO.id,)

    asyncio.run(story())


def test_a_choice_while_an_operator_answers_holds_after_the_release() -> None:
    async def story() -> None:
        world = await room()
        operator = await world.connect("olga", roles=OPERATOR)
        as_olga = Request((await world.app.sessions.resume(operator)).user, None)
        await world.app.operators.take_over(as_olga, ROOM)

        (own,) = await world.say(operator, select("second", 1))
        await world.say("ana", send("meanwhile", client_id="1", after_seq=2))
        await world.app.operators.release(as_olga, ROOM)
        await world.say("ana", send("afterwards", client_id="2", after_seq=4))

        assert own["event"]["sender"]["type"] == SenderType.OPERATOR
        addressed = [each.addressed for each in world.log if each.kind is Kind.MESSAGE]
        assert addressed == [(), (SECOND.id,)]

    asyncio.run(story())


@pytest.mark.parametrize("policy", [ReplyPolicy.MENTION, ReplyPolicy.OFF])
def test_a_choice_makes_nobody_answer_where_the_policy_does_not(policy: ReplyPolicy) -> None:
    async def story() -> None:
        world = await room(reply_policy=policy)
        await world.say("ana", select("second", 0))

        await world.say("ana", send("hello", after_seq=1))

        assert world.log[-1].addressed == ()
        assert world.jobs.jobs == []

    asyncio.run(story())


def test_an_answer_that_is_under_way_is_its_assistants_still() -> None:
    async def story() -> None:
        world = await room()
        await world.say("ana", send("question"))
        await world.say("ana", select("second", 1))

        (owed,) = world.jobs.jobs
        world.clock.time_ms += 10_000
        await world.runs.settle(owed, "receipt")

        assert world.log[-1].sender.id == DEMO.id
        assert world.log[-1].body["trigger_seq"] == 1

    asyncio.run(story())
