"""Shared links: made by owners, withdrawn by members, read by whoever has them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World, send, user
from tests.faults import fault
from tests.unit.test_conversations import by, refusal
from wireside import wire
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.wire import START_MS
from wireside.domain.errors import ErrorCode
from wireside.domain.events import Draft, Kind, UserId, place
from wireside.domain.links import PREFIX
from wireside.services.deeds import Patch

SHOWN = {"seq", "at", "sender", "text"}


async def shared(world: World, **fields: str) -> str:
    """Return the token of a new link of Ana's."""
    return (await world.app.sharing.share(by(**fields), ROOM))["token"]


async def page(world: World, token: str, after_seq: int = 0, limit: int = 50) -> Any:
    """Return what whoever has the token reads."""
    return await world.app.sharing.read(token, after_seq=after_seq, limit=limit)


async def texts(world: World, token: str) -> list[str]:
    """Return the shared texts of the first page."""
    return [each["text"] for each in (await page(world, token))["items"]]


async def change(world: World, name: str, action: str, target: int, **fields: object) -> None:
    """Let somebody change a message."""
    known = {"conversation_id": ROOM, "client_id": f"{action}{len(world.log)}"}
    about = known | {"after_seq": len(world.log), "target_seq": target}
    (answer, *_) = await world.say(name, {"action": action, **about, **fields})
    assert answer["type"] == "event", answer


def test_whoever_has_the_token_reads_what_there_was_when_it_was_made() -> None:
    async def story() -> None:
        world = World().room(title="Lunch").wrote(1, text="one").wrote(1, text="two", by="ben")

        made = await world.app.sharing.share(by(), ROOM)
        world.wrote(1, text="three")
        seen = await page(world, made["token"])

        assert made["through_seq"] == 2
        assert made["token"].startswith(PREFIX)
        assert (seen["title"], seen["through_seq"]) == ("Lunch", 2)
        assert seen["created_at"] == made["created_at"] == wire.timestamp(START_MS)
        assert [each["text"] for each in seen["items"]] == ["one", "two"]
        assert [each["sender"]["name"] for each in seen["items"]] == ["Ana", "Ben"]
        assert "cursor" not in seen

    asyncio.run(story())


def test_it_shows_names_and_no_ids_and_nothing_but_messages() -> None:
    async def story() -> None:
        world = World().room("ana-id-1", "ben-id-2").wrote(1, by="ana-id-1")
        world.wrote(1, by="ben-id-2", client_id="client-9", addressed=[DEMO.id])
        await world.enter("ana-id-1")
        await change(world, "ana-id-1", "react", 2, emoji="👍", on=True)
        await world.app.conversations.patch(by("ana-id-1"), ROOM, Patch(model="second"))
        token = (await world.app.sharing.share(by("ana-id-1"), ROOM))["token"]

        seen = await page(world, token)

        assert [set(each) for each in seen["items"]] == [SHOWN, SHOWN]
        said = repr(seen)
        for hidden in ("ana-id-1", "ben-id-2", "client-9", DEMO.id, ROOM):
            assert f"'{hidden}'" not in said

    asyncio.run(story())


def test_two_people_of_one_name_are_told_apart_on_every_page_but_not_from_link_to_link() -> None:
    async def story() -> None:
        world = World().room()
        for sub in ("u1", "u2", "u1"):
            ana = replace(user().participant, id=sub)
            body = {"text": sub, "addressed": []}
            previous = world.log[-1] if world.log else None
            world.log.append(place(Draft(Kind.MESSAGE, ana, body), previous, now_ms=START_MS))

        async def keys() -> list[str]:
            token = await shared(world)
            pages = [await page(world, token, each, limit=1) for each in range(3)]
            assert {each["items"][0]["sender"]["name"] for each in pages} == {"Ana"}
            return [each["items"][0]["sender"]["key"] for each in pages]

        first, second = await keys(), await keys()

        assert first[0] == first[2] != first[1]
        assert not set(first) & set(second)

    asyncio.run(story())


