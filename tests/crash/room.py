"""People in one conversation, the pollers that serve it, and its history."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.crash.backend import Backend
from tests.crash.callers import Person, Queue, Stream
from tests.crash.cloud import Call, Mode, Trap, Watch
from tests.crash.invariants import History, still_owed, violations
from tests.simulation.invariants import Shown, on_the_wire
from wireside.adapters.dynamodb import conversations, keys, log, members, runs
from wireside.domain.events import ConversationId

type Json = dict[str, Any]

_rooms = count(1)


@dataclass(slots=True)
class Room:
    """One conversation. ``people`` are its founders, by their first names; one owns it."""

    backend: Backend
    people: dict[str, Person]
    id: str
    queue: Queue
    dead_letters: Queue
    stream: Stream
    has_assistants: bool
    is_over: bool = False
    founders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.founders = frozenset(each.name for each in self.people.values())

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def items(self) -> list[Json]:
        """Return all that is in the conversation's partition."""
        pages = self.backend.client("dynamodb").get_paginator("query")
        partition = {":p": {"S": keys.conversation_partition(ConversationId(self.id))}}
        found = pages.paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues=partition,
            ConsistentRead=True,
        )
        return [each for page in found for each in page["Items"]]

    @property
    def table(self) -> str:
        """Return the table's name."""
        return self.backend.machines.environment["WIRESIDE_TABLE_NAME"]

    def settle(self) -> None:
        """Let the pollers do what is left, and people what clients do all the time."""
        if self.has_assistants:
            self.queue.drain()
        history = self.history()
        if next(still_owed(history.log), None):
            self.stream.follow(self.events())
            self.queue.drain()
            history = self.history()
        for person in self.people.values():
            if person.name in history.members:
                person.come_back(self.id)
                person.catch_up(self.id, len(history.log))

    def dies(self, function: str, call: Call, mode: Mode, doing: Callable[[], object]) -> None:
        """Let a function die at a call, in what happens before a scenario."""
        trap = Trap(call, mode)
        with self.backend.watching(Watch(function, trap)):
            doing()
        assert trap.has_sprung, call

    def answers_of(self, seq: int) -> list[Shown]:
        """Return what assistants said to an event, or that they failed."""
        return [each for each in self.history().log if each["body"].get("trigger_seq") == seq]

    def later(self, seq: int, kind: str) -> list[Shown]:
        """Return the events of one kind above a seq."""
        return [each for each in self.history().log[seq:] if each["kind"] == kind]

    def events(self) -> list[Json]:
        """Return the log's items."""
        return _beneath(self.items(), keys.EVENT_PREFIX)

    def people_hold_the_log(self) -> bool:
        """Whether everybody's view is the whole log already, without having to ask."""
        return {each.held(self.id) for each in self.people.values()} == {len(self.events())}

    def violations(self) -> Iterator[str]:
        """Yield what does not hold of the conversation's history."""
        yield from violations(self.history())

    def history(self) -> History:
        """Return what happened."""
        items = self.items()
        return History(
            conversation=next(
                conversations.from_item(each) for each in items if each["sk"]["S"] == "META"
            ),
            log=on_the_wire(map(log.from_item, _beneath(items, keys.EVENT_PREFIX))),
            members=frozenset(
                each.user_id
                for each in members.roster_from_items(_beneath(items, keys.MEMBER_PREFIX)).members
            ),
            runs=[runs.from_item(each) for each in _beneath(items, "R#")],
            counted=sum(int(each["tokens"]["N"]) for each in _beneath(items, "Q#")),
            founders=self.founders,
            acknowledged=[
                told for each in self.people.values() for told in each.acknowledged_in(self.id)
            ],
            views={each.name: each.view.get(self.id, {}) for each in self.people.values()},
        )


def _beneath(items: list[Json], prefix: str) -> list[Json]:
    return [each for each in items if each["sk"]["S"].startswith(prefix)]


def enter(backend: Backend, names: Sequence[str], policy: str) -> Room:
    """Return a new conversation of new people, each with a connection that has it open.

    The first of them owns it.
    """
    backend.ahead_ms = 0
    number = next(_rooms)
    people = {name: Person(backend, f"{name}-{number}") for name in names}
    for person in people.values():
        person.connect()
    owner, *others = people.values()
    body = {"members": [each.name for each in others], "reply_policy": policy}
    _, created = owner.request("POST", "/v1/conversations", body)
    for person in people.values():
        person.open(created["id"])
    queue = Queue(backend, "ReplyFunction", "WIRESIDE_REPLY_QUEUE_URL")
    dead_letters = Queue(backend, "DeadLetterFunction", "WIRESIDE_DEAD_LETTER_QUEUE_URL")
    for each in (queue, dead_letters):
        each.forget()
    return Room(
        backend,
        people,
        created["id"],
        queue,
        dead_letters,
        Stream(backend),
        has_assistants=policy != "off",
    )
