"""Which of several answers to one question is the one to read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wireside_client.items import Message


class Versions:
    """The answers of a window of the log, by what they answer anew."""

    def __init__(self, answers: Iterable[Message] = ()) -> None:
        self._firsts: dict[int, int] = {}
        self._chains: dict[int, list[int]] = {}
        for answer in answers:
            self.add(answer)

    def add(self, answer: Message) -> None:
        """Take an answer that is newer than all before."""
        before = answer.regenerates or answer.seq
        before = min(answer.seq, before)
        first = self._firsts[answer.seq] = self._firsts.get(before, before)
        self._chains.setdefault(first, []).append(answer.seq)

    def of(self, seq: int) -> Sequence[int]:
        """Return the seqs of all answers to the question that this one answers, ascending."""
        return self._chains.get(self._firsts.get(seq, seq), ())


def replaced_anew(versions: Sequence[Message]) -> Iterator[Message]:
    """Yield the answers that are to be told otherwise than they are, as they are to be.

    ``versions`` are those of one answer, ascending: the newest that says anything is the one to
    read. A deleted one stands in for nothing.
    """
    newest = max((each.seq for each in versions if each.text), default=0)
    for each in versions:
        replaced_by = newest if newest > each.seq and not each.is_deleted else None
        if replaced_by != each.replaced_by:
            yield replace(each, replaced_by=replaced_by)