def test_edits_before_it_are_in_it_and_edits_after_it_are_not() -> None:
    async def story() -> None:
        world = World().room().wrote(2, text="first words")
        await world.enter("ana")
        await change(world, "ana", "edit", 1, text="second words")
        token = await shared(world)

        await change(world, "ana", "edit", 1, text="third words")
        await change(world, "ana", "edit", 2, text="other words")
        items = (await page(world, token))["items"]

        assert [each["text"] for each in items] == ["second words", "first words"]
        assert [each.get("edited", False) for each in items] == [True, False]

    asyncio.run(story())


def test_later_deletions_are_in_it_also_of_what_was_edited() -> None:
    async def story() -> None:
        world = World().room().wrote(2, text="secret")
        await world.enter("ana")
        await change(world, "ana", "edit", 1, text="better secret")
        token = await shared(world)

        for target in (1, 2):
            await change(world, "ana", "delete", target)
        items = (await page(world, token))["items"]

        assert [(each["text"], each["deleted"]) for each in items] == [("", True)] * 2
        assert "secret" not in repr(items)

    asyncio.run(story())


def test_its_title_is_the_one_of_then_until_the_message_it_was_made_from_is_deleted() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.say("ana", send("Where is the soup?"))
        await world.app.activity.follow(ROOM, world.log[0])
        token = await shared(world)
        await world.app.conversations.patch(by(), ROOM, Patch(title="Renamed"))

        before = (await page(world, token))["title"]
        await change(world, "ana", "delete", 1)
        after = (await page(world, token))["title"]
        renamed = (await page(world, await shared(world)))["title"]

        assert (before, after, renamed) == ("Where is the soup?", None, "Renamed")
        assert "soup" not in repr(world.store.links)

    asyncio.run(story())


def test_a_long_conversation_is_read_page_by_page() -> None:
    async def story() -> None:
        world = World().room().wrote(5)
        token = await shared(world)
        seqs, cursor = [], "0"
        while cursor:
            seen = await page(world, token, int(cursor), limit=2)
            seqs += [each["seq"] for each in seen["items"]]
            cursor = seen.get("cursor", "")

        beyond = await page(world, token, 99)

        assert seqs == [1, 2, 3, 4, 5]
        assert (beyond["items"], "cursor" in beyond) == ([], False)

    asyncio.run(story())


def test_a_page_stays_small_however_long_what_was_edited_is() -> None:
    async def story() -> None:
        world = World().room().wrote(2)
        await world.enter("ana")
        await change(world, "ana", "edit", 1, text="x" * 10_000)
        await change(world, "ana", "edit", 2, text="y" * 10_000)
        edits = {3: "\u0001" * 2_500_000, 4: "short"}
        for index, event in enumerate(world.log):
            if event.seq in edits:
                body = {**event.body, "text": edits[event.seq]}
                world.log[index] = replace(event, body=body)
        token = await shared(world)

        first = await page(world, token)
        second = await page(world, token, int(first["cursor"]))

        assert [each["seq"] for each in first["items"]] == [1]
        assert [each["text"] for each in second["items"]] == ["short"]

    asyncio.run(story())


def test_the_token_is_kept_nowhere() -> None:
    async def story() -> None:
        world = World().room()

        tokens = [await shared(world), await shared(world, key="k")]

        kept = repr(world.store)
        assert not [each for each in tokens if each.removeprefix(PREFIX) in kept]
        assert "'k'" not in kept

    asyncio.run(story())


def test_owners_share_and_every_member_withdraws() -> None:
    async def story() -> None:
        world = World().room().wrote(1)

        member = await refusal(world.app.sharing.share(by("ben"), ROOM))
        token = await shared(world)
        stranger = await refusal(world.app.sharing.withdraw(by("eve"), ROOM))
        assert await texts(world, token) == ["hello"]
        for _ in range(2):
            await world.app.sharing.withdraw(by("ben"), ROOM)

        assert member.code is ErrorCode.NOT_ALLOWED
        assert stranger.code is ErrorCode.NOT_FOUND
        assert (await refusal(page(world, token))).code is ErrorCode.NOT_FOUND
        assert world.store.links == {}

    asyncio.run(story())


