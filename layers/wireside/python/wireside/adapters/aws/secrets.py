"""Secrets by reference: read from Parameter Store once a process."""

from dataclasses import dataclass, field

from wireside.adapters.aws.calls import CallRefused, JsonService
from wireside.adapters.aws.sigv4 import Scope
from wireside.domain.errors import Unavailable


@dataclass(slots=True)
class ParameterStore:
    """Reads SecureString parameters. Values stay in memory for the life of the process."""

    endpoint: str
    region: str
    _known: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str:
        """Return the parameter's value.

        Raises: Unavailable.
        """
        if name not in self._known:
            self._known[name] = self._fetch(name)
        return self._known[name]

    def forget(self, name: str) -> None:
        """Read it anew next time: it was refused, and may have been changed since."""
        self._known.pop(name, None)

    def _fetch(self, name: str) -> str:
        service = JsonService(self.endpoint, Scope(self.region, "ssm"), "AmazonSSM", "1.1")
        try:
            answer = service.call("GetParameter", {"Name": name, "WithDecryption": True})
            return str(answer["Parameter"]["Value"])
        except (CallRefused, OSError, ValueError, KeyError) as error:
            message = "A secret could not be read."
            raise Unavailable(message) from error
