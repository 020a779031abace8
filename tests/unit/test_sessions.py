"""Connections: hello, ping, expiry, goodbye."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import ROOM, World, error_of, send, user
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Role
from wireside.domain.events import ConnectionId, ConversationId
from wireside.wire import timestamp

START_SECONDS = START_MS // 1_000


def test_hello_is_answered_by_welcome() -> None:
    async def story() -> None:
        world = World(messages_per_minute=7)
        known = user(expires_at=START_SECONDS + 60, roles=frozenset({Role.USER, Role.OPERATOR}))
        await world.app.sessions.connect(ConnectionId("ana"), known)

        (welcome,) = await world.say("ana", {"action": "hello", "ref": "h"})

        assert welcome == {
            "type": "welcome",
            "ref": "h",
            "connection_id": "ana",
            "user": {"id": "ana", "name": "Ana", "roles": ["operator", "user"]},
            "server_time": "2027-01-15T08:00:00.000Z",
            "models": [{"id": "demo", "name": "Demo"}, {"id": "second", "name": "Second"}],
            "limits": {
                "text_code_points": 10_000,
                "frame_bytes": 32_000,
                "open_conversations": 20,
                "file_bytes": 100_000_000,
                "messages_per_minute": 7,
            },
            "expires_at": "2027-01-15T08:01:00.000Z",
            "rotate_at": "2027-01-15T09:50:00.000Z",
        }

    asyncio.run(story())


@fault(18)
@pytest.mark.parametrize(
    ("lives_seconds", "rotates_after_seconds"),
    [(7_200, 6_600), (6_000, 5_400), (3_600, 3_240), (10, 9)],
)
def test_a_client_is_asked_to_rotate_ten_minutes_or_a_tenth_early(
    lives_seconds: int, rotates_after_seconds: int
) -> None:
    async def story() -> None:
        world = World()
        sessions = replace(world.app.sessions, connection_seconds=lives_seconds)
        await sessions.connect(ConnectionId("ana"), user())
        world.clock.time_ms += 5_000

        welcome = await sessions.greet(ConnectionId("ana"))

        assert welcome["rotate_at"] == timestamp(START_MS + rotates_after_seconds * 1_000)

    asyncio.run(story())


OTHERS = [
    {"action": "open", "conversation_id": ROOM},
    {"action": "close", "conversation_id": ROOM},
    send(),
    {"action": "sync", "conversation_id": ROOM, "epoch": "1.1", "after_seq": 0},
    {"action": "typing", "conversation_id": ROOM, "on": True},
    {"action": "read", "conversation_id": ROOM, "seq": 1},
    {"action": "ping"},
]


@pytest.mark.parametrize("frame", OTHERS, ids=lambda frame: str(frame["action"]))
def test_every_other_frame_before_hello_is_refused(frame: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room()
        await world.app.sessions.connect(ConnectionId("ana"), user())

        answer = await world.say("ana", frame)

        assert error_of(answer) == "hello_required"
        assert world.log == []
        assert world.store.subscriptions == {}

    asyncio.run(story())


@fault(39)
@pytest.mark.parametrize("frame", [{"action": "hello"}, *OTHERS], ids=lambda each: each["action"])
def test_an_expired_token_is_fatal_then_goodbye_then_the_line_is_cut(
    frame: dict[str, object],
) -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana", expires_at=START_SECONDS + 10)
        world.clock.time_ms += 10_000

        error, goodbye = await world.say("ana", frame)

        assert (error["code"], error["fatal"]) == ("token_expired", True)
        assert goodbye == {"type": "goodbye", "reason": "expired", "reconnect": True}
        assert world.lines.gone == {"ana"}
        assert world.log == []

    asyncio.run(story())


def test_a_token_is_good_until_its_last_millisecond() -> None:
    async def story() -> None:
        world = World()
        await world.connect("ana", expires_at=START_SECONDS + 10)
        world.clock.time_ms += 9_999

        (answer,) = await world.say("ana", {"action": "ping"})

        assert answer["type"] == "pong"

    asyncio.run(story())


@pytest.mark.parametrize("frame", [{"action": "hello"}, *OTHERS], ids=lambda each: each["action"])
def test_a_line_without_a_record_is_cut_without_a_word(frame: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room()

        answer = await world.say("stranger", frame)

        assert answer == []
        assert world.lines.gone == {"stranger"}

    asyncio.run(story())


@fault(11)
def test_pong_shows_the_heads_of_what_is_open() -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        await world.enter("ana")

        (pong,) = await world.say("ana", {"action": "ping", "ref": "p"})

        assert pong == {
            "type": "pong",
            "ref": "p",
            "server_time": "2027-01-15T08:00:00.000Z",
            "heads": {ROOM: 3},
        }

    asyncio.run(story())


def test_hello_and_every_ping_are_signs_of_life_and_other_frames_are_not() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        seen = []
        for frame in ({"action": "ping"}, send(), {"action": "ping"}):
            world.clock.time_ms += 30_000
            await world.say("ana", frame)
            seen.append(world.store.connections[ConnectionId("ana")].last_seen_ms - START_MS)

        assert seen == [30_000, 30_000, 90_000]

    asyncio.run(story())


def test_pong_shows_nothing_of_a_conversation_left_or_closed() -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        await world.enter("ana")
        await world.enter("ben")
        del world.store.members[ROOM, user("ben").id]

        (removed,) = await world.say("ben", {"action": "ping"})
        await world.say("ana", {"action": "close", "conversation_id": ROOM})
        (closed,) = await world.say("ana", {"action": "ping"})

        assert removed["heads"] == {}
        assert closed["heads"] == {}

    asyncio.run(story())


@fault(16)
def test_a_disconnect_removes_only_its_own_however_late_and_often() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", "ana-1")
        await world.enter("ana", "ana-2")
        await world.enter("ben")

        for _ in range(2):
            await world.app.sessions.disconnect(ConnectionId("ana-1"))

        assert set(world.store.connections) == {"ana-2", "ben"}
        assert {key[2] for key in world.store.subscriptions} == {"ana-2", "ben"}

    asyncio.run(story())


def test_the_21st_open_conversation_is_not_allowed_but_an_open_one_may_be_opened_again() -> None:
    async def story() -> None:
        world = World()
        await world.connect("ana")
        rooms = [ConversationId(f"room-{index}") for index in range(21)]
        for each in rooms:
            world.room("ana")
            world.store.conversations[each] = world.store.conversations[ROOM]
            world.store.members[each, user().id] = world.store.members[ROOM, user().id]

        for each in rooms[:20]:
            await world.say("ana", {"action": "open", "conversation_id": each})
        beyond = await world.say("ana", {"action": "open", "conversation_id": rooms[20]})
        again = await world.say("ana", {"action": "open", "conversation_id": rooms[0]})

        assert error_of(beyond) == "not_allowed"
        assert again[0]["type"] == "opened"

    asyncio.run(story())
