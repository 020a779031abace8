"""Deleting conversations."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.builders import ROOM, World, addressed_message, error_of, message, send, user
from tests.faults import fault
from tests.unit.scenes import STOP, job, outcomes, scene
from tests.unit.test_conversations import by, new, refusal
from wireside.adapters.memory.housekeeping import MemoryHousekeeping
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConnectionId, ConversationId
from wireside.domain.runs import Job
from wireside.ports import Connection, Piece, Question, TextPiece
from wireside.services.runs import Settled


def test_once_deleted_it_is_not_found_by_anybody() -> None:
    async def story() -> None:
        world = World().room().wrote(2)
        for name in ("ana", "ben"):
            await world.enter(name)

        await world.app.deletion.by_owner(by(), ROOM)

        for name in ("ana", "ben"):
            about = {"conversation_id": ROOM}
            frames = (
                send(after_seq=2),
                {"action": "open", **about},
                {"action": "sync", "epoch": "1.1", "after_seq": 0, **about},
                {"action": "typing", "on": True, **about},
            )
            assert [error_of(await world.say(name, each)) for each in frames] == ["not_found"] * 4
            (pong,) = await world.say(name, {"action": "ping"})
            assert pong["heads"] == {}
            assert (await refusal(world.app.conversations.view(user(name), ROOM))).code is (
                ErrorCode.NOT_FOUND
            )
        assert len(world.log) == 2

    asyncio.run(story())


def test_those_who_have_it_open_have_it_open_no_more() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        lost = Connection(ConnectionId("lost"), user("ben"), 0, greeted=True)
        await world.app.sessions.connections.keep(lost)
        await world.app.sessions.connections.subscribe(lost, ROOM, at_most=20)
        del world.store.connections[lost.id]

        await world.app.deletion.by_owner(by(), ROOM)

        assert world.store.subscriptions == {}
        assert {each.open for each in world.store.connections.values()} == {frozenset()}
        assert (world.heard("ana"), world.heard("ben")) == ([], [])

    asyncio.run(story())


def test_it_is_in_no_list_from_then_on() -> None:
    async def story() -> None:
        world = World()
        view = await world.app.conversations.create(by(), new("ben"))

        await world.app.deletion.by_owner(by(), ConversationId(str(view["id"])))

        for name in ("ana", "ben"):
            assert await world.app.conversations.mine(user(name), limit=9, cursor=None) == (
                [],
                None,
            )

    asyncio.run(story())


def test_owners_alone_delete() -> None:
    async def story() -> None:
        world = World().room()

        member = await refusal(world.app.deletion.by_owner(by("ben"), ROOM))
        stranger = await refusal(world.app.deletion.by_owner(by("eve"), ROOM))
        absent = await refusal(world.app.deletion.by_owner(by(), ConversationId("absent")))

        assert member.code is ErrorCode.NOT_ALLOWED
        assert stranger.code is absent.code is ErrorCode.NOT_FOUND
        assert not world.store.conversations[ROOM].deleted

    asyncio.run(story())


@fault(6)
def test_a_repeated_deletion_is_one_and_another_under_its_key_refused() -> None:
    async def story() -> None:
        world = World().room()
        view = await world.app.conversations.create(by(), new("ben"))

        for _ in range(2):
            await world.app.deletion.by_owner(by(key="k"), ROOM)
        world.clock.time_ms += 120_000
        housekeeping = MemoryHousekeeping(world.store)
        await housekeeping.purge(ROOM, before_ms=world.clock.time_ms, at_most=99)
        await world.app.deletion.by_owner(by(key="k"), ROOM)
        unkeyed = await refusal(world.app.deletion.by_owner(by(), ROOM))
        other = await refusal(
            world.app.deletion.by_owner(by(key="k"), ConversationId(str(view["id"])))
        )

        assert world.store.conversations[ROOM].operator_epoch == 1
        assert unkeyed.code is ErrorCode.NOT_FOUND
        assert other.code is ErrorCode.CLIENT_ID_REUSED

    asyncio.run(story())


@fault(24)
def test_a_job_of_what_is_deleted_is_done_with_and_writes_nothing() -> None:
    async def story() -> None:
        world = World().room()
        event = addressed_message()
        world.log.append(event)

        await world.app.deletion.by_owner(by(), ROOM)
        settled = await world.runs.settle(Job(ROOM, event.addressed[0], 1), "receipt")
        await world.app.activity.follow(ROOM, message(event))

        assert settled.value == "delete"
        assert world.log == [event]
        assert world.store.runs == {}
        assert world.store.activity == {}

    asyncio.run(story())


@dataclass(slots=True)
class DeletedMeanwhile:
    """A provider in the middle of whose answer the conversation is deleted."""

    world: World | None = None

    async def answer(self, _question: Question) -> AsyncIterator[Piece]:
        """Say half, let it be deleted, say the rest a second later."""
        yield TextPiece("half ")
        assert self.world is not None
        await self.world.app.deletion.by_owner(by(), ROOM)
        self.world.clock.time_ms += 1_000
        yield TextPiece("whole")
        yield STOP


@fault(34)
def test_an_assistant_is_silenced_by_a_deletion_in_mid_stream() -> None:
    provider = DeletedMeanwhile()
    world = scene(0, provider=provider)
    provider.world = world

    async def story() -> None:
        await world.enter("ana")

        settled = await world.runs.settle(job(1), "receipt")

        assert settled is Settled.DELETE
        assert outcomes(world) == []
        told = [each.get("text", each["type"]) for each in world.heard("ana")]
        assert "whole" not in "".join(told)
        assert "event" not in told

    asyncio.run(story())
