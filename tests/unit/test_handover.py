"""takeover, release and end: from the event on no assistant enters."""

import asyncio
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, error_of, message, send, user
from tests.faults import fault
from tests.unit.scenes import Interrupted, job, outcomes, says
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Role, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import AssistantId, Kind, RunId
from wireside.domain.runs import Run, RunState, outcome_of
from wireside.services.deeds import Patch, Request
from wireside.services.handover import operator_of
from wireside.services.runs import Settled

ROLES = frozenset({Role.USER, Role.OPERATOR})
OLGA = user("olga", roles=ROLES)
PAT = user("pat", roles=ROLES)
ADA = user("ada", roles=frozenset({Role.ADMIN}))


def asks(who: User, key: str | None = None) -> Request:
    return Request(who, key)


def room(**fields: Any) -> World:
    return World(provider=says("answer")).room("ana", "ben", **fields)


async def refusal(doing: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value


async def taken_over(world: World, by: User = OLGA) -> World:
    await world.app.operators.take_over(asks(by), ROOM)
    return world


def streaming(world: World, *, text: str = "half an ans", first_seq: int = 1) -> None:
    run = Run(RunId("r1"), DEMO.id, first_seq, RunState.STREAMING, 2, 2 * START_MS, first_seq)
    world.store.runs[ROOM, DEMO.id, first_seq] = run
    world.store.chunks[RunId("r1"), 2] = {0: text}


@fault(34)
def test_a_takeover_is_an_event_that_names_operator_and_stopped_runs() -> None:
    async def story() -> None:
        world = room()
        world.log.append(message(addressed=[DEMO.id]))
        streaming(world)
        await world.enter("ana")

        seen = await world.app.operators.take_over(asks(OLGA), ROOM)

        event = world.heard("ana")[-1]["event"]
        stopped = {"run_id": "r1", "participant": DEMO.id, "trigger_seq": 1, "text": "half an ans"}
        assert event["kind"] == "taken_over"
        assert event["sender"] == {"id": "olga", "name": "Olga", "type": "operator"}
        assert event["body"] == {
            "operator": {"id": "olga", "name": "Olga"},
            "stopped_runs": [stopped],
        }
        assert seen["operator"] == {"id": "olga", "name": "Olga"}
        assert seen["operator_assisted"]
        assert outcome_of(1, DEMO.id, world.log) == world.log[1]

    asyncio.run(story())


@fault(34)
def test_a_takeover_in_mid_answer_silences_it() -> None:
    world = room()

    def take_over() -> None:
        asyncio.get_running_loop().create_task(taken_over(world))

    world.provider = Interrupted(take_over)
    world.__post_init__()

    async def story() -> None:
        await world.enter("ana")
        await world.say("ana", send())
        world.clock.time_ms += 10_000
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())

    assert [each.kind for each in world.log] == [Kind.MESSAGE, Kind.TAKEN_OVER]
    assert world.store.conversations[ROOM].answered(DEMO.id) == 2


@fault(34)
def test_a_job_that_comes_after_the_takeover_asks_nobody() -> None:
    async def story() -> None:
        world = room()
        world.log.append(message(addressed=[DEMO.id, SECOND.id]))
        await taken_over(world)

        for each in (DEMO.id, SECOND.id):
            await world.runs.settle(job(1, assistant_id=each), "receipt")
            await world.dead_letters.settle(job(1, assistant_id=each), "receipt")

        assert outcomes(world) == []
        assert world.provider.asked == []  # type: ignore[attr-defined]

    asyncio.run(story())


@fault(34)
def test_an_assistant_that_is_not_configured_any_more_is_silenced_too() -> None:
    gone = AssistantId("assistant:gone")

    async def story() -> None:
        world = room()
        world.log.append(message(addressed=[gone]))
        await taken_over(world)

        settled = await world.runs.settle(job(1, assistant_id=gone), "receipt")
        await world.app.operators.release(asks(OLGA), ROOM)
        world.log.append(message(world.log[-1], addressed=[gone]))
        world.clock.time_ms += 10_000
        await world.runs.settle(job(4, assistant_id=gone), "receipt")

        assert settled is Settled.DELETE
        assert outcomes(world) == [("run_failed", 4)]

    asyncio.run(story())


@fault(34)
def test_what_is_said_meanwhile_is_not_answered_after_the_release() -> None:
    async def story() -> None:
        world = await taken_over(room())
        await world.enter("ana")
        (own,) = await world.say("ana", send(after_seq=1, mentions=[DEMO.id]))
        await world.app.operators.release(asks(OLGA), ROOM)

        (again,) = await world.say("ana", send("now", client_id="c2", after_seq=3))

        assert own["event"]["body"]["addressed"] == []
        assert [each.kind for each in world.log[2:]] == [Kind.RELEASED, Kind.MESSAGE]
        assert again["event"]["body"]["addressed"] == [DEMO.id]
        assert [each.seq for each in world.jobs.jobs] == [4]

    asyncio.run(story())


