"""A model of the simulation: it says something else in every attempt, and often not all of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.simulation.weather import Weather
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import RunId
from wireside.ports import Finished, Piece, Question, TextPiece, Usage

PIECE_SECONDS = (0.005, 0.4)
STALL_SECONDS = (2.0, 20.0)
FAILURES = (
    RunErrorCode.MODEL_UNAVAILABLE,
    RunErrorCode.MODEL_RATE_LIMITED,
    RunErrorCode.MODEL_REJECTED,
)


@dataclass(slots=True)
class MoodyModel:
    """``ports.Provider``. ``said`` has, for each run, the text of each attempt so far."""

    weather: Weather
    said: dict[RunId, list[str]] = field(default_factory=dict)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say a few words, with pauses."""
        weather, attempts = self.weather, self.said.setdefault(question.run_id, [])
        number = len(attempts)
        attempts.append("")
        words = [f"{number}:{question.run_id} ", *(f"wörd{each} 🙂" for each in range(4))]
        breaks = weather.chance.randrange(4)
        for index, word in enumerate(words[: weather.chance.randrange(2, 6)]):
            await asyncio.sleep(weather.seconds(PIECE_SECONDS))
            if index == breaks:
                await self._break()
            if index == breaks and weather.happens(weather.models_cut_off):
                return
            attempts[number] += word
            yield TextPiece(word)
        yield Finished("stop", Usage(1, 1, estimated=False))

    async def _break(self) -> None:
        weather = self.weather
        if weather.happens(weather.models_stall):
            await asyncio.sleep(weather.seconds(STALL_SECONDS))
            raise ModelFailed(RunErrorCode.MODEL_TIMEOUT, "The model stalled.")
        if weather.happens(weather.models_fail):
            code = weather.chance.choice(FAILURES)
            raise ModelFailed(
                code, "The model failed.", retry_after_seconds=weather.chance.choice([None, 3])
            )
