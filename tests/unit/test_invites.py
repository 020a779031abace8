"""Invitations: made by members, used by whoever has them."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import ROOM, World, send, user
from tests.faults import fault
from tests.unit.test_conversations import by, people, refusal
from wireside.adapters.memory.wire import START_MS
from wireside.domain.errors import ErrorCode
from wireside.domain.invites import LIFE_SECONDS, PREFIX
from wireside.services.deeds import Patch

TOKEN_CHARACTERS = len(PREFIX) + 64


async def invited(world: World, **fields: str) -> str:
    """Return the token of a new invitation by Ana."""
    token, _ = await world.app.invitations.invite(by(**fields), ROOM)
    return token


def test_a_member_who_is_no_owner_may_invite_for_a_week() -> None:
    async def story() -> None:
        world = World().room()

        token, until = await world.app.invitations.invite(by("ben"), ROOM)

        assert until == START_MS // 1_000 + LIFE_SECONDS
        assert (token[: len(PREFIX)], len(token)) == (PREFIX, TOKEN_CHARACTERS)

    asyncio.run(story())


def test_the_token_of_an_invitation_is_kept_nowhere() -> None:
    async def story() -> None:
        world = World().room()

        tokens = [await invited(world), await invited(world, key="k")]

        assert len(world.store.invites) == 2
        kept = repr(world.store)
        assert not [each for each in tokens if each.removeprefix(PREFIX) in kept]
        assert "'k'" not in kept  # with the key, what is kept of a request would be the token

    asyncio.run(story())


def test_whoever_has_the_token_joins_and_everybody_hears_of_it_once() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        token = await invited(world)

        views = [await world.app.invitations.join(by("cy"), token) for _ in range(2)]
        other = await world.app.invitations.join(by("dan"), token)

        (first, second) = world.heard("ben")
        assert (first["event"]["kind"], first["event"]["sender"]["id"]) == ("joined", "cy")
        assert first["event"]["body"] == {"user": {"id": "cy", "name": "Cy"}}
        assert second["event"]["sender"]["id"] == "dan"
        assert people(views[0]) == people(views[1])
        assert people(other)[2:] == [("cy", "member"), ("dan", "member")]
        assert [each.kind for each in world.log] == ["joined", "joined"]

    asyncio.run(story())


def test_who_joined_may_open_and_write() -> None:
    async def story() -> None:
        world = World().room().wrote(2)
        await world.app.invitations.join(by("cy"), await invited(world))

        await world.enter("cy")
        (echo,) = await world.say("cy", send(after_seq=3))

        assert (echo["type"], echo["event"]["seq"]) == ("event", 4)

    asyncio.run(story())


@fault(6)
def test_a_repeated_invitation_is_the_same_and_a_repeated_join_no_second_event() -> None:
    async def story() -> None:
        world = World().room()

        tokens = [await invited(world, key="k") for _ in range(2)]
        other = await invited(world, key="l")
        bens, _ = await world.app.invitations.invite(by("ben", "k"), ROOM)
        for _ in range(2):
            await world.app.invitations.join(by("cy", "j"), tokens[0])

        assert tokens[0] == tokens[1]
        assert len({tokens[0], other, bens}) == 3
        assert [each.client_id for each in world.log] == ["j"]

    asyncio.run(story())


@pytest.mark.parametrize("token", ["", "wsi_", "wst_x", "wsi_" + "0" * 64, "\ud800"])
def test_an_unknown_token_opens_nothing(token: str) -> None:
    async def story() -> None:
        world = World().room()
        await invited(world)

        refused = await refusal(world.app.invitations.join(by("cy"), token))

        assert refused.code is ErrorCode.NOT_FOUND
        assert world.log == []

    asyncio.run(story())


def test_an_invitation_ends_after_its_week() -> None:
    async def story() -> None:
        world = World().room()
        token = await invited(world)

        world.clock.time_ms += LIFE_SECONDS * 1_000 - 1
        await world.app.invitations.join(by("cy"), token)
        world.clock.time_ms += 1
        refused = await refusal(world.app.invitations.join(by("dan"), token))

        assert refused.code is ErrorCode.NOT_FOUND

    asyncio.run(story())


def test_nobody_joins_what_is_deleted_ended_or_full() -> None:
    async def story() -> None:
        codes = {}
        for name, fields in {"deleted": {"deleted": True}, "ended": {"ended_at_ms": 1}}.items():
            world = World().room()
            token = await invited(world)
            known = world.store.conversations[ROOM]
            world.store.conversations[ROOM] = replace(known, **fields)  # type: ignore[arg-type]
            codes[name] = (await refusal(world.app.invitations.join(by("cy"), token))).code
        world = World().room("ana", "ben", "cy", "dan")
        token = await invited(world)
        codes["full"] = (await refusal(world.app.invitations.join(by("eve"), token))).code

        assert codes == {
            "deleted": ErrorCode.NOT_FOUND,
            "ended": ErrorCode.CONVERSATION_ENDED,
            "full": ErrorCode.CONVERSATION_FULL,
        }
        assert world.log == []

    asyncio.run(story())


def test_a_member_is_let_in_by_an_invitation_to_what_has_ended() -> None:
    async def story() -> None:
        world = World().room()
        token = await invited(world)
        known = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(known, ended_at_ms=START_MS)

        view = await world.app.invitations.join(by("ben"), token)

        assert view["id"] == ROOM

    asyncio.run(story())


def test_nobody_invites_from_outside_or_into_what_has_ended() -> None:
    async def story() -> None:
        world = World().room()
        stranger = await refusal(world.app.invitations.invite(by("cy"), ROOM))
        known = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(known, ended_at_ms=START_MS)
        ended = await refusal(world.app.invitations.invite(by(), ROOM))

        assert stranger.code is ErrorCode.NOT_FOUND
        assert ended.code is ErrorCode.CONVERSATION_ENDED
        assert world.store.invites == {}

    asyncio.run(story())


def test_a_key_of_another_write_by_who_joins_is_refused() -> None:
    async def story() -> None:
        world = World().room()
        token = await invited(world)
        await world.app.invitations.join(by("cy"), token)
        await world.app.conversations.patch(by("cy", "k"), ROOM, Patch(title="T"))
        await world.app.conversations.remove(by("cy"), ROOM, user("cy").id)

        refused = await refusal(world.app.invitations.join(by("cy", "k"), token))

        assert refused.code is ErrorCode.CLIENT_ID_REUSED

    asyncio.run(story())


@fault(37)
def test_who_was_removed_comes_back_by_no_invitation_but_when_a_member_adds_them() -> None:
    async def story() -> None:
        world = World().room()
        service = world.app.conversations
        token = await invited(world)
        await service.remove(by(), ROOM, "ben")

        refused = await refusal(world.app.invitations.join(by("ben"), token))
        await service.add(by(), ROOM, "ben", None)
        await service.remove(by("ben"), ROOM, "ben")
        view = await world.app.invitations.join(by("ben"), token)

        assert refused.code is ErrorCode.NOT_FOUND
        assert [name for name, _ in people(view)] == ["ana", "ben"]
        assert [each.kind for each in world.log] == ["removed", "joined", "left", "joined"]

    asyncio.run(story())