@fault(34)
def test_nothing_is_written_anew_while_an_operator_holds_the_conversation() -> None:
    async def story() -> None:
        world = room()
        await world.enter("ana")
        await world.say("ana", send())
        world.clock.time_ms += 10_000
        await world.runs.settle(job(1), "receipt")
        await taken_over(world)

        about = {"conversation_id": ROOM, "client_id": "c2", "after_seq": 3}
        refused = await world.say("ana", {"action": "regenerate", "target_seq": 2, **about})

        assert error_of(refused) == "not_allowed"

    asyncio.run(story())


@fault(42)
def test_the_second_operator_is_told_who_has_it() -> None:
    async def story() -> None:
        world = await taken_over(room())

        refused = await refusal(world.app.operators.take_over(asks(PAT), ROOM))
        released = await refusal(world.app.operators.release(asks(PAT), ROOM))

        assert refused.code is released.code is ErrorCode.ALREADY_TAKEN_OVER
        assert refused.details == {"operator": "olga", "operator_name": "Olga"}
        assert len(world.log) == 1

    asyncio.run(story())


@fault(42)
def test_of_two_operators_at_once_one_wins() -> None:
    async def story() -> None:
        world = room()

        results = await asyncio.gather(
            *(world.app.operators.take_over(asks(each), ROOM) for each in (OLGA, PAT)),
            return_exceptions=True,
        )

        assert [isinstance(each, Refused) for each in results] == [False, True]
        assert [each.kind for each in world.log] == [Kind.TAKEN_OVER]

    asyncio.run(story())


def test_a_takeover_and_a_release_repeated_change_nothing() -> None:
    async def story() -> None:
        world = await taken_over(room())
        await taken_over(world)
        await world.app.operators.release(asks(OLGA), ROOM)
        await world.app.operators.release(asks(PAT), ROOM)

        assert [each.kind for each in world.log] == [Kind.TAKEN_OVER, Kind.RELEASED]

    asyncio.run(story())


@fault(6)
def test_a_takeover_under_a_key_is_carried_out_once_also_after_a_release() -> None:
    async def story() -> None:
        world = room()
        await world.app.operators.take_over(asks(OLGA, "k"), ROOM)
        await world.app.operators.release(asks(OLGA, "r"), ROOM)

        await world.app.operators.take_over(asks(OLGA, "k"), ROOM)
        reused = await refusal(world.app.operators.release(asks(OLGA, "k"), ROOM))

        assert [each.kind for each in world.log] == [Kind.TAKEN_OVER, Kind.RELEASED]
        assert world.log[0].client_id == "k"
        assert reused.code is ErrorCode.CLIENT_ID_REUSED

    asyncio.run(story())


def test_an_admin_releases_what_an_operator_left_behind() -> None:
    async def story() -> None:
        world = await taken_over(room())

        seen = await world.app.operators.release(asks(ADA), ROOM)

        assert "operator" not in seen
        assert seen["operator_assisted"]

    asyncio.run(story())


@pytest.mark.parametrize("deed", ["take_over", "release"])
def test_who_is_no_operator_may_not(deed: str) -> None:
    async def story() -> None:
        world = room()

        for each in (user("ana"), user("eve")):
            refused = await refusal(getattr(world.app.operators, deed)(asks(each), ROOM))
            assert refused.code is ErrorCode.NOT_ALLOWED
        absent = await refusal(getattr(world.app.operators, deed)(asks(OLGA), type(ROOM)("x")))

        assert absent.code is ErrorCode.NOT_FOUND
        assert world.log == []

    asyncio.run(story())


def test_the_operator_opens_writes_and_is_told_apart() -> None:
    async def story() -> None:
        world = await taken_over(room())
        await world.enter("ana")
        await world.connect("olga", roles=ROLES)

        opened = await world.say("olga", {"action": "open", "conversation_id": ROOM})
        (own,) = await world.say("olga", send("how can I help?", after_seq=1))
        await world.say("ana", send("like this", client_id="a", after_seq=2))

        assert opened[0]["type"] == "opened"
        assert own["event"]["sender"] == {"id": "olga", "name": "Olga", "type": "operator"}
        assert own["event"]["body"]["addressed"] == []
        came, told = world.heard("ana")[:2]
        assert (came["type"], came["user_id"], came["on"]) == ("presence", "olga", True)
        assert told["event"] == own["event"]
        assert world.heard("olga")[-1]["event"]["body"]["text"] == "like this"

    asyncio.run(story())


def test_what_the_operator_changes_is_the_operators_doing() -> None:
    async def story() -> None:
        world = await taken_over(room())

        await world.app.conversations.patch(asks(OLGA), ROOM, Patch(title="Soup"))

        assert world.log[1].sender == operator_of(OLGA)

    asyncio.run(story())


