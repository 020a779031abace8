"""The events of NLWeb's newer generation: ``_meta`` first, then results, until the stream ends.

Source: https://github.com/nlweb-ai/website/blob/main/NLWEBSPEC.md
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wireside.adapters.llm.failures import broken_off, failed
from wireside.adapters.llm.findings import Findings
from wireside.adapters.llm.nlweb_messages import typed
from wireside.adapters.llm.reading import json_object
from wireside.domain.errors import RunErrorCode
from wireside.ports import Finished, Piece

FOUND = ("results", "content", "structuredData", "item")
"""Where results and words are."""
NOTHING_FOUND = "NO_RESULTS"


@dataclass(slots=True)
class AnswerEvents:
    """Reads event after event. The end of the stream is the answer's, once there is one.

    ``is_done``: the server has said that there is no more; most do not say so.
    """

    mode: str
    is_done: bool = False
    _is_answered: bool = False
    _is_refused: bool = False
    _found: Findings = field(init=False)

    def __post_init__(self) -> None:
        """Only a list is told as it comes: elsewhere words of the server's own follow."""
        self._found = Findings(lists=self.mode == "list")

    def feed(self, data: str, name: str) -> Iterator[Piece]:
        """Yield what one event adds to the answer.

        Raises: ModelFailed for an error and for what is no JSON object.
        """
        if data.strip():
            event = json_object(data)
            self._note(event)
            for part in FOUND:
                yield from self._typed(event.get(part))
            yield from self._asked_back(event.get("elicitation"))
        self.is_done = self.is_done or name == "complete"

    def end(self) -> Iterator[Piece]:
        """Yield the end; nothing where no answer has come.

        Raises: ModelFailed where the server refused without saying why.
        """
        if self._is_refused:
            raise failed(RunErrorCode.MODEL_UNAVAILABLE, "refused without a reason")
        if self._is_answered or self.is_done:
            yield from self._found.end()
            yield Finished("stop", None)

    def _note(self, event: Mapping[str, Any]) -> None:
        """Note what is not part of the answer.

        Raises: ModelFailed for an error, and for an answer that is promised for later.
        """
        meta, error = event.get("_meta"), event.get("error")
        if isinstance(meta, dict):
            self._is_refused = str(meta.get("response_type")).lower() == "failure"
        if isinstance(error, dict) and error.get("code") == NOTHING_FOUND:
            self._is_answered, self._is_refused = True, False
        elif error:
            raise broken_off(error)
        elif event.get("promise"):
            raise failed(RunErrorCode.MODEL_REJECTED, "an answer for later, which nobody fetches")

    def _typed(self, told: object) -> Iterator[Piece]:
        if told is None:
            return
        self._is_answered = True
        for each in told if isinstance(told, list) else [told]:
            yield from typed(self._found, each)

    def _asked_back(self, elicitation: object) -> Iterator[Piece]:
        """Yield what the server asks in place of an answer, a line for each question."""
        if not isinstance(elicitation, dict):
            return
        self._is_answered = True
        asked = elicitation.get("questions")
        questions = asked if isinstance(asked, list) else []
        texts = [each.get("text") for each in questions if isinstance(each, dict)]
        yield from self._found.say("elicitation", elicitation.get("text"))
        yield from self._found.say(
            "questions", "\n".join(f"- {each}" for each in texts if isinstance(each, str))
        )
