"""Questions that outlive the links on which they were asked, and whoever waits for an answer."""

import asyncio
from typing import Any

from wireside_client.errors import Closed, Refused
from wireside_client.requests import Requests

type Frame = dict[str, Any]
type Waiting = "asyncio.Future[Frame]"


class Questions:
    """Each is asked again on every new link until it is answered."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._asked: dict[Waiting, Frame] = {}

    async def ask(self, frame: Frame) -> Frame:
        """Return the answer. Raises: Refused; Closed."""
        answered: Waiting = asyncio.get_running_loop().create_future()
        self._put(answered, frame)
        answer = await answered
        if answer["type"] == "error":
            raise Refused(answer)
        return answer

    def again(self) -> None:
        """Ask all of them on the new link."""
        for answered, frame in [*self._asked.items()]:
            self._put(answered, frame)

    def end(self, error: Closed) -> None:
        """Tell everybody that there will be no answer."""
        settle([*self._asked], error)

    def _put(self, answered: Waiting, frame: Frame) -> None:
        self._asked[answered] = frame

        def answer(given: Frame) -> None:
            self._asked.pop(answered, None)
            settle([answered], given)

        self._requests.ask(frame, answer)


def settle(waiting: list[Waiting], outcome: Frame | Refused | Closed) -> None:
    """Tell all of them what has come of it."""
    for each in waiting:
        if each.done():
            continue
        if isinstance(outcome, Exception):
            each.set_exception(outcome)
        else:
            each.set_result(outcome)
    waiting.clear()
