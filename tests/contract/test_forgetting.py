"""What every store promises about forgetting people."""

from dataclasses import replace

from tests.builders import DEMO, ROOM, conversation, member, message, user
from tests.contract.stores import ANA, BEN, Stores, commits, make_room, run, state
from tests.contract.test_ledger import begun, reservation, reserve
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import NoteEdit, Occupy, RememberRequest, RemoveMember, Stale
from wireside.domain.conversation import MemberRole
from wireside.domain.events import (
    ConversationId,
    Draft,
    Event,
    Kind,
    Participant,
    SenderType,
    place,
)
from wireside.domain.forgetting import NOBODY, Order, Titled, Trace, without
from wireside.domain.invites import Invite
from wireside.domain.links import SharedLink
from wireside.domain.tickets import Ticket
from wireside.ports import Reserved

ORDER = Order(ANA, START_MS, key="k")
LATER = START_MS + 60_000
DAY = START_MS // 86_400_000


async def begin(stores: Stores) -> Event:
    """Put a first message into the room's log."""
    first = message()
    await stores.log.commit(ROOM, first, [])
    return first


def test_there_is_one_order_about_a_person_until_it_is_carried_out(stores: Stores) -> None:
    async def story() -> None:
        orders = stores.orders
        second = Order(ANA, LATER, by="arn", key="other")

        given = [await orders.give(each) for each in (ORDER, second, Order(BEN, START_MS - 1))]
        waiting = await orders.under_way(limit=9)
        first = await orders.under_way(limit=1)
        settled = [
            await orders.settle(ORDER, before_ms=START_MS, now_ms=LATER + at) for at in (0, 5)
        ]

        assert given == [ORDER, ORDER, Order(BEN, START_MS - 1)]
        assert waiting == (Order(BEN, START_MS - 1), ORDER)
        assert first == waiting[:1]
        assert settled == [True, False]
        assert await orders.under_way(limit=9) == (Order(BEN, START_MS - 1),)

    run(story())


def test_an_order_that_is_carried_out_holds_for_the_request_that_gave_it(stores: Stores) -> None:
    async def story() -> None:
        orders = stores.orders
        await orders.give(ORDER)
        await orders.settle(ORDER, before_ms=START_MS, now_ms=LATER)
        again = Order(ANA, LATER + 1, key="another")

        repeated = await orders.give(replace(ORDER, asked_at_ms=LATER))
        anew = await orders.give(again)

        assert repeated == replace(ORDER, done_at_ms=LATER)
        assert anew == again
        assert await orders.under_way(limit=9) == (again,)
        assert not await orders.settle(ORDER, before_ms=LATER, now_ms=LATER)
        await orders.settle(again, before_ms=LATER, now_ms=LATER + 2)
        unnamed = Order(ANA, LATER + 3)
        assert await orders.give(unnamed) == unnamed

    run(story())


def test_an_order_is_not_done_where_something_was_found_just_now(stores: Stores) -> None:
    async def story() -> None:
        orders = stores.orders
        await orders.postpone(ORDER, now_ms=START_MS)
        await orders.give(ORDER)
        await orders.postpone(ORDER, now_ms=START_MS + 1)

        settled = [
            await orders.settle(ORDER, before_ms=START_MS + at, now_ms=LATER) for at in (0, 1)
        ]

        assert settled == [False, True]
        assert await orders.under_way(limit=9) == ()
        assert not await orders.settle(Order(BEN, START_MS), before_ms=LATER, now_ms=LATER)

    run(story())


def test_an_order_of_which_a_part_is_carried_out_waits_behind_those_of_then(
    stores: Stores,
) -> None:
    async def story() -> None:
        orders, of_ben = stores.orders, Order(BEN, START_MS + 1)
        for each in (ORDER, of_ben):
            await orders.give(each)

        await orders.queue_up(ORDER, now_ms=START_MS + 2)
        one_part_done = await orders.under_way(limit=9)
        await orders.postpone(of_ben, now_ms=START_MS + 3)
        of_each = await orders.under_way(limit=9)
        settled = await orders.settle(ORDER, before_ms=START_MS, now_ms=LATER)
        await orders.queue_up(ORDER, now_ms=LATER)

        assert one_part_done == (of_ben, ORDER)
        assert of_each == (ORDER, of_ben)
        assert settled
        assert await orders.under_way(limit=9) == (of_ben,)

    run(story())


