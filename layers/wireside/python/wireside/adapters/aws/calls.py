"""Calls of AWS's JSON services with the standard library alone.

They are for the authorizer, for which every new connection waits: boto3 would cost it more at
start than all the rest of it together, and so would a second client.
"""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from wireside.adapters.aws.credentials import lambda_credentials
from wireside.adapters.aws.sigv4 import Scope, Signer, payload_hash

TIMEOUT_SECONDS = 3
HTTP_OK = 200


class CallRefused(Exception):
    """The service refused. ``code`` is its error's name, without a namespace."""

    def __init__(self, code: str, answer: Mapping[str, Any]) -> None:
        """Args: code: the error's name. answer: all that the service said."""
        super().__init__(code)
        self.code = code
        self.answer = answer


@dataclass(frozen=True, slots=True)
class JsonService:
    """One service. ``endpoint`` is its URL, ``target`` what stands before its operations' names.

    Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
    """

    endpoint: str
    scope: Scope
    target: str
    version: str

    def call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one operation. It is tried once.

        Raises: CallRefused; OSError or ValueError when there is no answer, or none in JSON.
        """
        body = json.dumps(arguments).encode()
        extra = {
            "content-type": f"application/x-amz-json-{self.version}",
            "x-amz-target": f"{self.target}.{operation}",
        }
        signer = Signer(self.scope, lambda_credentials)
        headers = signer.headers("POST", f"{self.endpoint}/", payload_hash(body), extra=extra)
        status, answered = self._post(body, headers)
        answer: dict[str, Any] = json.loads(answered)
        if status != HTTP_OK:
            raise CallRefused(str(answer.get("__type", "")).rpartition("#")[2], answer)
        return answer

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = connection_to(self.endpoint, timeout_seconds=TIMEOUT_SECONDS)
        try:
            connection.request("POST", "/", body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            message = "not an answer in HTTP"
            raise ConnectionError(message) from error
        finally:
            connection.close()


def connection_to(url: str, *, timeout_seconds: float) -> http.client.HTTPConnection:
    """Return a connection to a URL's host; certificates are verified where it is https."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=timeout_seconds, context=verified()
        )
    return http.client.HTTPConnection(host, parts.port, timeout=timeout_seconds)


@cache
def verified() -> ssl.SSLContext:
    """Return the one context that verifies certificates: they take 30 ms to load."""
    return ssl.create_default_context()
