"""Forgetting people: nothing of theirs stays but ids, and nothing of others' goes."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.builders import World, message, send, user
from tests.unit.test_conversations import by, new, people, refusal
from wireside.adapters.memory.wire import ManualClock
from wireside.domain.conversation import Role
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConversationId, Event, Kind
from wireside.domain.forgetting import NOBODY, Order
from wireside.services import forgetting, sweeping
from wireside.services.deeds import Patch, Request
from wireside.services.sweeping import MINUTE_MS

MINUTES = 20
OLGA = Request(user("olga", roles=frozenset({Role.OPERATOR})), None)


async def made(world: World, *others: str, owner: str = "ana", **fields: object) -> ConversationId:
    """Create somebody's conversation."""
    view = await world.app.conversations.create(by(owner), new(*others, **fields))
    return ConversationId(view["id"])


async def write(world: World, room: ConversationId, line: str, text: str, **more: object) -> None:
    """Let somebody who is connected write."""
    after_seq = len(world.store.log(room))
    frame = {"conversation_id": room, "after_seq": after_seq, "client_id": f"c{after_seq}"}
    (echo,) = await world.say(line, send(text) | frame | more)
    assert echo["type"] == "event", echo


async def forget(world: World, name: str = "ana", key: str | None = None) -> Order:
    """Have somebody forgotten; return the order once it is carried out."""
    order = await world.app.wishes.take(by(name, key))
    for _ in range(MINUTES):
        await world.sweeping.sweep()
        world.clock.time_ms += MINUTE_MS + 1
    known = world.store.orders[order.user_id]
    assert known.done_at_ms is not None, world.journal.notes
    return known


def last(world: World, room: ConversationId) -> Event:
    """Return the newest event."""
    return world.store.log(room)[-1]


def test_what_somebody_wrote_goes_with_their_name_and_the_places_stay() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ben")
        for name in ("ana", "ben"):
            await world.connect(name)
        await write(world, room, "ana", "secret one")
        await write(world, room, "ana", "secret two", action="edit", target_seq=1)
        await write(world, room, "ben", "mine")
        await world.app.conversations.patch(by(), room, Patch(title="secret title"))

        await forget(world)

        assert "secret" not in repr(world.store)
        assert "Ana" not in repr(world.store)
        log = world.store.log(room)
        assert [each.seq for each in log] == [1, 2, 3, 4, 5]
        assert [each.kind for each in log][2:] == [Kind.MESSAGE, Kind.TITLED, Kind.LEFT]
        assert (log[2].text, log[2].sender.name) == ("mine", "Ben")
        assert {each.sender.name for each in log if each.sender.id == "ana"} == {NOBODY}

    asyncio.run(story())


def test_others_stay_where_they_are_without_an_owner() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ben", title="theirs")

        await forget(world)

        view = await world.app.conversations.view(user("ben"), room)
        assert people(view) == [("ben", "member")]
        assert view["title"] is None
        assert last(world, room).kind is Kind.LEFT

    asyncio.run(story())


def test_what_was_theirs_alone_is_deleted_and_a_minute_later_gone() -> None:
    async def story() -> None:
        world = World()
        alone = await made(world, title="secret")
        await world.connect("ana")
        await write(world, alone, "ana", "secret")

        await forget(world)

        assert world.store.conversations[alone].deleted
        assert world.store.log(alone) == []
        assert "secret" not in repr(world.store)

    asyncio.run(story())


def test_conversations_that_they_left_before_are_found() -> None:
    async def story() -> None:
        world = World()
        rooms = [await made(world, "ana", "cy", owner="ben", title="ours") for _ in range(2)]
        await world.connect("ana")
        for room in rooms:
            await write(world, room, "ana", "secret")
        await world.app.conversations.remove(by("ana"), rooms[0], "ana")
        await world.app.conversations.remove(by("ben"), rooms[1], "ana")

        await forget(world)

        assert "secret" not in repr(world.store)
        assert {world.store.conversations[each].title for each in rooms} == {"ours"}
        assert world.store.traces == {}

    asyncio.run(story())