def test_whoever_leaves_is_removed_or_takes_over_leaves_a_trace(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        other = ConversationId("other")
        await stores.conversations.create(conversation(id=other), [member("ana")], None)
        olga = Participant("olga", "Olga", SenderType.OPERATOR)

        first, _ = await commits(stores, await begin(stores), RemoveMember(ANA, owned=True))
        second, _ = await commits(stores, first, RemoveMember(BEN, bars=True))
        await commits(stores, second, Occupy(olga))
        await stores.log.commit(other, message(), [RemoveMember(ANA)])

        seen = await stores.traces.of_user(ANA, limit=9)
        assert {each.conversation_id: each.owned for each in seen} == {ROOM: True, other: False}
        assert {each.left_at_ms for each in seen} == {first.at_ms, START_MS}
        assert len(await stores.traces.of_user(ANA, limit=1)) == 1
        for name in ("ben", "olga"):
            (trace,) = await stores.traces.of_user(user(name).id, limit=9)
            assert trace == Trace(user(name).id, ROOM, second.at_ms)
        assert (await stores.conversations.of_user(ANA, limit=9, cursor=None))[0] == ()

    run(story())


def test_a_trace_remembers_how_far_it_is_and_ends_unless_they_were_back(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await commits(stores, await begin(stores), RemoveMember(ANA, owned=True))
        (trace,) = await stores.traces.of_user(ANA, limit=9)
        far = replace(trace, through_seq=7, titled=Titled.BY_THEM)

        await stores.traces.advance(far)
        advanced = await stores.traces.of_user(ANA, limit=9)
        await stores.traces.end(replace(trace, left_at_ms=trace.left_at_ms - 1))
        kept = await stores.traces.of_user(ANA, limit=9)
        await stores.traces.end(far)
        await stores.traces.end(far)
        await stores.traces.advance(far)

        assert advanced == kept == (far,)
        assert await stores.traces.of_user(ANA, limit=9) == ()

    run(story())


def test_what_was_remembered_in_the_conversation_ends_with_the_trace(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        requests = [RememberRequest(each, "key", "f", {}) for each in (ANA, BEN)]
        await commits(stores, await begin(stores), *requests, RemoveMember(ANA))
        await stores.provider_memory.keep(ROOM, DEMO.id, "thread")
        (trace,) = await stores.traces.of_user(ANA, limit=9)

        await stores.traces.end(trace)

        assert await stores.conversations.remembered(ANA, "key", ROOM) is None
        assert await stores.conversations.remembered(BEN, "key", ROOM) is not None
        assert await stores.provider_memory.read(ROOM, DEMO.id) is None

    run(story())


def test_an_event_is_rewritten_where_it_is(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message(text="secret", client_id="c1", addressed=[DEMO.id])
        await stores.log.commit(ROOM, first, [])
        edit = {"target_seq": 1, "text": "secret too"}
        edited = place(Draft(Kind.EDITED, user().participant, edit), first, now_ms=START_MS)
        await stores.log.commit(ROOM, edited, [NoteEdit(1)])
        stored = await stores.log.after(ROOM, 0, limit=9)

        for each in (*stored, replace(edited, seq=3)):
            await stores.traces.rewrite(ROOM, without(each, ANA))

        seen = await stores.log.after(ROOM, 0, limit=9)
        assert seen == tuple(without(each, ANA) for each in stored)
        assert [each.sender.name for each in seen] == [NOBODY] * 2
        assert seen[0].body == {"text": "", "deleted": True, "addressed": [DEMO.id]}
        assert (seen[0].client_id, seen[0].edits) == ("c1", {2})
        _, outcome = await commits(stores, seen[1], NoteEdit(1))
        assert outcome == Stale()

    run(story())


def test_another_epoch_comes_with_the_title_as_it_was_read(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, title="T", title_seq=1)
        before = await state(stores)

        kept = await stores.traces.renew(before, untitled=False)
        late = await stores.traces.renew(before, untitled=True)
        assert kept is not None
        gone = await stores.traces.renew(kept, untitled=True)
        renamed = await stores.traces.renew(replace(kept, epoch="3"), untitled=False)

        assert (kept.epoch, kept.title, kept.title_seq) == ("2", "T", 1)
        assert (late, renamed) == (None, None)
        assert gone is not None
        assert (gone.epoch, gone.title, gone.title_seq) == ("3", None, None)
        assert await state(stores) == gone
        await stores.housekeeping.mark_deleted(ROOM, None, now_ms=START_MS)
        assert await stores.traces.renew(gone, untitled=False) is None

    run(story())


def test_a_link_shows_no_title_any_more(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        link = SharedLink("id", ROOM, 3, START_MS, veil="v", by=BEN, title="T")
        await stores.links.put(link, None, former=None)

        for each in ("id", "other"):
            await stores.traces.untitle(each)

        assert await stores.links.read("id") == replace(link, title=None)
        assert await stores.links.read("other") is None

    run(story())


def test_what_stands_beneath_a_person_goes_but_for_what_they_used_up_today(
    stores: Stores,
) -> None:
    async def story() -> None:
        await make_room(stores)
        until = LATER // 1_000
        for name in ("ana", "ben"):
            await stores.tickets.keep(Ticket(f"ticket of {name}", user(name), until))
            invite = Invite(f"invite of {name}", ROOM, until, user(name).id)
            await stores.invites.keep(invite, None, now_ms=START_MS)
            done = RememberRequest(user(name).id, "key", "f", {"id": "x"})
            made = conversation(id=ConversationId(f"of {name}"))
            await stores.conversations.create(made, [], done)
        for index, day in enumerate((DAY - 1, DAY), 1):
            await uses_up(stores, index, day)

        await stores.traces.clear(ANA, now_ms=START_MS)

        assert await stores.tickets.read("ticket of ana") is None
        assert await stores.tickets.read("ticket of ben") is not None
        assert await stores.invites.read("invite of ana") is None
        assert await stores.invites.read("invite of ben") is not None
        assert await stores.conversations.remembered(ANA, "key", None) is None
        assert await stores.conversations.remembered(BEN, "key", None) is not None
        assert await uses_up(stores, 3, DAY - 1) is Reserved.HELD
        assert await uses_up(stores, 4, DAY) is Reserved.USER_USED_UP

    run(story())


async def uses_up(stores: Stores, run_seq: int, day: int) -> Reserved:
    """Reserve all that Ana may use in a day."""
    all_of_it = reservation(100, day=day, in_conversation=False)
    answer, _ = await reserve(stores, await begun(stores, run_seq), all_of_it)
    return answer


def test_whoever_is_in_what_is_deleted_has_it_no_more_in_their_list(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)

        await stores.traces.unlist(ROOM, ANA)
        await stores.traces.unlist(ROOM, ANA)

        assert (await stores.conversations.of_user(ANA, limit=9, cursor=None))[0] == ()
        roster = await stores.conversations.roster(ROOM)
        assert [each.user_id for each in roster.members] == [BEN]
        assert roster.members[0].role is MemberRole.MEMBER

    run(story())
