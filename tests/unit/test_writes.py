"""edit, delete, react, regenerate: one event each, idempotent by its client_id."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, error_of, message, send
from tests.faults import fault
from tests.unit.scenes import job, says
from wireside import wire
from wireside.domain.changes import MAX_EDITS
from wireside.domain.conversation import Role
from wireside.domain.events import Draft, Kind, Participant, SenderType, place
from wireside.domain.runs import outcome_of

OPERATOR = frozenset({Role.USER, Role.OPERATOR})


def write(action: str, world: World, **fields: Any) -> wire.Json:
    """Return a frame that writes after all that there is."""
    about: wire.Json = {"action": action, "conversation_id": ROOM, "client_id": f"w{action}"}
    return about | {"after_seq": len(world.log)} | fields


async def spoken(*texts: str, people: tuple[str, ...] = ("ana", "ben")) -> World:
    """Return a room in which Ana, its owner, and Ben listen, and Ben has said this."""
    world = World(provider=says("an answer")).room(*people)
    for name in people:
        await world.enter(name)
    for text in texts:
        world.wrote(1, text=text, by=people[-1])
    return world


async def answered() -> World:
    """Return a room in which Ben was answered: his message is seq 1, the answer seq 2."""
    world = await spoken()
    await world.say("ben", send("question"))
    await world.runs.settle(job(1), "receipt")
    assert world.log[1].sender.id == DEMO.id
    return world


def test_an_edit_is_an_event_that_everybody_hears() -> None:
    async def story() -> None:
        world = await spoken("frist")

        (own,) = await world.say("ben", write("edit", world, target_seq=1, text="first", ref="r"))

        assert own["ref"] == "r"
        assert (own["event"]["kind"], own["event"]["seq"]) == ("edited", 2)
        assert own["event"]["body"] == {"target_seq": 1, "text": "first"}
        assert world.heard("ana")[-1]["event"] == own["event"]
        assert world.log[0].edits == {2}

    asyncio.run(story())


@pytest.mark.parametrize("action", ["edit", "delete", "react", "regenerate", "model"])
def test_the_same_write_sent_again_is_stored_once(action: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "edit": {"target_seq": 1, "text": "better"},
        "delete": {"target_seq": 1},
        "react": {"target_seq": 1, "emoji": "👍", "on": True},
        "regenerate": {"target_seq": 2},
        "model": {"model": "second"},
    }

    async def story() -> None:
        world = await answered()
        frame = write(action, world, **fields[action])

        (first,) = await world.say("ben", frame)
        (second,) = await world.say("ben", frame)

        assert second == first
        assert len(world.log) == 3

    asyncio.run(story())


@fault(9)
def test_one_name_for_two_writes_is_refused() -> None:
    async def story() -> None:
        world = await spoken("first")
        frame = write("edit", world, target_seq=1, text="better")
        await world.say("ben", frame)

        other = await world.say("ben", {**frame, "text": "best"})
        deletion = await world.say(
            "ben", {**write("delete", world, target_seq=1), "after_seq": 1} | {"client_id": "wedit"}
        )

        assert error_of(other) == "client_id_reused"
        assert error_of(deletion) == "client_id_reused"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("by", "frame", "code"),
    [
        ("ana", {"action": "edit", "target_seq": 1, "text": "x"}, "not_allowed"),
        ("ben", {"action": "edit", "target_seq": 2, "text": "x"}, "not_allowed"),
        ("ben", {"action": "edit", "target_seq": 9, "text": "x"}, "invalid_field"),
        ("ben", {"action": "edit", "target_seq": 1, "text": ""}, "invalid_field"),
        ("ben", {"action": "edit", "target_seq": 1, "text": "x" * 10_001}, "text_too_long"),
        ("ben", {"action": "delete", "target_seq": 2}, "not_allowed"),
        ("ben", {"action": "delete", "target_seq": 0}, "invalid_field"),
        ("ben", {"action": "delete", "target_seq": 3}, "invalid_field"),
        ("ben", {"action": "react", "target_seq": 3, "emoji": "👍", "on": True}, "invalid_field"),
        ("ben", {"action": "react", "target_seq": 1, "emoji": " ", "on": True}, "invalid_field"),
        ("ben", {"action": "react", "target_seq": 1, "emoji": "a" * 33, "on": 1}, "invalid_field"),
        ("ben", {"action": "regenerate", "target_seq": 1}, "not_allowed"),
        ("ben", {"action": "regenerate", "target_seq": 9}, "invalid_field"),
        ("ben", {"action": "model", "model": "nobody"}, "unknown_model"),
        ("ben", {"action": "model", "model": DEMO.id}, "unknown_model"),
        ("ben", {"action": "model", "model": "Second"}, "unknown_model"),
        ("ben", {"action": "model", "model": ""}, "invalid_field"),
        ("ben", {"action": "model", "model": "m" * 65}, "invalid_field"),
        ("ben", {"action": "model", "model": ["demo"]}, "invalid_field"),
        ("ben", {"action": "model", "model": "demo", "target_seq": 1}, "invalid_field"),
    ],
)
def test_what_may_not_be_written_is_refused_and_changes_nothing(
    by: str, frame: dict[str, Any], code: str
) -> None:
    async def story() -> None:
        world = await answered()
        before = list(world.log)

        refused = await world.say(by, {**write("", world), **frame})

        assert error_of(refused) == code
        assert world.log == before

    asyncio.run(story())


@fault(36)
@pytest.mark.parametrize("action", ["edit", "delete", "react", "regenerate", "stop", "model"])
def test_strangers_write_nothing_and_learn_nothing(action: str) -> None:
    fields = {"edit": {"text": "x"}, "react": {"emoji": "👍", "on": True}}

    async def story() -> None:
        world = await spoken("first")
        await world.connect("eve")
        frame = write(action, world, target_seq=1, **fields.get(action, {}))
        if action == "stop":
            frame = {"action": "stop", "conversation_id": ROOM, "after_seq": 1}
        if action == "model":
            frame = write("model", world, model="nobody")

        there = await world.say("eve", frame)
        absent = await world.say("eve", {**frame, "conversation_id": "nowhere", "ref": None})

        assert error_of(there) == "not_found"
        assert error_of(absent) == "not_found"
        assert len(world.log) == 1

    asyncio.run(story())


@fault(6)
def test_a_deletion_leaves_no_word_in_the_store() -> None:
    async def story() -> None:
        world = await spoken("a secret")
        await world.say("ben", write("edit", world, target_seq=1, text="another secret"))

        (own,) = await world.say("ben", write("delete", world, target_seq=1))

        assert own["event"]["kind"] == "deleted"
        assert "secret" not in repr(world.store)
        assert [each.body.get("deleted") for each in world.log] == [True, True, None]

    asyncio.run(story())


def test_an_owner_deletes_what_others_and_assistants_wrote() -> None:
    async def story() -> None:
        world = await answered()

        await world.say("ana", write("delete", world, target_seq=1))
        await world.say("ana", write("delete", world, target_seq=2, client_id="w2"))

        assert [each.is_deleted for each in world.log[:2]] == [True, True]
        assert world.log[1].body["trigger_seq"] == 1
        assert world.store.chunks == {}

    asyncio.run(story())


@fault(6)
def test_what_is_deleted_is_not_edited_reacted_to_or_deleted_again() -> None:
    async def story() -> None:
        world = await spoken("first")
        await world.say("ben", write("delete", world, target_seq=1))

        for action, fields in (
            ("edit", {"text": "back"}),
            ("react", {"emoji": "👍", "on": True}),
            ("delete", {}),
        ):
            frame = write(action, world, target_seq=1, client_id="w9", **fields)
            assert error_of(await world.say("ben", frame)) == "invalid_field"

        assert len(world.log) == 2

    asyncio.run(story())


@fault(6)
def test_a_write_that_is_stored_is_acknowledged_also_when_its_message_is_gone() -> None:
    async def story() -> None:
        world = await spoken("first")
        frame = write("edit", world, target_seq=1, text="better")
        (first,) = await world.say("ben", frame)
        await world.say("ben", write("delete", world, target_seq=1))

        (again,) = await world.say("ben", frame)

        assert (again["event"]["seq"], again["event"]["kind"]) == (first["event"]["seq"], "edited")
        assert again["event"]["body"] == {"text": "", "deleted": True, "target_seq": 1}

    asyncio.run(story())


def test_the_91st_edit_is_not_allowed() -> None:
    async def story() -> None:
        world = await spoken("first")
        world.log[0] = replace(world.log[0], edits=frozenset(range(2, MAX_EDITS + 2)))

        refused = await world.say("ben", write("edit", world, target_seq=1, text="x"))

        assert error_of(refused) == "not_allowed"

    asyncio.run(story())


def test_a_title_goes_with_its_message_and_a_given_one_stays() -> None:
    async def story() -> None:
        world = await spoken("the title", "more")
        await world.app.activity.follow(ROOM, world.log[0])
        assert world.store.conversations[ROOM].title == "the title"

        await world.say("ben", write("delete", world, target_seq=2, client_id="w2"))
        after_another = world.store.conversations[ROOM].title
        await world.say("ben", write("delete", world, target_seq=1))
        await world.app.activity.follow(ROOM, message(text="the title"))

        assert after_another == "the title"
        assert world.store.conversations[ROOM].title is None

    asyncio.run(story())


def test_all_writes_count_for_the_rate_limit() -> None:
    async def story() -> None:
        world = await spoken("first")
        world.app = replace(world.app, messages=replace(world.app.messages, messages_per_minute=1))
        await world.say("ben", write("react", world, target_seq=1, emoji="👍", on=True))

        refused = await world.say("ben", write("delete", world, target_seq=1))

        assert error_of(refused) == "rate_limited"
        assert refused[0]["retry_after_ms"] > 0

    asyncio.run(story())


def test_after_the_end_only_deletions_are_written() -> None:
    async def story() -> None:
        world = await spoken("first")
        world.store.conversations[ROOM] = replace(world.store.conversations[ROOM], ended_at_ms=1)

        for action, fields in (
            ("edit", {"target_seq": 1, "text": "x"}),
            ("react", {"target_seq": 1, "emoji": "👍", "on": True}),
            ("regenerate", {"target_seq": 1}),
            ("model", {"model": "second"}),
        ):
            frame = write(action, world, **fields)
            assert error_of(await world.say("ben", frame)) == "conversation_ended"
        (own,) = await world.say("ben", write("delete", world, target_seq=1))

        assert own["event"]["kind"] == "deleted"

    asyncio.run(story())


def test_an_answer_is_written_anew_from_what_it_answered() -> None:
    async def story() -> None:
        world = await answered()
        world.wrote(1, text="something else", by="ana")
        (own,) = await world.say("ben", write("regenerate", world, target_seq=2))

        await world.runs.settle(job(4), "receipt")

        assert own["event"]["body"] == {"target_seq": 2, "addressed": [DEMO.id]}
        assert own["event"]["kind"] == "regenerate_requested"
        anew = world.log[4]
        assert (anew.body["regenerates"], anew.body["trigger_seq"]) == (2, 4)
        first, again = (each.messages for each in world.provider.asked)  # type: ignore[attr-defined]
        assert again == first

    asyncio.run(story())


def test_what_was_written_anew_is_written_anew_from_the_same_question() -> None:
    async def story() -> None:
        world = await answered()
        await world.say("ben", write("regenerate", world, target_seq=2))
        await world.runs.settle(job(3), "receipt")
        await world.say("ben", write("edit", world, target_seq=1, text="better question"))
        await world.say("ben", write("regenerate", world, target_seq=4, client_id="w2"))

        await world.runs.settle(job(6), "receipt")

        asked = world.provider.asked[-1]  # type: ignore[attr-defined]
        assert [each.text for each in asked.messages] == ["better question"]
        assert world.log[6].body["regenerates"] == 4

    asyncio.run(story())


def test_a_wish_for_another_answer_is_a_turn_of_its_own() -> None:
    async def story() -> None:
        world = await answered()
        await world.say("ben", write("regenerate", world, target_seq=2))
        await world.say("ben", send("next", client_id="c2", after_seq=3))

        await world.runs.settle(job(4), "receipt")

        told = [(e.body["trigger_seq"], e.body.get("regenerates")) for e in world.log[4:]]
        assert told == [(3, 2), (4, None)]

    asyncio.run(story())


def test_an_assistant_that_is_not_here_any_more_writes_nothing_anew() -> None:
    async def story() -> None:
        world = await spoken()
        gone = Participant("assistant:gone", "Gone", SenderType.ASSISTANT)
        said = Draft(Kind.MESSAGE, gone, {"text": "x", "run_id": "r", "trigger_seq": 0})
        world.log.append(place(said, None, now_ms=1))

        refused = await world.say("ben", write("regenerate", world, target_seq=1))

        assert error_of(refused) == "not_allowed"

    asyncio.run(story())


@fault(31)
def test_a_message_deleted_while_its_run_streams_gets_one_answer() -> None:
    async def story() -> None:
        world = await spoken()
        await world.say("ben", send("question"))
        deletion = write("delete", world, target_seq=1)

        await world.say("ben", deletion)
        await world.runs.settle(job(1), "receipt")
        await world.runs.settle(job(1), "receipt")

        outcome = outcome_of(1, DEMO.id, world.log)
        assert outcome is not None
        assert [each.kind for each in world.log].count(Kind.MESSAGE) == 2
        assert world.log[0].addressed == (DEMO.id,)

    asyncio.run(story())


@fault(32)
def test_a_regeneration_of_one_assistant_is_no_business_of_another() -> None:
    async def story() -> None:
        world = await answered()
        await world.say("ben", write("regenerate", world, target_seq=2))

        assert [each.assistant_id for each in world.jobs.jobs] == [DEMO.id, DEMO.id]
        assert SECOND.id not in world.log[2].addressed

    asyncio.run(story())


def test_an_edit_reaches_the_model() -> None:
    async def story() -> None:
        world = await spoken()
        await world.say("ben", send("frist"))
        await world.say("ben", write("edit", world, target_seq=1, text="first"))
        await world.say("ben", send("more", client_id="c2", after_seq=2))

        await world.runs.settle(job(3), "receipt")

        asked = world.provider.asked[-1]  # type: ignore[attr-defined]
        assert [each.text for each in asked.messages] == ["first", "more"]

    asyncio.run(story())
