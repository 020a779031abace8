"""Changes that silence assistants, and where a run stands, alike in every store."""

from dataclasses import replace

from tests.builders import DEMO, ROOM, SECOND, conversation, message, user
from tests.contract.stores import ANA, Stores, commits, make_room, run, state
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import End, HoldRun, Occupy, SettleRun, Silence, Stale, Stored, Vacate
from wireside.domain.events import ConnectionId, Participant, RunId, SenderType
from wireside.domain.runs import Run, RunState, Standing
from wireside.ports import Connection

OLGA = Participant("olga", "Olga", SenderType.OPERATOR)


@fault(34, 42)
def test_a_takeover_silences_everything_before_it_and_only_one_has_it(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, answered_through={DEMO.id: 1})
        first = message()
        await stores.log.commit(ROOM, first, [])
        silence = Silence(frozenset({DEMO.id, SECOND.id}), operator_epoch=0)

        taken, outcome = await commits(stores, first, Occupy(OLGA), silence)
        held = await state(stores)
        again = Silence(frozenset({DEMO.id, SECOND.id}), operator_epoch=1)
        pat = Participant("pat", "Pat", SenderType.OPERATOR)
        _, second = await commits(stores, taken, Occupy(pat), again)

        assert (outcome, second) == (Stored(), Stale())
        assert (held.operator, held.operator_assisted, held.operator_epoch) == (OLGA, True, 1)
        assert held.answered_through == {DEMO.id: 2, SECOND.id: 2}
        assert held.silenced_through == 2
        assert (await stores.conversations.roster(ROOM)).operator_id == "olga"

    run(story())


def test_a_silence_that_knows_an_older_epoch_stores_nothing(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, operator_epoch=3)

        outcome = await stores.log.commit(ROOM, message(), [Silence(frozenset({DEMO.id}), 2)])

        assert outcome == Stale()
        assert (await state(stores)).answered_through == {}

    run(story())


