"""Conversations over HTTP: create, list, read, change, members."""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from tests.builders import MAX_PARTICIPANTS, ROOM, World, member, message, send, user
from tests.faults import fault
from tests.unit.test_large import LARGEST_ANSWER_BYTES
from wireside import wire
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import ReplyPolicy
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId, UserId
from wireside.services.conversations import NewConversation
from wireside.services.deeds import Patch, Request


def by(name: str = "ana", key: str | None = None) -> Request:
    """Return somebody's request."""
    return Request(user(name), key)


def new(*members: str, **fields: object) -> NewConversation:
    """Return a request for a conversation."""
    known: dict[str, object] = {
        "title": None,
        "members": members,
        "model": None,
        "reply_policy": ReplyPolicy.ALWAYS,
    }
    return NewConversation(**(known | fields))  # type: ignore[arg-type]


async def refusal(doing: Awaitable[object]) -> Refused:
    """Return why something is refused."""
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value


def people(view: wire.Json) -> list[tuple[str, str]]:
    """Return ids and roles of the humans in a view."""
    members = view["members"]
    assert isinstance(members, list)
    return [
        (str(each["id"]), str(each["role"]))
        for each in members
        if isinstance(each, dict) and each["type"] == "human"
    ]


def test_who_creates_is_the_owner_and_nobody_is_in_it_twice() -> None:
    async def story() -> None:
        world = World()

        view = await world.app.conversations.create(by(), new("ben", "ana", "ben", title="T"))

        assert people(view) == [("ana", "owner"), ("ben", "member")]
        assert (view["title"], view["model"], view["reply_policy"]) == ("T", "demo", "always")
        assert (view["head"], view["n"], view["input_mode"]) == (0, 0, "multi")

    asyncio.run(story())


@fault(6)
def test_a_repeated_create_returns_the_first_conversation() -> None:
    async def story() -> None:
        world = World()
        service = world.app.conversations

        first = await service.create(by(key="k"), new("ben"))
        second = await service.create(by(key="k"), new("ben"))
        other = await service.create(by("ben", "k"), new("ben"))
        unkeyed = await service.create(by(), new("ben"))

        assert first == second
        assert len({str(each["id"]) for each in (first, other, unkeyed)}) == 3

    asyncio.run(story())


@fault(9)
def test_a_key_used_for_another_create_is_refused() -> None:
    async def story() -> None:
        world = World()
        await world.app.conversations.create(by(key="k"), new("ben"))

        refused = await refusal(world.app.conversations.create(by(key="k"), new("cy")))

        assert refused.code is ErrorCode.CLIENT_ID_REUSED
        assert len(world.store.conversations) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (new(model="nobody"), ErrorCode.UNKNOWN_MODEL),
        (new(model=""), ErrorCode.UNKNOWN_MODEL),
        (new("a#b"), ErrorCode.INVALID_FIELD),
        (new("assistant:demo"), ErrorCode.INVALID_FIELD),
        (new(""), ErrorCode.INVALID_FIELD),
        (new(*(f"u{index}" for index in range(MAX_PARTICIPANTS))), ErrorCode.CONVERSATION_FULL),
    ],
)
def test_a_create_that_cannot_be_is_refused(asked: NewConversation, code: ErrorCode) -> None:
    async def story() -> None:
        world = World()

        refused = await refusal(world.app.conversations.create(by(), asked))

        assert refused.code is code
        assert world.store.conversations == {}

    asyncio.run(story())


def test_a_full_conversation_takes_nobody_more_until_somebody_leaves() -> None:
    async def story() -> None:
        world = World().room("ana", "ben", "cy", "dan")
        service = world.app.conversations

        refused = await refusal(service.add(by(), ROOM, "eve", None))
        await service.remove(by("dan"), ROOM, "dan")
        view = await service.add(by(), ROOM, "eve", "Eve")

        assert refused.code is ErrorCode.CONVERSATION_FULL
        assert [name for name, _ in people(view)] == ["ana", "ben", "cy", "eve"]
        assert [each.kind for each in world.log] == ["left", "joined"]

    asyncio.run(story())


