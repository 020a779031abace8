"""Whatever happened before: nothing of who is forgotten stays, nothing of others' goes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import World, send, user
from tests.property.test_sweep_crashes import Death, Died, until_nobody_dies
from tests.unit.test_conversations import by, new
from wireside.domain.conversation import Role
from wireside.domain.errors import Refused
from wireside.domain.events import ConversationId, Event, Kind
from wireside.domain.forgetting import without
from wireside.services.deeds import Patch, Request
from wireside.services.sweeping import MINUTE_MS

ANA = user("ana").id
OPERATOR = frozenset({Role.USER, Role.OPERATOR})
WRITES = ("send", "edit", "delete", "react")
DEEDS = ("leave", "add", "title", "share", "invite", "ticket", "take over", "release", "end")
PEOPLE = ("ana", "ben", "cy")

step = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(WRITES * 2 + DEEDS), st.integers(0, 1))


@dataclass(slots=True)
class History:
    """What people do in two conversations; what they may not is refused, and that is all."""

    world: World
    rooms: list[ConversationId] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    async def begin(self) -> None:
        """Create a conversation of Ana's and one of Ben's; everybody is connected."""
        for owner, *others in (PEOPLE, ("ben", "ana")):
            view = await self.world.app.conversations.create(
                by(owner), new(*others, title=f"secret of {owner}")
            )
            self.rooms.append(ConversationId(view["id"]))
        for name in PEOPLE:
            await self.world.connect(name, roles=OPERATOR)

    async def go_on(self, name: str, deed: str, place: int) -> None:
        """Let somebody do something in one of them."""
        room = self.rooms[place]
        if deed in WRITES:
            await self._write(name, deed, room)
            return
        try:
            await self._do(Request(user(name, roles=OPERATOR), None), deed, room)
        except Refused:
            return

    async def _write(self, name: str, action: str, room: ConversationId) -> None:
        log = self.world.store.log(room)
        about = {"conversation_id": room, "after_seq": len(log), "action": action}
        frame = about | {"client_id": f"c{next(self.numbers)}"}
        own = [each.seq for each in log if each.kind is Kind.MESSAGE and each.sender.id == name]
        if action in {"send", "edit"}:
            frame["text"] = f"secret of {name}"
        if action != "send":
            frame["target_seq"] = own[-1] if own else 1
        if action == "react":
            frame |= {"emoji": "+1", "on": True}
        await self.world.say(name, frame if action != "send" else send() | frame)

    async def _do(self, request: Request, deed: str, room: ConversationId) -> None:
        app, name = self.world.app, request.user.id
        match deed:
            case "leave":
                await app.conversations.remove(request, room, name)
            case "add":
                for each in PEOPLE:
                    await app.conversations.add(request, room, each, each.title())
            case "title":
                await app.conversations.patch(request, room, Patch(title=f"secret of {name}"))
            case "share":
                await app.sharing.share(request, room)
            case "invite":
                await app.invitations.invite(request, room)
            case "ticket":
                await app.box_office.sell(request.user)
            case "take over":
                await app.operators.take_over(request, room)
            case "release":
                await app.operators.release(request, room)
            case _:
                await app.operators.end(request, room)

    async def forget(self) -> None:
        """Have Ana forgotten."""
        await self.world.app.wishes.take(by())
        await self.minutes()

    async def minutes(self) -> None:
        """Let it be minute after minute, until nobody is to be forgotten any more."""
        for _ in range(12):
            await self.world.sweeping.sweep()
            self.world.clock.time_ms += MINUTE_MS + 1

    def logs(self) -> list[tuple[Event, ...]]:
        """Return the logs as they are."""
        return [tuple(self.world.store.log(each)) for each in self.rooms]

    def check(self, before: Sequence[Sequence[Event]]) -> None:
        """Compare with the logs from before."""
        store = self.world.store
        assert store.orders[ANA].done_at_ms is not None, self.world.journal.notes
        assert "secret of ana" not in repr(store)
        assert "'Ana'" not in repr(store)
        assert ANA not in {user_id for _, user_id in (*store.members, *store.traces)}
        for room, log, known in zip(self.rooms, self.logs(), before, strict=True):
            others = [each for each in store.members if each[0] == room]
            assert store.conversations[room].deleted is not bool(others)
            if others:
                assert [each.seq for each in log] == [*range(1, len(log) + 1)]
                assert log[: len(known)] == tuple(without(each, ANA) for each in known)
                added = {each.kind for each in log[len(known) :]}
                assert added <= {Kind.LEFT, Kind.RELEASED}


@given(steps=st.lists(step, max_size=30))
def test_after_any_history_nothing_of_theirs_is_left_and_all_of_others(
    steps: list[tuple[str, str, int]],
) -> None:
    async def story() -> None:
        history = History(World())
        await history.begin()
        for each in steps:
            await history.go_on(*each)
        before = history.logs()

        await history.forget()

        history.check(before)

    asyncio.run(story())


@pytest.mark.parametrize("minute", [0, 1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_sweep_that_dies_anywhere_in_it_is_made_good_by_those_after_it(
    *, after: bool, minute: int
) -> None:
    async def story(at_call: int) -> bool:
        death = Death()
        history = History(World(around=death.around))
        await history.begin()
        for deed in ("send", "edit", "title", "share", "invite"):
            await history.go_on("ana", deed, 0)
        for each in (("ben", "send", 0), ("ana", "send", 1), ("ana", "leave", 1)):
            await history.go_on(*each)
        before = history.logs()
        await history.world.app.wishes.take(by())
        for _ in range(minute):
            await history.world.sweeping.sweep()
            history.world.clock.time_ms += MINUTE_MS + 1
        death.calls, death.at_call, death.after = 0, at_call, after
        try:
            await history.world.sweeping.sweep()
        except Died:
            has_died = True
        else:
            has_died = False
        death.at_call = 0

        await history.minutes()

        history.check(before)
        return has_died

    died = until_nobody_dies(story)

    assert died > 5
