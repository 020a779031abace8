"""Tickets: sold once, used once, and gone on with."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import ROOM, World, error_of, send, user
from tests.faults import fault
from wireside.adapters.memory.tickets import KnownTokens, MemoryTickets
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Role, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.tickets import PREFIX, is_ticket, ticket_id
from wireside.services.identities import Door

START_SECONDS = START_MS // 1_000
HOUR = 3_600
SOON = START_SECONDS + HOUR
OPERATOR = frozenset({Role.USER, Role.OPERATOR})


def sell(world: World, buyer: User) -> tuple[str, int]:
    """Return a ticket, and until when it can be used."""
    return asyncio.run(world.app.box_office.sell(buyer))


def door(world: World) -> Door:
    """Return the handshake's check."""
    return Door(world.verifier, MemoryTickets(world.store), world.clock)


@fault(41)
def test_a_ticket_lets_in_whoever_bought_it_once() -> None:
    world, buyer = World(), user(roles=OPERATOR, expires_at=SOON)
    presented, until = sell(world, buyer)

    assert until == START_SECONDS + 30
    assert door(world).who(presented) == buyer
    with pytest.raises(Refused) as refused:
        door(world).who(presented)
    assert refused.value.code is ErrorCode.UNAUTHORIZED


def test_a_ticket_is_used_up_also_by_one_who_comes_too_late() -> None:
    world = World()
    presented, _ = sell(world, user())
    world.clock.time_ms += 30_000

    with pytest.raises(Refused):
        door(world).who(presented)
    assert world.store.tickets == {}


def test_a_ticket_ends_no_later_than_the_token_it_was_bought_with() -> None:
    assert sell(World(), user(expires_at=START_SECONDS + 5))[1] == START_SECONDS + 5


def test_the_table_never_holds_the_ticket_itself() -> None:
    world = World()
    presented, _ = sell(world, user())

    assert set(world.store.tickets) == {ticket_id(presented)}
    assert presented not in repr(world.store.tickets)


def test_tickets_are_no_jwts_and_jwts_no_tickets() -> None:
    world = World(verifier=KnownTokens({"eyJ.a.b": user("ben")}))
    presented, _ = sell(world, user())

    assert is_ticket(presented)
    assert presented.startswith(PREFIX)
    assert door(world).who("eyJ.a.b") == user("ben")


@pytest.mark.parametrize("presented", ["", "wst_", "wst_nonsense", "wst_" + "x" * 9_000, "\ud800"])
def test_what_is_neither_is_refused(presented: str) -> None:
    with pytest.raises(Refused):
        door(World()).who(presented)


async def refreshed(world: World, token: str, line: str = "ana") -> dict[str, object]:
    """Return what answers a refresh first."""
    return (await world.say(line, {"action": "refresh", "token": token, "ref": "r"}))[0]


def test_a_newer_token_keeps_the_connection_and_its_listening_alive() -> None:
    async def story() -> None:
        world = World(verifier=KnownTokens({"new": user(expires_at=SOON + HOUR)})).room()
        await world.enter("ana", expires_at=SOON)
        await world.enter("ben")

        answer = await refreshed(world, "new")
        world.clock.time_ms = SOON * 1_000
        await world.say("ben", send())

        assert answer == {
            "type": "refreshed",
            "ref": "r",
            "expires_at": "2027-01-15T10:00:00.000Z",
        }
        assert world.heard("ana")[-1]["type"] == "event"
        assert (await world.say("ana", {"action": "ping"}))[0]["type"] == "pong"

    asyncio.run(story())


@fault(39)
def test_without_it_a_silent_listener_hears_nothing_more_and_the_next_frame_ends_it() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", expires_at=SOON)
        await world.enter("ben")

        world.clock.time_ms = SOON * 1_000
        await world.say("ben", send())
        heard = world.heard("ana")
        error, goodbye = await world.say("ana", {"action": "ping"})

        assert heard == []
        assert (error["code"], error["fatal"]) == ("token_expired", True)
        assert (goodbye["type"], goodbye["reason"]) == ("goodbye", "expired")
        assert "ana" in world.lines.gone

    asyncio.run(story())


