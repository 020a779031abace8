"""Secrets by reference: read from Parameter Store once a process, without boto3.

boto3 would cost the authorizer more at start than all the rest of it together.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from wireside.adapters.aws.credentials import lambda_credentials
from wireside.adapters.aws.sigv4 import Scope, Signer, payload_hash
from wireside.domain.errors import Unavailable

TIMEOUT_SECONDS = 3


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
        body = json.dumps({"Name": name, "WithDecryption": True}).encode()
        url = f"{self.endpoint}/"
        extra = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AmazonSSM.GetParameter",
        }
        signer = Signer(Scope(self.region, "ssm"), lambda_credentials)
        headers = signer.headers("POST", url, payload_hash(body), extra=extra)
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - from settings
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return str(json.load(answer)["Parameter"]["Value"])
        except urllib.error.HTTPError as refused:
            refused.close()
            raise _unreadable() from refused
        except (OSError, ValueError, KeyError) as error:
            raise _unreadable() from error


def _unreadable() -> Unavailable:
    return Unavailable("A secret could not be read.")
