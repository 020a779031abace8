"""Quotas: a question is reserved before it is asked, and settled with the run's outcome."""

from dataclasses import dataclass, replace

from wireside.domain.context import MESSAGE_TOKENS, estimate_tokens
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.quotas import DAY_MS, Amount, Quotas, Reservation
from wireside.ports import Clock, Ledger, Question, Reserved
from wireside.services.outcomes import Turn

OUTPUT_TOKENS = 4_096
"""What an answer is reserved with whose assistant has no ``max_output_tokens``."""
WORDS = {
    Reserved.USER_USED_UP: "Your quota of today is used up. It begins anew at midnight UTC.",
    Reserved.CONVERSATION_USED_UP: (
        "This conversation's quota of today is used up. It begins anew at midnight UTC."
    ),
}


@dataclass(frozen=True, slots=True)
class Charging:
    """Keeps questions within the day's quotas. Without any it makes no call."""

    ledger: Ledger
    quotas: Quotas
    clock: Clock

    async def reserve(self, turn: Turn, charged: Amount, most: Amount) -> Turn | None:
        """Reserve a question beside what is charged already; ``None``: the run is not ours.

        Raises: ModelFailed ``quota_exceeded``.
        """
        if not self.quotas.are_set:
            return turn
        wanted, there = charged + most, turn.run.reserved
        if there is not None and there.amount.covers(wanted):
            return turn
        reservation = self._reservation(turn, wanted)
        answer = await self.ledger.reserve(
            turn.place.conversation_id, turn.run, reservation, self.quotas
        )
        if answer is Reserved.NOT_OURS:
            return None
        if answer is not Reserved.HELD:
            detail = answer.value
            raise ModelFailed(
                RunErrorCode.QUOTA_EXCEEDED, WORDS[answer], detail=detail, is_refusal=True
            )
        return replace(turn, run=replace(turn.run, reserved=reservation))

    def _reservation(self, turn: Turn, amount: Amount) -> Reservation:
        if turn.run.reserved is not None:
            there = turn.run.reserved
            tokens = max(amount.tokens, there.amount.tokens)
            nano_dollars = max(amount.nano_dollars, there.amount.nano_dollars)
            return replace(there, amount=Amount(tokens, nano_dollars))
        return Reservation(
            amount=amount,
            day=self.clock.now_ms() // DAY_MS,
            user_id=turn.asked_by if self.quotas.user != Amount() else None,
            in_conversation=self.quotas.conversation != Amount(),
        )


def most_of(question: Question, assistant: Assistant) -> Amount:
    """Return what a question takes at most, as far as that can be told before it is asked."""
    texts = [each.text for each in question.messages]
    asked = sum(estimate_tokens(each) + MESSAGE_TOKENS for each in texts)
    asked += estimate_tokens(question.system_prompt) + MESSAGE_TOKENS
    asked += sum(each.size_bytes for each in question.rounds)
    return amount_of(asked, assistant.max_output_tokens or OUTPUT_TOKENS, assistant)


def amount_of(input_tokens: int, output_tokens: int, assistant: Assistant) -> Amount:
    """Return tokens with what they cost; an assistant without prices costs nothing."""
    prices = assistant.prices
    cost = prices.cost(input_tokens, output_tokens) if prices else 0
    return Amount(input_tokens + output_tokens, cost)
