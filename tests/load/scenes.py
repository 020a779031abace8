"""What people do under load, and what must be true afterwards."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from local.harness import Running
from tests.load.book import Book
from tests.load.client import Person
from wireside_client import Api

CONNECTING_AT_ONCE = 16
CREATING_AT_ONCE = 4
FULL_PAGE = 300
TEXT = "Good evening, everybody: is there still some of that soup?"

type Scene = Callable[[Sequence[Person]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Played:
    """A scene that was played, and what was found afterwards, in counts of messages."""

    name: str
    people: int
    book: Book
    lost: int
    twice: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is lost, nothing is there twice, and hardly anything was refused."""
        return not self.lost and not self.twice and len(self.book.errors) * 100 < self.sent

    @property
    def sent(self) -> int:
        """Return how many messages were sent."""
        return len(self.book.messages)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many rooms there are, and how many people in each."""

    rooms: int
    people: int


async def play(
    name: str, running: Running, crowd: Crowd, scene: Scene, *, on_ready: Callable[[], None]
) -> Played:
    """Fill rooms, let the scene happen, let everybody catch up, and look into every log."""
    book = Book()
    people = await _gathered(running, book, crowd)
    try:
        on_ready()
        await scene(people)
        await _all(CONNECTING_AT_ONCE, (person.check() for person in people))
        lost, twice = await _compared(running, book, people)
    finally:
        await _all(len(people), (person.leave() for person in people))
    return Played(name, len(people), book, lost, twice)


def steadily(messages: int, per_second: float) -> Scene:
    """Let one person after the other send, at a rate, whatever became of the sends before."""

    async def scene(people: Sequence[Person]) -> None:
        loop = asyncio.get_running_loop()
        started, sends = loop.time(), []
        # One of each room in turn: nobody has two unanswered writes.
        turns = itertools.islice(itertools.cycle(people), messages)
        for number, person in enumerate(turns):
            await asyncio.sleep(max(0, started + number / per_second - loop.time()))
            sends.append(asyncio.create_task(person.say(TEXT)))
        await asyncio.gather(*sends)

    return scene


def at_once(rounds: int) -> Scene:
    """Let everybody send at the same moment, several times."""

    async def scene(people: Sequence[Person]) -> None:
        for _ in range(rounds):
            await _all(len(people), (person.say(TEXT) for person in people))

    return scene


async def _gathered(running: Running, book: Book, crowd: Crowd) -> list[Person]:
    names = [[f"p{room}-{each}" for each in range(crowd.people)] for room in range(crowd.rooms)]
    ids = await _all(CREATING_AT_ONCE, (_create(running, members) for members in names))
    # Column by column: neighbours in the list are in different rooms.
    people = [
        Person(members[number], room, book)
        for number in range(crowd.people)
        for room, members in zip(ids, names, strict=True)
    ]
    await _all(CONNECTING_AT_ONCE, (person.enter(running) for person in people))
    return people


async def _all[T](at_once: int, works: Iterable[Awaitable[T]]) -> list[T]:
    """Do everything, so much of it at a time."""
    gate = asyncio.Semaphore(at_once)

    async def do(work: Awaitable[T]) -> T:
        async with gate:
            return await work

    return await asyncio.gather(*(do(work) for work in works))


async def _create(running: Running, members: Sequence[str]) -> str:
    """Create a conversation in which nobody but people speak."""
    async with _api(running, members[0]) as api:
        made = await api.create(members=tuple(members[1:]), reply_policy="off")
        return str(made["id"])


@asynccontextmanager
async def _api(running: Running, name: str) -> AsyncIterator[Api]:
    """Have somebody's HTTP API inside a block."""

    async def token() -> str:
        return running.token(name)

    async with aiohttp.ClientSession() as session:
        yield Api(session, running.http_url, token)


async def _compared(running: Running, book: Book, people: Sequence[Person]) -> tuple[int, int]:
    """Return how much is missing and how much is too much, in logs and in what people show."""
    stored: list[str] = []
    lost = 0
    for room in {person.room for person in people}:
        there = [person for person in people if person.room == room]
        log = await _log(running, there[0])
        stored += log
        lost += sum(person.shown != log for person in there)
    mine = [each for each in stored if each in book.messages]
    lost += len(book.messages - set(mine)) + len(book.unanswered)
    return lost, len(mine) - len(set(mine))


async def _log(running: Running, person: Person) -> list[str]:
    """Return the ``client_id`` of every event of a log, in order."""
    found: list[str] = []
    async with _api(running, person.name) as api:
        while True:
            page = await api.events(person.room, {"after_seq": len(found)}, FULL_PAGE)
            found += [each.get("client_id", "") for each in page["events"]]
            if len(found) >= page["head"]:
                return found
