"""What a question took: as the provider says, else as far as it can be estimated."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from wireside.domain.context import estimate_tokens
from wireside.domain.errors import ModelFailed
from wireside.domain.quotas import NO_AMOUNT, Amount
from wireside.domain.usage import MOST_TOKENS, NOTHING, UNTOLD, Known, Used
from wireside.ports import Question, Usage
from wireside.services.charging import amount_of
from wireside.services.outcomes import UNASKED, Took
from wireside.services.streams import Stream


@dataclass(slots=True)
class Tally:
    """What one worker's questions in a turn have taken so far."""

    took: Took = UNASKED
    charged: Amount = NO_AMOUNT

    @contextmanager
    def counting(self, stream: Stream, question: Question, most: Amount) -> Iterator[None]:
        """Count a question that is asked inside a block, however it ends.

        ``most`` is what it is charged with where nobody knows what it took.
        """
        is_refused = False
        try:
            yield
        except ModelFailed as failure:
            is_refused = failure.is_refusal
            raise
        finally:
            used = NOTHING if is_refused else used_by(stream, question)
            is_known = used.known is not Known.UNKNOWN
            known = amount_of(used.input_tokens, used.output_tokens, stream.turn.assistant)
            self.charged += known if is_known else most
            self.took = Took(self.took.used + used, stream.first_text_ms, self.charged)


def used_by(stream: Stream, question: Question) -> Used:
    """Return what a question took that was not refused.

    Where it failed without a word, nothing is known but what the provider has said.
    """
    is_silent = not _said(stream) and stream.finished is None
    if is_silent and not stream.is_over:
        return UNTOLD + Used(_told(stream) or 0)
    usage = usage_of(stream, question)
    known = Known.ESTIMATED if usage.estimated else Known.REPORTED
    return Used(usage.input_tokens, usage.output_tokens, known)


def usage_of(stream: Stream, question: Question) -> Usage:
    """Return what the provider reported at its end, if it did and if it makes sense."""
    usage = stream.finished.usage if stream.finished else None
    if usage is None or max(usage.input_tokens, usage.output_tokens) > MOST_TOKENS:
        return estimated(stream, question, _said(stream))
    return usage


def estimated(stream: Stream, question: Question, text: str) -> Usage:
    """Return an estimate. What was read is the provider's word where it has said so already."""
    told = _told(stream)
    asked = told if told is not None else asked_tokens(question)
    return Usage(asked, estimate_tokens(text), estimated=True)


def asked_tokens(question: Question) -> int:
    """Estimate what a provider reads."""
    asked = sum(estimate_tokens(each.text) for each in question.messages)
    return asked + estimate_tokens(question.system_prompt)


def _said(stream: Stream) -> str:
    return stream.text[stream.round_begins :] + stream.unheard


def _told(stream: Stream) -> int | None:
    count = stream.input_tokens
    return count if count is not None and count <= MOST_TOKENS else None
