"""Quotas hold and are exact, whatever workers meet, die, fail and are silenced in between."""

import asyncio
import inspect
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import DEMO, ROOM, SECOND, World, message, user
from tests.faults import fault
from tests.simulation.weather import INVOCATION, KilledError, Process
from wireside.domain.conversation import Role
from wireside.domain.errors import ModelFailed, Refused, RunErrorCode
from wireside.domain.quotas import Amount, Quotas
from wireside.domain.runs import LEASE_SECONDS, Job, outcome_of
from wireside.domain.usage import Known, Prices
from wireside.ports import Finished, Piece, Question, TextPiece, Usage
from wireside.services.deeds import Request

MOST_SAID = 40
PRICED = tuple(
    replace(each, max_output_tokens=MOST_SAID, prices=Prices(1_000_000, 3_000_000))
    for each in (DEMO, SECOND)
)
ROUNDS = 4
EXAMPLES = 120


@dataclass(slots=True)
class Model:
    """A model that keeps the truth: what each run really used, told or not."""

    chance: Random
    used: Counter[str] = field(default_factory=Counter)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        mood = self.chance.choice(["well", "well", "well", "refuses", "breaks off"])
        if mood == "refuses":
            code = RunErrorCode.MODEL_RATE_LIMITED
            raise ModelFailed(code, "No.", is_refusal=True)
        read, says = self.chance.randrange(1, 6), self.chance.randrange(1, MOST_SAID)
        self.used[question.run_id] += read + says
        if mood == "breaks off":
            raise ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "No.")
        yield TextPiece("word ")
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        yield TextPiece("word")
        yield Finished("stop", Usage(read, says, estimated=False))


@dataclass(slots=True)
class Busy:
    """A port at each call of which others go on, its process may die, and limits hold."""

    port: Any
    turmoil: "Turmoil"

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._pass()
            answer = await method(*args, **kwargs)
            self.turmoil.look()
            await self._pass()
            return answer

        return call

    async def _pass(self) -> None:
        for _ in range(self.turmoil.chance.randrange(3)):
            await asyncio.sleep(0)
        process = INVOCATION.get()
        if process is not None:
            process.pass_point()


class Turmoil:
    """A room of two people who ask two assistants, under quotas."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.model = Model(chance)
        self.quotas = Quotas(
            Amount(chance.choice([0, 120, 400])), Amount(0, chance.choice([0, 500, 2_000]))
        )
        self.world = World(
            provider=self.model,
            assistants=PRICED,
            quotas=self.quotas,
            around=lambda port: Busy(port, self),
        ).room("ana", "ben")
        for _ in range(chance.randrange(1, 4)):
            self._write(chance.choice(["ana", "ben"]))

    def _write(self, by: str) -> None:
        log, clock = self.world.log, self.world.clock
        addressed = [each.id for each in PRICED]
        previous = log[-1] if log else None
        log.append(message(previous, by=by, addressed=addressed, now_ms=clock.time_ms))
        clock.time_ms += 5_000

    def look(self) -> None:
        """At every moment each counter is within its limit, and is what stands on the runs."""
        stands: dict[tuple[str, str, int], Amount] = {}
        for run in self.world.store.runs.values():
            if (reserved := run.reserved) is None:
                continue
            keys = [("conversation", str(ROOM), reserved.day)] * reserved.in_conversation
            keys += [("user", str(reserved.user_id), reserved.day)] * bool(reserved.user_id)
            for key in keys:
                stands[key] = stands.get(key, Amount()) + reserved.amount
        assert self.world.store.quotas == stands
        for (whose, _, _), amount in stands.items():
            limit = self.quotas.user if whose == "user" else self.quotas.conversation
            assert limit.has_room(amount, Amount())

    async def work(self, *, deadly: bool) -> None:
        """Let many workers go at all jobs at once; some die, some are silenced."""
        jobs = [
            Job(ROOM, each.id, event.seq)
            for event in self.world.log
            for each in PRICED
            if each.id in event.addressed
        ]
        self.chance.shuffle(jobs)
        deeds = [self._settle(job, deadly=deadly) for job in jobs]
        if deadly and self.chance.random() < 0.2:
            deeds.append(self._take_over())
        await asyncio.gather(*deeds)
        self.world.clock.time_ms += (LEASE_SECONDS + 1) * 1_000

    async def _settle(self, job: Job, *, deadly: bool) -> None:
        dies = deadly and self.chance.random() < 0.6
        process = Process("worker", calls_left=self.chance.randrange(60) if dies else None)
        token = INVOCATION.set(process)
        try:
            await self.world.runs.settle(job, "receipt")
        except KilledError:
            pass
        finally:
            INVOCATION.reset(token)

    async def _take_over(self) -> None:
        operator = Request(user("olga", roles=frozenset({Role.OPERATOR})), None)
        try:
            await self.world.app.operators.take_over(operator, ROOM)
        except Refused:
            return

    def check(self) -> None:
        """In the end everything has its outcome, and nothing is counted that is not true."""
        self.look()
        log = self.world.log
        for event in log:
            assert all(outcome_of(event.seq, each, log) for each in event.addressed)
        for run in self.world.store.runs.values():
            true = self.model.used[run.id]
            stands = run.reserved.amount.tokens if run.reserved else 0
            if not self.quotas.are_set or run.spent is None:
                continue
            match run.spent.used.known:
                case Known.REPORTED:
                    assert run.spent.used.input_tokens + run.spent.used.output_tokens == true
                    assert stands == true
                case Known.UNKNOWN:
                    assert stands >= true
                case Known.ESTIMATED:
                    pass


@fault(24, 29, 42)
@settings(max_examples=EXAMPLES, deadline=None)
@given(st.randoms(use_true_random=False))
def test_quotas_are_never_passed_and_settled_to_the_truth(chance: Random) -> None:
    async def story() -> None:
        turmoil = Turmoil(chance)
        for _ in range(chance.randrange(ROUNDS)):
            await turmoil.work(deadly=True)
        for _ in range(2 * ROUNDS):
            await turmoil.work(deadly=False)
        turmoil.check()

    asyncio.run(story())


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_without_deaths_every_counter_is_the_sum_of_what_was_used(chance: Random) -> None:
    async def story() -> None:
        turmoil = Turmoil(chance)

        class Well(Model):
            async def answer(self, question: Question) -> AsyncIterator[Piece]:
                self.used[question.run_id] += 7
                yield TextPiece("word")
                yield Finished("stop", Usage(4, 3, estimated=False))

        model = Well(chance)
        turmoil.model = model
        turmoil.world.runs.answering.providers.provider = model  # type: ignore[attr-defined]
        for _ in range(ROUNDS):
            await turmoil.work(deadly=False)
        turmoil.check()
        tokens = sum(
            amount.tokens
            for (whose, _, _), amount in turmoil.world.store.quotas.items()
            if whose == "user"
        )
        assert tokens in {0, model.used.total()}

    asyncio.run(story())
