"""Where a service is, and tokens for people: what a page would ask of it."""

import asyncio
import base64
import json
import re
import time
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import aiohttp

from wireside_client.errors import Refused

EARLY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service answers, and whether a name is enough to sign in there."""

    http_url: str
    websocket_url: str
    takes_names: bool


async def place_of(session: aiohttp.ClientSession, url: str) -> Place:
    """Read where the service behind a page is. Raises: Refused."""
    page = url.rstrip("/") + "/"
    config = await _json(session.get(urljoin(page, "config.json")))
    http_url = urljoin(page, config["api"]).rstrip("/")
    websocket_url = re.sub("^http", "ws", urljoin(page, config["websocket"]))
    return Place(http_url, websocket_url, config.get("sign_in") == "local")


class NameTokens:
    """Tokens of a local run, where a name is all that is needed. Fresh ones in time."""

    def __init__(self, session: aiohttp.ClientSession, url: str, name: str) -> None:
        """Raise Refused (``invalid_field``) for a name that makes no user id."""
        if not slug(name):
            raise Refused(NAMELESS)
        self._session, self._url, self._name = session, url.rstrip("/"), name
        self._asking = asyncio.Lock()
        self._token, self._ends_at = "", 0.0

    async def __call__(self) -> str:
        """Return a token that lives for a while. Raises: Refused."""
        async with self._asking:
            if time.time() > self._ends_at - EARLY_SECONDS:
                asked = {"sub": slug(self._name), "name": self._name}
                told = await _json(self._session.post(f"{self._url}/local/token", json=asked))
                self._token = told["token"]
                self._ends_at = float(claims_of(self._token).get("exp", 0))
            return self._token


def slug(name: str) -> str:
    """Return the user id that a name stands for, as on the page: ``ana-maria`` for Ána María."""
    decomposed = unicodedata.normalize("NFKD", name).lower()
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return "-".join(re.findall(r"[^\W_]+", plain))[:32]


def claims_of(token: str) -> dict[str, Any]:
    """Read a JWT; nothing is verified here, that is the service's to do.

    Raises: Refused (``unauthorized``) for what is no JWT.
    """
    try:
        payload = token.split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (IndexError, ValueError) as error:
        raise Refused({"code": "unauthorized", "message": "This is no token."}) from error
    return claims if isinstance(claims, dict) else {}


async def _json(request: Any) -> dict[str, Any]:
    try:
        async with request as answer:
            told = await answer.json(content_type=None) if answer.ok else None
    except (aiohttp.ClientError, ValueError, OSError) as error:
        raise Refused(UNREACHABLE) from error
    if not isinstance(told, dict):
        raise Refused(UNREACHABLE)
    return told


NAMELESS = {"code": "invalid_field", "message": "A name needs a letter or a digit."}
UNREACHABLE = {"code": "unavailable", "message": "There is no Wireside at this address."}