@pytest.mark.parametrize(
    ("had", "brings", "has"),
    [
        (OPERATOR, {Role.USER}, {Role.USER}),
        ({Role.USER}, OPERATOR, {Role.USER}),
        (OPERATOR, OPERATOR, OPERATOR),
        ({Role.USER, Role.ADMIN}, OPERATOR, {Role.USER}),
    ],
)
def test_roles_become_the_stricter_of_both(
    had: frozenset[Role], brings: frozenset[Role], has: frozenset[Role]
) -> None:
    async def story() -> None:
        world = World(verifier=KnownTokens({"new": user(roles=frozenset(brings))}))
        line = await world.connect("ana", roles=frozenset(had))

        await refreshed(world, "new")

        known = await world.app.sessions.connections.read(line)
        assert known is not None
        assert known.user.roles == has

    asyncio.run(story())


def test_a_ticket_refreshes_once_and_answers_the_same_frame_again() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", expires_at=SOON)
        presented, _ = await world.app.box_office.sell(user(expires_at=SOON + HOUR))

        first, second = await refreshed(world, presented), await refreshed(world, presented)

        assert first == second
        assert first["type"] == "refreshed"

    asyncio.run(story())


@fault(41)
def test_a_ticket_that_was_used_elsewhere_refreshes_nothing() -> None:
    async def story() -> None:
        world = World()
        await world.connect("ana", "first")
        await world.connect("ana", "second")
        presented, _ = await world.app.box_office.sell(user(expires_at=SOON))
        await refreshed(world, presented, "first")

        assert (await refreshed(world, presented, "second"))["code"] == "unauthorized"

    asyncio.run(story())


@pytest.mark.parametrize("token", ["another", "nonsense", "wst_nonsense"])
def test_a_bad_token_is_refused_for_good_and_changes_nothing(token: str) -> None:
    async def story() -> None:
        world = World(verifier=KnownTokens({"another": user("ben")}))
        line = await world.connect("ana")
        before = await world.app.sessions.connections.read(line)

        answer = await world.say("ana", {"action": "refresh", "token": token})

        assert (answer[0]["code"], answer[0]["fatal"]) == ("unauthorized", True)
        assert token not in str(answer)
        assert await world.app.sessions.connections.read(line) == before

    asyncio.run(story())


def test_an_expired_connection_cannot_be_refreshed() -> None:
    async def story() -> None:
        world = World(verifier=KnownTokens({"new": user()}))
        await world.connect("ana", expires_at=SOON)
        world.clock.time_ms = SOON * 1_000

        assert (await refreshed(world, "new"))["code"] == "token_expired"

    asyncio.run(story())


@pytest.mark.parametrize("token", [None, 7, "", "x" * 8_193])
def test_a_token_that_is_none_is_an_invalid_field(token: object) -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")

        answer = await world.say("ana", {"action": "refresh", "token": token})

        assert error_of(answer) == "invalid_field"
        assert (await world.say("ana", {"action": "ping"}))[0]["type"] == "pong"

    asyncio.run(story())


def test_two_refreshes_at_once_end_in_one_of_them() -> None:
    async def story() -> None:
        tokens = {"a": user(expires_at=SOON), "b": user(expires_at=SOON + HOUR)}
        world = World(verifier=KnownTokens(tokens)).room()
        line = await world.enter("ana")

        await asyncio.gather(refreshed(world, "a"), refreshed(world, "b"))

        known = await world.app.sessions.connections.read(line)
        assert known is not None
        assert known.user in (replace(each, roles=known.user.roles) for each in tokens.values())
        (listener,) = await world.app.delivery.listeners(ROOM)
        assert listener.expires_at == known.user.expires_at

    asyncio.run(story())