def test_a_conversation_that_the_last_one_had_left_is_deleted() -> None:
    async def story() -> None:
        world = World()
        room = await made(world)
        await world.app.conversations.remove(by(), room, "ana")

        await forget(world)

        assert world.store.conversations[room].deleted

    asyncio.run(story())


def test_an_operator_hands_back_what_they_hold_and_is_forgotten_there() -> None:
    async def story() -> None:
        world = World()
        room = await made(world)
        await world.connect("olga", roles=OLGA.user.roles)
        await world.app.operators.take_over(OLGA, room)
        await write(world, room, "olga", "secret")

        await forget(world, "olga")

        assert world.store.conversations[room].operator is None
        assert last(world, room).kind is Kind.RELEASED
        assert "secret" not in repr(world.store)
        assert "Olga" not in repr(world.store)

    asyncio.run(story())


def test_everybody_else_reloads_what_somebody_was_forgotten_in() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ben")
        await world.connect("ben")
        (opened, _) = await world.say("ben", {"action": "open", "conversation_id": room})

        for _ in range(3):
            await forget(world)

        told = [each["epoch"] for each in world.heard("ben") if each["type"] == "event"]
        assert (opened["epoch"], told) == ("1.1", ["1.1", "1.2"])

    asyncio.run(story())


def test_their_connections_are_closed_and_their_links_and_invitations_open_nothing() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ben")
        shared = await world.app.sharing.share(by(), room)
        token, _ = await world.app.invitations.invite(by(), room)
        ticket, _ = await world.app.box_office.sell(user("ana"))
        await world.connect("ana")

        await forget(world)

        assert world.heard("ana")[-1] == {
            "type": "goodbye",
            "reason": "removed",
            "reconnect": False,
        }
        assert (world.store.connections, world.store.tickets) == ({}, {}), ticket
        reading = world.app.sharing.read(shared["token"], after_seq=0, limit=9)
        joining = world.app.invitations.join(by("eve"), token)
        for each in (reading, joining):
            assert (await refusal(each)).code is ErrorCode.NOT_FOUND

    asyncio.run(story())


def test_a_link_of_somebody_else_stays_and_shows_no_title_of_theirs() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ana", owner="ben")
        await world.app.conversations.patch(by("ana"), room, Patch(title="secret"))
        shared = await world.app.sharing.share(by("ben"), room)

        await forget(world)

        page = await world.app.sharing.read(shared["token"], after_seq=0, limit=9)
        assert page["title"] is None

    asyncio.run(story())


def test_asked_again_it_tells_how_far_it_is_and_begins_anew_only_under_another_key() -> None:
    async def story() -> None:
        world = World()
        await made(world, "ben")
        first = await world.app.wishes.take(by(key="k"))
        world.clock.time_ms += 5
        under_way = await world.app.wishes.take(by(key="other"))

        done = await forget(world, key="k")
        told = await world.app.wishes.take(by(key="k"))
        anew = await world.app.wishes.take(by(key="other"))

        assert first == under_way
        assert told == done
        assert anew.asked_at_ms > first.asked_at_ms
        assert anew.done_at_ms is None

    asyncio.run(story())


def test_what_they_write_while_they_are_being_forgotten_goes_too() -> None:
    async def story() -> None:
        world = World()
        await made(world, "ben")
        await world.app.wishes.take(by())
        await world.sweeping.sweep()
        world.clock.time_ms += MINUTE_MS
        late = await made(world, "ben")
        await world.connect("ana")
        await write(world, late, "ana", "secret")

        await forget(world)

        assert "secret" not in repr(world.store)

    asyncio.run(story())


