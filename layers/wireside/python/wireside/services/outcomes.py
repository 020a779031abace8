"""Turns, and the events that settle them."""

from dataclasses import dataclass
from typing import Literal

from wireside import wire
from wireside.domain import bodies
from wireside.domain.bodies import RunFailed
from wireside.domain.changes import HoldRun, SettleRun
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed
from wireside.domain.events import Draft, Kind, UserId
from wireside.domain.items import Item
from wireside.domain.quotas import Amount, Correction
from wireside.domain.runs import Partial, Run, Standing
from wireside.domain.usage import NOTHING, Spent, Used
from wireside.ports import Usage

type FinishReason = Literal["stop", "length", "stopped", "filtered", "error"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a run answers, and the values on which its outcome depends.

    ``seen`` is the text that an earlier attempt has shown, ``regenerates`` the answer that this
    one is written anew for, ``decides`` the call on which people have decided what ``approved``
    says. ``streams`` is how many assistants the turn addresses, which answer beside each other.
    ``asked_at_ms`` is when its first message was stored, ``before`` what other workers used at it,
    ``asked_by`` who wrote that message.
    """

    place: wire.Place
    assistant: Assistant
    run: Run
    through_seq: int
    answered_before: int
    operator_epoch: int
    seen: str = ""
    regenerates: int | None = None
    decides: int | None = None
    approved: bool = False
    streams: int = 1
    asked_at_ms: int = 0
    before: Used = NOTHING
    asked_by: UserId | None = None

    def is_held(self, standing: Standing | None) -> bool:
        """Whether the run is ours still, and nothing has settled or silenced it."""
        return (
            standing is not None
            and standing.fence == self.run.fence
            and not standing.is_ended
            and standing.answered == self.answered_before
            and standing.operator_epoch == self.operator_epoch
        )

    def partial(self, text: str = "") -> Partial:
        """Return the run as frames name it."""
        run = self.run
        return Partial(run.id, run.assistant_id, self.through_seq, run.fence, text)

    def settlement(
        self, spent: Spent | None = None, correction: Correction | None = None
    ) -> SettleRun:
        """Return the change that ends the run, with its conditions."""
        return SettleRun(
            assistant_id=self.assistant.id,
            first_seq=self.run.first_seq,
            fence=self.run.fence,
            through_seq=self.through_seq,
            answered_before=self.answered_before,
            operator_epoch=self.operator_epoch,
            spent=spent,
            correction=correction,
        )

    def correction(self, took: "Took") -> Correction | None:
        """Return what makes the counters true; ``None`` where what is reserved stands."""
        reserved = self.run.reserved
        if reserved is None or took.charged is None or took.charged == reserved.amount:
            return None
        return Correction(reserved, took.charged - reserved.amount)

    def spent(self, outcome: str, took: "Took", *, now_ms: int) -> Spent:
        """Return what the run took, if it ends now."""
        used, prices = self.before + took.used, self.assistant.prices
        cost = prices.cost(used.input_tokens, used.output_tokens) if prices else None
        return Spent(
            provider=self.assistant.provider,
            model=self.assistant.model,
            outcome=outcome,
            used=used,
            tries=self.run.fence,
            first_text_ms=took.first_text_ms,
            total_ms=max(0, now_ms - self.asked_at_ms),
            cost_nano_dollars=cost,
        )

    def hold(self) -> HoldRun:
        """Return the conditions alone, for what is written before the run ends."""
        return HoldRun(
            assistant_id=self.assistant.id,
            first_seq=self.run.first_seq,
            fence=self.run.fence,
            answered_before=self.answered_before,
            operator_epoch=self.operator_epoch,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a turn: text with a reason to end, or a failure before any text.

    ``items`` are the results that the text points to, the best first.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage
    failure: ModelFailed | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Took:
    """What one worker's tries took. Without any, nothing.

    ``charged`` is what the run counts for with all its workers; ``None``: what is reserved for it.
    """

    used: Used = NOTHING
    first_text_ms: int | None = None
    charged: Amount | None = None


UNASKED = Took()
"""No provider was asked, or not by this worker."""
SILENCED = "silenced"
"""The outcome of a run that may not speak any more: of a takeover, an end, or a deletion."""


def outcome_name(answer: Answer) -> str:
    """Name an outcome: why the answer ended, or with what code it failed without any text."""
    if answer.failure is not None and not answer.text:
        return answer.failure.code.value
    return answer.finish_reason


def outcome_draft(turn: Turn, answer: Answer) -> Draft:
    """Return the event that settles the turn: ``message``, or ``run_failed`` without any text."""
    sender = turn.assistant.participant
    if answer.failure is not None and not answer.text:
        failed: RunFailed = {
            "run_id": turn.run.id,
            "trigger_seq": turn.through_seq,
            "participant": turn.assistant.id,
            "code": answer.failure.code.value,
            "message": str(answer.failure),
        }
        return Draft(Kind.RUN_FAILED, sender, failed)
    usage = answer.usage
    said: bodies.Answer = {
        "run_id": turn.run.id,
        "trigger_seq": turn.through_seq,
        "text": answer.text,
        "model": turn.assistant.model,
        "finish_reason": answer.finish_reason,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "estimated": usage.estimated,
        },
    }
    if answer.items:
        said["items"] = [each.view() for each in answer.items]
    if turn.regenerates is not None:
        said["regenerates"] = turn.regenerates
    return Draft(Kind.MESSAGE, sender, said)
