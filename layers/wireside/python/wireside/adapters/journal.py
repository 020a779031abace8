"""The log, for what happens inside a service and is an answer all the same."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wireside.domain.errors import ModelFailed
from wireside.settings import SettingsError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@dataclass(frozen=True, slots=True)
class LogJournal:
    """``ports.Journal`` on the function's own logger, with the keys of the invocation."""

    logger: "Logger"

    def failed(self, what: str, error: BaseException, **about: str | int) -> None:
        """Warn: a line with the error's class and place."""
        self.logger.warning(what, extra={"error": described(error), **about})

    def noted(self, what: str, **about: str | int) -> None:
        """Inform."""
        self.logger.info(what, extra=about)


def described(error: BaseException) -> str:
    """Name an error by class and place: its text may quote what people wrote."""
    if isinstance(error, ModelFailed):
        return f"{error.code} {error.detail or _because(error)}".strip()
    if isinstance(error, SettingsError):
        return f"{error}"  # it names a setting, and quotes none
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    cause = error.__cause__
    because = f" from {type(cause).__name__}" if cause is not None else ""
    return f"{type(error).__name__}{because} at {where}"


def _because(error: BaseException) -> str:
    return f"from {described(error.__cause__)}" if error.__cause__ is not None else ""
