"""What becomes of a job that no worker could settle: one visible failure, and life goes on."""

from dataclasses import dataclass

from wireside.domain.context import estimate_tokens
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.ports import Usage
from wireside.services.answers import Answered
from wireside.services.outcomes import Answer, Turn


@dataclass(frozen=True, slots=True)
class GivingUp:
    """In place of asking a provider: ``services.runs.Answers``."""

    def prepare(self, _assistant: Assistant) -> None:
        """Nothing is needed."""

    async def answer(self, turn: Turn, _receipt: str, *, deadline_ms: int) -> Answered | None:
        """Return the failure; what was visible is kept."""
        del deadline_ms  # it takes no time
        failure = ModelFailed(RunErrorCode.INTERNAL, "The assistant failed.", detail="dead letter")
        usage = Usage(0, estimate_tokens(turn.seen), estimated=True)
        return Answered(turn, Answer(turn.seen, "error", usage, failure))
