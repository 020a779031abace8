"""Parameter Store for secrets, in the memory of the local run: none of them reaches the disk.

ministack has one too, but writes what it holds to ``DATA_DIR``, in the clear.
Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

TARGET = "AmazonSSM.GetParameter"
HOST = "127.0.0.1"
JSON = "application/x-amz-json-1.1"


@dataclass(slots=True)
class Parameters:
    """Answers ``GetParameter`` on a port of its own. ``stop`` it."""

    values: Mapping[str, str] = field(repr=False)
    _runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """Return where it answers, once it has been started."""
        assert self._runner is not None
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def start(self) -> None:
        """Listen."""
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("X-Amz-Target") != TARGET:
            return _answer(400, {"__type": "InvalidAction"})
        try:
            name = str(json.loads(await request.read())["Name"])
        except (ValueError, KeyError, TypeError):
            return _answer(400, {"__type": "ValidationException"})
        if name not in self.values:
            return _answer(400, {"__type": "ParameterNotFound"})
        found = {"Name": name, "Type": "SecureString", "Value": self.values[name], "Version": 1}
        return _answer(200, {"Parameter": found})


def _answer(status: int, body: Mapping[str, object]) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type=JSON)