def test_members_see_that_it_is_shared_and_how_far() -> None:
    async def story() -> None:
        world = World().room().wrote(2)
        made = await world.app.sharing.share(by(), ROOM)

        view = await world.app.conversations.view(user("ben"), ROOM)
        await world.app.sharing.withdraw(by(), ROOM)
        after = await world.app.conversations.view(user("ben"), ROOM)

        assert view["shared"] == {"through_seq": 2, "created_at": made["created_at"]}
        assert "shared" not in after

    asyncio.run(story())


def test_a_new_link_takes_the_place_of_the_one_before() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        first = await shared(world)
        world.wrote(1)

        second = await shared(world)

        assert (await refusal(page(world, first))).code is ErrorCode.NOT_FOUND
        assert len(await texts(world, second)) == 2

    asyncio.run(story())


@fault(6)
def test_a_repeat_makes_the_same_link_and_withdraws_no_later_one() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        first = await world.app.sharing.share(by(key="k"), ROOM)
        world.wrote(1)
        again = await world.app.sharing.share(by(key="k"), ROOM)
        await world.app.sharing.withdraw(by(key="w"), ROOM)
        later = await shared(world)
        await world.app.sharing.withdraw(by(key="w"), ROOM)

        assert first == again
        assert len(await texts(world, later)) == 2

    asyncio.run(story())


def test_a_key_of_another_request_is_refused() -> None:
    async def story() -> None:
        world = World().room()
        await shared(world, key="k")
        await world.app.invitations.invite(by(key="i"), ROOM)

        for doing in (
            world.app.sharing.withdraw(by(key="k"), ROOM),
            world.app.invitations.invite(by(key="k"), ROOM),
            world.app.sharing.share(by(key="i"), ROOM),
        ):
            assert (await refusal(doing)).code is ErrorCode.CLIENT_ID_REUSED

    asyncio.run(story())


@fault(36)
@pytest.mark.parametrize("token", ["", "wsl_", "wsi_x", "wsl_" + "0" * 64, "\ud800", "x" * 9_999])
def test_what_is_no_link_what_is_withdrawn_and_what_is_deleted_look_the_same(token: str) -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        withdrawn = await shared(world)
        await world.app.sharing.withdraw(by(), ROOM)
        deleted = await shared(world)
        await world.app.deletion.by_owner(by(), ROOM)

        refused = [await refusal(page(world, each)) for each in (token, withdrawn, deleted)]

        assert {(each.code, str(each)) for each in refused} == {
            (ErrorCode.NOT_FOUND, str(refused[0]))
        }

    asyncio.run(story())


class Meddling:
    """A log during whose reading something happens."""

    def __init__(self, inner: MemoryLog) -> None:
        self.inner, self.meanwhile = inner, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def after(self, *args: Any, **fields: Any) -> Any:
        found = await self.inner.after(*args, **fields)
        while self.meanwhile:
            await self.meanwhile.pop()
        return found


@fault(36)
def test_what_is_withdrawn_while_it_is_read_is_not_shown() -> None:
    async def story() -> None:
        logs: list[Meddling] = []

        def around(port: Any) -> Any:
            if isinstance(port, MemoryLog):
                logs.append(Meddling(port))
                return logs[-1]
            return port

        world = World(around=around).room().wrote(1)
        token = await shared(world)
        logs[0].meanwhile.append(world.app.sharing.withdraw(by(), ROOM))

        assert (await refusal(page(world, token))).code is ErrorCode.NOT_FOUND

    asyncio.run(story())


def test_who_was_removed_shares_nothing_and_the_link_stays_for_the_others_to_withdraw() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        token = await shared(world)
        await world.app.conversations.remove(by(), ROOM, UserId("ana"))

        refused = await refusal(world.app.sharing.share(by(), ROOM))
        assert await texts(world, token) == ["hello"]
        await world.app.sharing.withdraw(by("ben"), ROOM)

        assert refused.code is ErrorCode.NOT_FOUND
        assert (await refusal(page(world, token))).code is ErrorCode.NOT_FOUND

    asyncio.run(story())