def test_a_long_history_takes_several_minutes() -> None:
    async def story() -> None:
        world = World()
        room = await made(world, "ben")
        log = world.store.log(room)
        for _ in range(forgetting.MAX_EVENTS + 10):
            log.append(message(log[-1] if log else None, text="secret"))
        await world.app.wishes.take(by())

        await world.sweeping.sweep()
        world.clock.time_ms += MINUTE_MS + 1
        await world.sweeping.sweep()
        left = [each.seq for each in log if each.text]

        assert left == [forgetting.MAX_EVENTS + index for index in range(1, 11)]
        await forget(world)
        assert "secret" not in repr(world.store)

    asyncio.run(story())


def test_it_is_not_done_before_what_was_theirs_alone_is_gone() -> None:
    async def story() -> None:
        world = World()
        for _ in range(2 * sweeping.MAX_PURGED):
            await made(world, title="secret")
        world.clock.time_ms += MINUTE_MS
        order = await world.app.wishes.take(by())

        for _ in range(MINUTES):
            await world.sweeping.sweep()
            if world.store.orders[order.user_id].done_at_ms is not None:
                break
            world.clock.time_ms += MINUTE_MS + 1

        assert world.store.orders[order.user_id].done_at_ms is not None
        assert world.store.deleted_at == {}

    asyncio.run(story())


@dataclass(slots=True)
class Pace:
    """How long each call of a slow store takes."""

    clock: ManualClock
    call_ms: int = 0


@dataclass(slots=True)
class Slow:
    """A port of a slow store."""

    port: Any
    pace: Pace

    def __getattr__(self, name: str) -> Any:
        """Return a method that takes its time."""
        self.pace.clock.time_ms += self.pace.call_ms
        return getattr(self.port, name)


def test_who_wrote_a_book_keeps_nobody_waiting() -> None:
    async def story() -> None:
        clock = ManualClock()
        pace = Pace(clock)
        world = World(clock=clock, around=lambda port: Slow(port, pace))
        book, note = await made(world, "cy"), await made(world, "cy", owner="ben")
        for room, name, length in ((book, "ana", 900), (note, "ben", 1)):
            log = world.store.log(room)
            for _ in range(length):
                log.append(message(log[-1] if log else None, by=name, text="secret"))
        for name in ("ana", "ben"):
            await world.app.wishes.take(by(name))
            clock.time_ms += 1
        await world.sweeping.sweep()
        clock.time_ms += MINUTE_MS + 1
        pace.call_ms = 100
        waiting: list[list[str]] = []

        await world.app.wishes.take(by("dee"))
        for _ in range(2):
            began_ms = clock.time_ms
            await world.sweeping.sweep()
            assert clock.time_ms - began_ms < MINUTE_MS
            clock.time_ms = began_ms + MINUTE_MS
            waiting.append([each.user_id for each in await world.sweeping.forgetting.waiting()])

        assert waiting[0] == ["dee", "ana", "ben"]
        assert [each.text for each in world.store.log(note)] == ["", ""]
        assert "secret" in {each.text for each in world.store.log(book)}

    asyncio.run(story())


def test_who_was_forgotten_is_noted_by_what_only_those_know_who_know_the_id() -> None:
    async def story() -> None:
        world = World()

        await forget(world)

        (note,) = world.journal.notes
        assert (note["what"], note["by"]) == ("forgotten", "themselves")
        assert len(str(note["who"])) == 64

    asyncio.run(story())


def test_a_crowd_of_conversations_is_left_a_part_at_a_time() -> None:
    async def story() -> None:
        world = World()
        rooms = [await made(world, "ben") for _ in range(forgetting.MAX_LEFT + 1)]
        await world.app.wishes.take(by())

        await world.sweeping.sweep()
        left = sum(bool(world.store.log(each)) for each in rooms)

        assert left == forgetting.MAX_LEFT
        await forget(world)
        assert all(world.store.log(each) for each in rooms)

    asyncio.run(story())


def test_an_operator_is_nowhere_named_in_what_was_deleted() -> None:
    async def story() -> None:
        world = World()
        room = await made(world)
        await world.app.operators.take_over(OLGA, room)
        await forget(world)

        await forget(world, "olga")

        assert "Olga" not in repr(world.store)

    asyncio.run(story())
