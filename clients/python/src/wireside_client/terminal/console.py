"""A terminal: answers grow above the line that is being written, and nobody's keys are lost."""

from collections.abc import AsyncIterator, Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.patch_stdout import patch_stdout

from wireside_client.terminal.wrapping import wrapped

LIVE_LINES = 8


class Console:
    """``Screen`` on prompt_toolkit. ``typed`` is called with every key.

    A line that is entered vanishes: what becomes of it is shown.
    """

    def __init__(self, typed: Callable[[], None]) -> None:
        self._live = self._status = ""
        self._session: PromptSession[str] = PromptSession(
            self._prompt, bottom_toolbar=self._toolbar, erase_when_done=True
        )
        self._session.default_buffer.on_text_insert += lambda _: typed()

    def say(self, text: str) -> None:
        """Print above the line that is being written."""
        print(self._fitting(text))  # noqa: T201 - a program for consoles

    def live(self, text: str) -> None:
        """Draw anew, where something is different."""
        if text != self._live:
            self._live = text
            self._session.app.invalidate()

    def status(self, text: str) -> None:
        """Draw anew, where something is different."""
        if text != self._status:
            self._status = text
            self._session.app.invalidate()

    async def lines(self) -> AsyncIterator[str]:
        """Yield lines until Ctrl-D, or Ctrl-C where nothing is written: else that drops it."""
        with patch_stdout():
            while True:
                try:
                    yield await self._session.prompt_async()
                except KeyboardInterrupt:
                    if not self._session.default_buffer.text:
                        return
                except EOFError:
                    return

    def _fitting(self, text: str) -> str:
        return wrapped(text, self._session.output.get_size().columns)

    def _prompt(self) -> FormattedText:
        ends = self._fitting(self._live).split("\n")[-LIVE_LINES:] if self._live else []
        live = [("fg:ansibrightblack", each + "\n") for each in ends]
        return FormattedText([*live, ("bold", "> ")])

    def _toolbar(self) -> FormattedText:
        return FormattedText([("", f" {self._status}  ·  /help")])
