"""The append, through all interleavings of small histories with crashes and lost answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults import fault
from tests.property.explorer import Actor, Fate, Stepped, histories
from tests.property.tally import searched
from wireside.adapters.memory.conversations import MemoryConversations
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.store import MemoryStore
from wireside.adapters.memory.wire import ManualClock
from wireside.domain.changes import RemoveMember
from wireside.domain.conversation import Access, Conversation, Member, MemberRole, Role, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import (
    ClientId,
    ConversationId,
    Draft,
    Event,
    Kind,
    UserId,
)
from wireside.services.log import (
    Appended,
    PersonAppend,
    PersonWrite,
    Plan,
    nothing_to_meet,
    walk,
)

ROOM = ConversationId("room")


def person(name: str) -> User:
    return User(UserId(name), name.title(), frozenset({Role.USER}), 2**31)


@dataclass(slots=True)
class World:
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=ManualClock)
    append: type[PersonAppend] = PersonAppend

    def __post_init__(self) -> None:
        self.store.conversations[ROOM] = Conversation(ROOM, 0, "demo", member_count=2)
        for name in ("ana", "ben"):
            member = Member(UserId(name), name, MemberRole.MEMBER, 0)
            self.store.members[ROOM, UserId(name)] = member

    @property
    def log(self) -> Sequence[Event]:
        return self.store.log(ROOM)

    def sender(self, name: str, client_id: str, *, after_seq: int = 0) -> Actor:
        """Return somebody who sends until they are told that it is stored, or refused."""
        user = person(name)
        asked = Draft(Kind.MESSAGE, user.participant, {"text": client_id}, ClientId(client_id))
        log: Any = Stepped(MemoryLog(self.store))
        conversations: Any = Stepped(MemoryConversations(self.store))

        async def permit(_access: Access) -> None:
            return

        async def decide(_access: Access, _seq: int) -> Plan:
            return Plan(asked)

        async def attempt() -> Appended | ErrorCode:
            after = await log.read(ROOM, after_seq) if after_seq else None
            write = PersonWrite(ROOM, user, ClientId(client_id), after, asked, permit, decide)
            try:
                return await self.append(log, conversations, self.clock, write).run()
            except Refused as refused:
                return refused.code

        return Actor(f"{name}/{client_id}", attempt)

    def remover(self, name: str) -> Actor:
        """Return the service, removing a member."""
        stepped: Any = Stepped(MemoryLog(self.store))
        draft = Draft(Kind.REMOVED, person("ana").participant, {"user": {"id": name}})

        async def prepare(_previous: Event | None) -> Plan:
            return Plan(draft, (RemoveMember(UserId(name)),))

        async def attempt() -> object:
            newest = await stepped.before(ROOM, None, limit=1)
            return await walk(
                stepped,
                self.clock,
                ROOM,
                start=newest[-1] if newest else None,
                prepare=prepare,
                meet=nothing_to_meet,
            )

        return Actor(f"remove {name}", attempt)


type Cast = Callable[[World], Sequence[Actor]]


def violations(world: World, actors: Sequence[Actor]) -> list[str]:
    """Return how a history breaks the invariants I1, I2, I5 of the fault list."""
    found = []
    log = world.log
    if [event.seq for event in log] != list(range(1, len(log) + 1)):
        found.append("seq has a gap")
    if [event.n for event in log][-1:] != [sum(each.kind is Kind.MESSAGE for each in log)]:
        found.append("n is not the number of messages")
    written = [(event.sender.id, event.client_id) for event in log if event.client_id]
    if len(set(written)) != len(written):
        found.append("a message is stored twice")
    for actor in actors:
        if isinstance(actor.answer, Appended) and actor.answer.event not in log:
            found.append(f"{actor.name} was acknowledged without being stored")
    removed = next((each.seq for each in log if each.kind is Kind.REMOVED), None)
    if removed and any(each.seq > removed and each.sender.id == "ben" for each in log):
        found.append("a removed person wrote")
    return found


def explore(cast: Cast, *, faults: int, append: type[PersonAppend] = PersonAppend) -> set[str]:
    """Return all violations in all histories, and print how many there were."""

    def setup() -> tuple[World, Sequence[Actor]]:
        world = World(append=append)
        return world, cast(world)

    found: set[str] = set()
    count = 0
    for world, actors in histories(setup, faults=faults):
        count += 1
        found.update(violations(world, actors))
    searched("append", "histories", count)
    assert count > 1
    return found


CASTS: dict[str, tuple[Cast, int]] = {
    "two people send at once": (
        lambda world: [world.sender("ana", "a"), world.sender("ben", "b")],
        2,
    ),
    "a send races its own retry and another's": (
        lambda world: [
            world.sender("ana", "a"),
            world.sender("ana", "a"),
            world.sender("ben", "b"),
        ],
        0,
    ),
    "two tabs send the same message": (
        lambda world: [world.sender("ana", "a"), world.sender("ana", "a")],
        2,
    ),
    "a person who is being removed sends": (
        lambda world: [world.sender("ben", "b"), world.remover("ben")],
        1,
    ),
    "a person who is being removed sends while another does": (
        lambda world: [
            world.sender("ben", "b"),
            world.remover("ben"),
            world.sender("ana", "a"),
        ],
        0,
    ),
}


@fault(1, 2, 3, 6, 7)
@pytest.mark.parametrize("name", CASTS)
def test_no_history_loses_doubles_or_falsely_acknowledges(name: str, more_faults: int) -> None:
    cast, faults = CASTS[name]

    found = explore(cast, faults=faults + more_faults)

    assert found == set()


@pytest.mark.soak
@pytest.mark.parametrize("people", [3, 4])
def test_no_history_of_a_crowd_does_either(people: int) -> None:
    def crowd(world: World) -> Sequence[Actor]:
        return [world.sender("ana", f"a{index}") for index in range(people)]

    found = explore(crowd, faults=0)

    assert found == set()


class WithoutDedup(PersonAppend):
    """Walks past its own event."""

    def _is_this(self, _event: Event) -> bool:
        return False


class WithoutSecondLook(PersonAppend):
    """Walks past a removal without reading the member again."""

    async def _meet(self, events: Sequence[Event]) -> Event | None:
        return next((event for event in events if self._is_this(event)), None)


class MembershipFirst(PersonAppend):
    """Reads the member before the anchor: a removal in between is never seen."""

    async def run(self) -> Appended:
        self._access = await self._admitted()
        newest = await self._log.before(ROOM, None, limit=1)
        anchor = newest[-1] if newest else None
        stored = await walk(
            self._log, self._clock, ROOM, start=anchor, prepare=self._prepare, meet=self._meet
        )
        assert isinstance(stored, Event)
        return Appended(stored, self._access)


@pytest.mark.parametrize(
    ("broken", "name", "violation"),
    [
        (WithoutDedup, "two tabs send the same message", "a message is stored twice"),
        (WithoutSecondLook, "a person who is being removed sends", "a removed person wrote"),
        (MembershipFirst, "a person who is being removed sends", "a removed person wrote"),
    ],
)
def test_the_search_finds_a_rule_that_is_switched_off(
    broken: type[PersonAppend], name: str, violation: str
) -> None:
    cast, faults = CASTS[name]

    found = explore(cast, faults=faults, append=broken)

    assert violation in found


@fault(2)
def test_a_crash_after_the_put_is_answered_by_the_retry_with_the_same_seq() -> None:
    world = World()
    actor = world.sender("ana", "a")
    actor.begin()

    actor.step(Fate.WELL)
    actor.step(Fate.CRASH_AFTER)
    actor.step(Fate.WELL)
    actor.step(Fate.WELL)

    assert actor.done
    assert actor.answer.event.seq == 1
    assert len(world.log) == 1


@fault(9)
def test_a_write_under_a_used_client_id_with_other_content_is_refused() -> None:
    world = World()
    first, second = world.sender("ana", "a"), world.sender("ana", "a")
    user = person("ana")
    other = Draft(Kind.MESSAGE, user.participant, {"text": "other"}, ClientId("a"))

    async def permit(_access: Access) -> None:
        return

    async def decide(_access: Access, _seq: int) -> Plan:
        return Plan(other)

    async def attempt() -> ErrorCode:
        log: Any = Stepped(MemoryLog(world.store))
        conversations: Any = Stepped(MemoryConversations(world.store))
        write = PersonWrite(ROOM, user, ClientId("a"), None, other, permit, decide)
        with pytest.raises(Refused) as refused:
            await PersonAppend(log, conversations, world.clock, write).run()
        return refused.value.code

    run_alone(first)
    run_alone(second)
    reuse = Actor("reuse", attempt)
    run_alone(reuse)

    assert reuse.answer is ErrorCode.CLIENT_ID_REUSED
    assert [event.text for event in world.log] == ["a"]


def run_alone(actor: Actor) -> None:
    """Let an actor finish without disturbance."""
    actor.begin()
    while not actor.done:
        actor.step(Fate.WELL)