@fault(34)
def test_an_outcome_from_before_the_silence_stores_nothing(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        begun = Run(RunId("run"), DEMO.id, 1, RunState.PENDING, 1, 0)
        await stores.runs.claim(ROOM, begun, now_ms=1, found=None)
        first = message()
        await stores.log.commit(ROOM, first, [])
        taken, _ = await commits(stores, first, Occupy(OLGA), Silence(frozenset({DEMO.id}), 0))
        freed, _ = await commits(stores, taken, Vacate("olga"))

        _, outcome = await commits(stores, freed, SettleRun(DEMO.id, 1, 1, 1, 0, 0))

        assert outcome == Stale()

    run(story())


@fault(34)
def test_what_is_written_in_mid_run_needs_the_run_and_changes_nothing(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)
        own = HoldRun(DEMO.id, begun.first_seq, begun.fence, 2, 4)

        outcomes = [
            await stores.log.commit(ROOM, message(), [replace(own, fence=2)]),
            await stores.log.commit(ROOM, message(), [replace(own, answered_before=1)]),
            await stores.log.commit(ROOM, message(), [replace(own, operator_epoch=3)]),
            await stores.log.commit(ROOM, message(), [replace(own, first_seq=2)]),
            await stores.log.commit(ROOM, message(), [own]),
        ]

        assert outcomes == [Stale(), Stale(), Stale(), Stale(), Stored()]
        standing = await stores.runs.standing(ROOM, begun)
        assert standing is not None
        assert (standing.is_ended, standing.answered, standing.operator_epoch) == (False, 2, 4)

    run(story())


def test_only_who_holds_a_conversation_is_replaced_by_nobody(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, operator=OLGA)

        first = message()
        other = await stores.log.commit(ROOM, first, [Vacate("pat")])
        own = await stores.log.commit(ROOM, first, [Vacate("olga")])

        assert (other, own) == (Stale(), Stored())
        assert (await state(stores)).operator is None

    run(story())


def test_a_conversation_ends_once_and_is_not_taken_over_then(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()
        await stores.log.commit(ROOM, first, [])

        ended, outcome = await commits(stores, first, End(), Silence(frozenset(), 0))
        _, again = await commits(stores, ended, End())
        _, taken = await commits(stores, ended, Occupy(OLGA))

        assert (outcome, again, taken) == (Stored(), Stale(), Stale())
        assert (await state(stores)).ended_at_ms == ended.at_ms

    run(story())


async def streaming(stores: Stores) -> Run:
    await make_room(stores, operator_epoch=4, answered_through={DEMO.id: 2})
    begun = Run(RunId("run"), DEMO.id, 3, RunState.PENDING, 1, START_MS)
    assert await stores.runs.claim(ROOM, begun, now_ms=1, found=None)
    assert await stores.runs.freeze(ROOM, begun, 3)
    return begun


@fault(31)
def test_a_stop_is_seen_where_the_run_stands(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)
        before = await stores.runs.standing(ROOM, begun)

        await stores.runs.request_stop(ROOM, begun)
        await stores.conversations.stop_through(ROOM, 7)
        await stores.conversations.stop_through(ROOM, 5)

        assert before == Standing(1, False, False, 2, 4, 0)
        assert await stores.runs.standing(ROOM, begun) == Standing(1, False, True, 2, 4, 7)

    run(story())


@fault(31)
def test_a_stop_is_not_lost_when_another_worker_takes_the_run(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)
        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert found is not None
        await stores.runs.request_stop(ROOM, begun)

        heir = Run(begun.id, DEMO.id, 3, RunState.STREAMING, 2, START_MS + 15_000, 3)
        claimed = await stores.runs.claim(ROOM, heir, now_ms=START_MS, found=found)

        known = await stores.runs.read(ROOM, DEMO.id, 3)
        assert claimed
        assert known is not None
        assert (known.fence, known.stop_requested, known.through_seq) == (2, True, 3)

    run(story())


@fault(29)
def test_what_is_shown_first_is_noted_under_ones_own_fence(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)

        noted = await stores.runs.show(ROOM, begun, "first")
        zombie = await stores.runs.show(ROOM, Run(begun.id, DEMO.id, 3, begun.state, 0, 0), "old")

        known = await stores.runs.read(ROOM, DEMO.id, 3)
        assert (noted, zombie) == (True, False)
        assert known is not None
        assert known.shown == "first"

    run(story())


def test_another_run_of_the_same_place_is_not_stopped(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)

        other = Run(RunId("other"), DEMO.id, 3, RunState.PENDING, 1, 0)
        await stores.runs.request_stop(ROOM, other)
        missing = await stores.runs.standing(
            ROOM, Run(begun.id, SECOND.id, 3, RunState.ENDED, 1, 0)
        )

        standing = await stores.runs.standing(ROOM, begun)
        assert standing is not None
        assert not standing.stop_requested
        assert missing is None

    run(story())


def test_unfinished_runs_are_those_above_that_have_not_ended(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)

        above = await stores.runs.unfinished(ROOM, DEMO.id, above_seq=2)
        beneath = await stores.runs.unfinished(ROOM, DEMO.id, above_seq=3)
        settled = SettleRun(DEMO.id, 3, 1, 3, 2, 4)
        assert await stores.log.commit(ROOM, message(), [settled]) == Stored()
        ended = await stores.runs.unfinished(ROOM, DEMO.id, above_seq=2)

        assert [each.id for each in above] == [begun.id]
        assert (beneath, ended) == ((), ())

    run(story())


def test_a_runs_text_is_forgotten_with_all_its_attempts(stores: Stores) -> None:
    async def story() -> None:
        begun = await streaming(stores)
        await stores.runs.checkpoint(ROOM, begun, offset=0, text="so far", lease_until_ms=1)

        await stores.runs.forget_text(ROOM, RunId("ru"))
        kept = await stores.runs.text(ROOM, begun)
        await stores.runs.forget_text(ROOM, begun.id)

        assert (kept, await stores.runs.text(ROOM, begun)) == ("so far", "")

    run(story())


def test_the_operator_listens_without_being_a_member(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, operator=OLGA)
        line = Connection(ConnectionId("olga-1"), user("olga"), START_MS, greeted=True)
        stranger = Connection(ConnectionId("pat-1"), user("pat"), START_MS, greeted=True)
        for each in (line, stranger):
            await stores.connections.keep(each)

        first = await stores.connections.subscribe(line, ROOM, at_most=9, as_operator=True)
        other = await stores.connections.subscribe(stranger, ROOM, at_most=9, as_operator=True)
        hearing = (await stores.conversations.roster(ROOM)).listeners(now_seconds=0)
        event = message()
        await stores.log.commit(ROOM, event, [Vacate("olga")])
        after = (await stores.conversations.roster(ROOM)).listeners(now_seconds=0)

        assert (first, other) == ("subscribed", "no_member")
        assert [each.user_id for each in hearing] == ["olga"]
        assert after == ()

    run(story())


def test_what_is_kept_of_a_conversation_is_read_again(stores: Stores) -> None:
    async def story() -> None:
        kept = conversation(
            operator=OLGA,
            operator_assisted=True,
            silenced_through=3,
            stopped_through=4,
            title="t",
            title_seq=1,
            ended_at_ms=START_MS,
            member_count=2,
        )
        await make_room(
            stores,
            operator=OLGA,
            operator_assisted=True,
            silenced_through=3,
            stopped_through=4,
            title="t",
            title_seq=1,
            ended_at_ms=START_MS,
        )

        access = await stores.conversations.access(ROOM, ANA)

        assert access is not None
        assert access.conversation == kept

    run(story())
