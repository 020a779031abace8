"""A terminal: answers grow above the line that is being written, and nobody's keys are lost."""

from collections.abc import AsyncIterator, Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.patch_stdout import patch_stdout


class Console:
    """``Screen`` on prompt_toolkit. ``typed`` is called with every key."""

    def __init__(self, typed: Callable[[], None]) -> None:
        self._live = self._status = ""
        self._session: PromptSession[str] = PromptSession(
            self._prompt, bottom_toolbar=self._toolbar
        )
        self._session.default_buffer.on_text_insert += lambda _: typed()

    def say(self, text: str) -> None:
        """Print above the line that is being written."""
        print(text)  # noqa: T201 - a program for consoles

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
        """Yield lines until Ctrl-C or Ctrl-D."""
        with patch_stdout():
            while True:
                try:
                    yield await self._session.prompt_async()
                except (EOFError, KeyboardInterrupt):
                    return

    def _prompt(self) -> FormattedText:
        live = [("fg:ansibrightblack", self._live + "\n")] if self._live else []
        return FormattedText([*live, ("bold", "> ")])

    def _toolbar(self) -> FormattedText:
        return FormattedText([("", f" {self._status}  ·  /help")])