@fault(37)
def test_after_the_release_the_operator_hears_and_writes_nothing() -> None:
    async def story() -> None:
        world = await taken_over(room())
        await world.enter("ana")
        await world.connect("olga", roles=ROLES)
        await world.say("olga", {"action": "open", "conversation_id": ROOM})
        await world.app.operators.release(asks(OLGA), ROOM)
        before = len(world.heard("olga"))

        await world.say("ana", send("in private", after_seq=2))
        refused = await world.say("olga", send("still here?", client_id="o", after_seq=2))

        assert error_of(refused) == "not_found"
        assert [each["type"] for each in world.heard("olga")[before:]] == ["error"]

    asyncio.run(story())


def test_who_has_the_role_and_not_the_conversation_opens_nothing() -> None:
    async def story() -> None:
        world = await taken_over(room())
        await world.connect("pat", roles=ROLES)
        lapsed = await world.connect("olga")

        other = await world.say("pat", {"action": "open", "conversation_id": ROOM})
        without_role = await world.say(lapsed, {"action": "open", "conversation_id": ROOM})

        assert error_of(other) == "not_found"
        assert error_of(without_role) == "not_found"

    asyncio.run(story())


def test_a_conversation_ends_with_its_duration_and_its_runs() -> None:
    async def story() -> None:
        world = room()
        world.log.append(message(addressed=[DEMO.id]))
        streaming(world)
        world.clock.time_ms = START_MS + 61_500

        seen = await world.app.operators.end(asks(user("ana")), ROOM)
        await world.runs.settle(job(1), "receipt")

        (ended,) = world.log[1:]
        assert ended.kind is Kind.ENDED
        assert ended.body["duration_seconds"] == 61
        assert [each["run_id"] for each in ended.body["stopped_runs"]] == ["r1"]  # type: ignore[attr-defined]
        assert seen["ended_at"] == "2027-01-15T08:01:01.500Z"
        assert outcome_of(1, DEMO.id, world.log) == ended

    asyncio.run(story())


@fault(6)
def test_after_the_end_nothing_is_sent_but_what_was_stored_is_acknowledged() -> None:
    async def story() -> None:
        world = room()
        await world.enter("ben")
        (stored,) = await world.say("ben", send())
        await world.app.operators.end(asks(user("ana")), ROOM)
        await world.app.operators.end(asks(user("ana")), ROOM)

        (again,) = await world.say("ben", send())
        refused = await world.say("ben", send(client_id="c2", after_seq=2))

        assert again["event"] == stored["event"]
        assert error_of(refused) == "conversation_ended"
        assert [each.kind for each in world.log] == [Kind.MESSAGE, Kind.ENDED]

    asyncio.run(story())


def test_members_do_not_end_what_is_not_theirs() -> None:
    async def story() -> None:
        world = room()

        refused = await refusal(world.app.operators.end(asks(user("ben")), ROOM))
        stranger = await refusal(world.app.operators.end(asks(OLGA), ROOM))
        await taken_over(world)
        await world.app.operators.end(asks(OLGA), ROOM)

        assert refused.code is ErrorCode.NOT_ALLOWED
        assert stranger.code is ErrorCode.NOT_FOUND
        assert [each.kind for each in world.log] == [Kind.TAKEN_OVER, Kind.ENDED]
        assert world.log[1].sender.type.value == "operator"

    asyncio.run(story())


@fault(34)
def test_a_takeover_that_is_overtaken_by_an_answer_does_not_stop_it_again() -> None:
    async def story() -> None:
        world = room()
        await world.enter("ana")
        await world.say("ana", send())
        world.clock.time_ms += 10_000
        first = True

        class Late(type(world.app.operators.rooms.log)):  # type: ignore[misc]
            """The answer is stored between the plan of the takeover and its put."""

            async def commit(self, conversation_id: Any, event: Any, changes: Any) -> Any:
                nonlocal first
                if event.kind is Kind.TAKEN_OVER and first:
                    first = False
                    await world.runs.settle(job(1), "receipt")
                return await super().commit(conversation_id, event, changes)

        changing = world.app.operators.rooms.changing
        object.__setattr__(changing, "log", Late(world.store))
        await taken_over(world)

        assert [each.kind for each in world.log] == [Kind.MESSAGE, Kind.MESSAGE, Kind.TAKEN_OVER]
        assert world.log[2].body["stopped_runs"] == []
        assert world.store.conversations[ROOM].answered(DEMO.id) == 3

    asyncio.run(story())


def test_the_texts_of_stopped_runs_fit_an_item() -> None:
    async def story() -> None:
        world = room()
        world.log.append(message(addressed=[DEMO.id]))
        streaming(world, text="😀" * 90_000)

        await taken_over(world)

        (stopped,) = world.log[1].body["stopped_runs"]  # type: ignore[misc]
        assert 240_000 < len(stopped["text"].encode()) <= 250_000

    asyncio.run(story())