def test_adding_a_member_is_one_event_that_everybody_hears_and_a_second_is_none() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")

        for _ in range(2):
            await world.app.conversations.add(by(key=None), ROOM, "cy", "Cy")

        (told,) = world.heard("ben")
        assert (told["event"]["kind"], told["event"]["body"]) == (
            "joined",
            {"user": {"id": "cy", "name": "Cy"}},
        )
        assert len(world.log) == 1

    asyncio.run(story())


def test_a_new_member_sees_the_whole_log_and_a_former_one_nothing() -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        service = world.app.conversations
        await service.add(by(), ROOM, "cy", None)

        _, window = await service.events(user("cy"), ROOM, after_seq=0, before_seq=None, limit=300)
        await service.remove(by("cy"), ROOM, "cy")
        asked = {"after_seq": 0, "before_seq": None, "limit": 300}
        refused = await refusal(service.events(user("cy"), ROOM, **asked))  # type: ignore[arg-type]

        assert [each.seq for each in window.events] == [1, 2, 3, 4]
        assert refused.code is ErrorCode.NOT_FOUND

    asyncio.run(story())


@fault(37)
def test_whoever_is_removed_hears_of_it_and_of_nothing_after_it() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")

        await world.app.conversations.remove(by(), ROOM, "ben")
        await world.say("ana", send(after_seq=1))

        assert [each["event"]["kind"] for each in world.heard("ben")] == ["removed"]
        assert [each["event"]["kind"] for each in world.heard("ana")] == ["removed", "message"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        ("ben", "ana", ErrorCode.NOT_ALLOWED),
        ("eve", "ben", ErrorCode.NOT_FOUND),
        ("ana", "nobody", ErrorCode.NOT_FOUND),
        ("eve", "eve", ErrorCode.NOT_FOUND),
    ],
)
def test_a_removal_that_may_not_be_is_refused(who: str, whom: str, code: ErrorCode) -> None:
    async def story() -> None:
        world = World().room()

        refused = await refusal(world.app.conversations.remove(by(who), ROOM, whom))

        assert refused.code is code
        assert world.log == []

    asyncio.run(story())


@fault(6)
def test_each_changed_field_is_an_event_and_a_repeat_none() -> None:
    async def story() -> None:
        world = World().room()
        change = Patch(title="T", model="second", reply_policy=ReplyPolicy.OFF)

        views = [await world.app.conversations.patch(by(key="k"), ROOM, change) for _ in range(2)]

        assert views[0] == views[1]
        assert (views[0]["title"], views[0]["model"]) == ("T", "second")
        assert [(each.kind.value, dict(each.body)) for each in world.log] == [
            ("titled", {"title": "T"}),
            ("model_selected", {"model": "second"}),
            ("reply_policy_set", {"reply_policy": "off"}),
        ]
        assert [each.client_id for each in world.log] == ["k", None, None]

    asyncio.run(story())


@fault(6)
def test_a_repeat_tells_everybody_again_whoever_died_before_they_heard() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        change = Patch(title="T")
        await world.app.conversations.patch(by(key="k"), ROOM, change)
        first = world.heard("ana")

        await world.app.conversations.patch(by(key="k"), ROOM, change)

        assert world.heard("ana") == [*first, *first[-1:]]
        assert first[-1]["event"]["body"] == {"title": "T"}

    asyncio.run(story())


@fault(9)
def test_a_patch_under_a_used_key_is_refused() -> None:
    async def story() -> None:
        world = World().room()
        service = world.app.conversations
        await service.patch(by(key="k"), ROOM, Patch(title="T"))

        refused = await refusal(service.patch(by(key="k"), ROOM, Patch(title="U")))

        assert refused.code is ErrorCode.CLIENT_ID_REUSED
        assert len(world.log) == 1

    asyncio.run(story())


def test_an_unknown_model_changes_nothing_of_a_patch() -> None:
    async def story() -> None:
        world = World().room()
        change = Patch(title="T", model="nobody")

        refused = await refusal(world.app.conversations.patch(by(), ROOM, change))

        assert refused.code is ErrorCode.UNKNOWN_MODEL
        assert world.log == []

    asyncio.run(story())


def test_an_ended_conversation_does_not_change() -> None:
    async def story() -> None:
        world = World().room(ended_at_ms=START_MS)
        service = world.app.conversations

        patched = await refusal(service.patch(by(), ROOM, Patch(title="T")))
        added = await refusal(service.add(by(), ROOM, "cy", None))

        assert patched.code is added.code is ErrorCode.CONVERSATION_ENDED
        assert world.log == []

    asyncio.run(story())


@fault(36)
def test_what_is_not_mine_is_not_found() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        service, eve = world.app.conversations, by("eve", "k")
        asked = {"after_seq": None, "before_seq": None, "limit": 50}

        for name in (ROOM, ConversationId("absent")):
            refused = [
                await refusal(service.view(eve.user, name)),
                await refusal(service.events(eve.user, name, **asked)),  # type: ignore[arg-type]
                await refusal(service.patch(eve, name, Patch(title="T"))),
                await refusal(service.add(eve, name, "eve", None)),
                await refusal(service.remove(eve, name, "ana")),
            ]
            assert [each.code for each in refused] == [ErrorCode.NOT_FOUND] * 5

        assert len(world.log) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("after_seq", "before_seq", "limit", "seqs"),
    [
        (None, None, 3, [8, 9, 10]),
        (None, 8, 3, [5, 6, 7]),
        (None, 3, 9, [1, 2]),
        (None, 1, 9, []),
        (4, None, 3, [5, 6, 7]),
        (10, None, 3, []),
        (0, None, 300, [*range(1, 11)]),
    ],
)
def test_pages_of_events_are_ascending(
    after_seq: int | None, before_seq: int | None, limit: int, seqs: list[int]
) -> None:
    async def story() -> None:
        world = World().room().wrote(10)

        place, window = await world.app.conversations.events(
            user(), ROOM, after_seq=after_seq, before_seq=before_seq, limit=limit
        )

        assert [each.seq for each in window.events] == seqs
        assert window.head is not None
        assert (window.head.seq, place.epoch) == (10, "1.1")

    asyncio.run(story())


def test_my_list_is_in_the_order_of_activity_and_has_only_what_is_mine() -> None:
    async def story() -> None:
        world = World()
        service = world.app.conversations
        names = []
        for title in ("a", "b", "c"):
            world.clock.time_ms += 1_000
            names.append(ConversationId(str((await service.create(by(), new(title=title)))["id"])))
        await service.create(by("ben"), new(title="ben's"))
        world.store.log(names[0]).append(message(now_ms=START_MS + 60_000))
        world.store.conversations[names[1]] = replace(
            world.store.conversations[names[1]], deleted=True
        )

        items, cursor = await service.mine(user(), limit=10, cursor=None)

        assert [each["title"] for each in items] == ["a", "c"]
        assert cursor is None

    asyncio.run(story())


def test_a_list_goes_on_from_its_cursor() -> None:
    async def story() -> None:
        world = World()
        service = world.app.conversations
        for title in ("a", "b", "c"):
            world.clock.time_ms += 1_000
            await service.create(by(), new(title=title))

        first, cursor = await service.mine(user(), limit=2, cursor=None)
        second, end = await service.mine(user(), limit=2, cursor=cursor)

        assert [each["title"] for each in (*first, *second)] == ["c", "b", "a"]
        assert (cursor is None, end) == (False, None)

    asyncio.run(story())


def test_a_page_of_the_list_ends_before_it_is_too_large_for_one_answer() -> None:
    async def story() -> None:
        world = World()
        service = world.app.conversations
        for number in range(30):
            world.clock.time_ms += 1_000
            made = await service.create(by(), new(title=f"{number:02d}"))
            room = ConversationId(str(made["id"]))
            for other in range(249):
                name = f"{other:03d}" + '"' * 125
                world.store.members[room, UserId(name)] = replace(member(name), name="😀" * 128)

        pages: list[list[object]] = []
        cursor: str | None = None
        while True:
            items, cursor = await service.mine(user(), limit=100, cursor=cursor)
            pages.append([each["title"] for each in items])
            body = json.dumps({"body": wire.encode({"items": items}).decode()}, ensure_ascii=False)
            assert len(body.encode()) < LARGEST_ANSWER_BYTES
            if cursor is None:
                break

        assert [title for page in pages for title in page] == [f"{29 - n:02d}" for n in range(30)]
        assert 1 < len(pages) < 10

    asyncio.run(story())
