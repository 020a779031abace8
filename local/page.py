"""The page and signing in: what CloudFront and an identity provider do elsewhere."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from aiohttp import ETag, web

from deploy.lean import lean
from local.tokens import mint

mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True)
class Page:
    """The files under ``web/``, with the headers that the template gives them.

    ``secret`` signs people in by name; without one they bring tokens from elsewhere. ``parents``
    are the origins of applications that may embed the page.
    """

    files: Path
    headers: Mapping[str, str]
    secret: str | None
    origins: frozenset[str]
    parents: tuple[str, ...] = ()

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Return a file, compressed for whoever can read that; ``/`` is ``index.html``."""
        name = request.match_info.get("name") or "index.html"
        wanted = (self.files / name).resolve()
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if hidden or not wanted.is_relative_to(self.files.resolve()) or not wanted.is_file():
            return web.json_response({"message": "Not Found"}, status=404)
        headers = {**self.headers, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return _compressed(request, wanted, headers)
        return web.FileResponse(wanted, headers=headers)

    async def config(self, _request: web.Request) -> web.Response:
        """Return where the page finds its service."""
        sign_in = "token" if self.secret is None else "local"
        places = {"api": "", "websocket": "/ws"}
        return web.json_response({**places, "sign_in": sign_in, "parents": list(self.parents)})

    async def token(self, request: web.Request) -> web.Response:
        """Sign somebody in by their word alone: this is a laptop."""
        origin = request.headers.get("Origin")
        if self.secret is None:
            return web.json_response({"message": "Not Found"}, status=404)
        if origin is not None and origin not in self.origins:
            return web.json_response({"message": "Forbidden"}, status=403)
        try:
            asked = await request.json()
            sub, name = asked["sub"], asked.get("name") or asked["sub"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.json_response({"message": "Bad Request"}, status=400)
        if not isinstance(sub, str) or not isinstance(name, str) or not sub.strip():
            return web.json_response({"message": "Bad Request"}, status=400)
        token, expires_at = mint(self.secret, sub, name, ["user"])
        until = datetime.fromtimestamp(expires_at, UTC).isoformat().replace("+00:00", "Z")
        return web.json_response({"token": token, "expires_at": until})


def _compressed(request: web.Request, path: Path, headers: Mapping[str, str]) -> web.Response:
    """Return a file compressed, or that nothing has changed since the browser had it.

    A `FileResponse` that is told to compress sends a body with its 304, and the connection is
    out of step from then on.
    """
    changed_ns = path.stat().st_mtime_ns
    tag = ETag(value=f"{changed_ns:x}-gzip")
    if tag in (request.if_none_match or ()):
        answer = web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    else:
        answer = web.Response(body=_gzipped(path, changed_ns), headers=headers)
        answer.headers["Content-Encoding"] = "gzip"
        answer.content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    answer.etag = tag
    return answer


@lru_cache(maxsize=256)
def _gzipped(path: Path, _changed_ns: int) -> bytes:
    """Return the file as it is since then, lean and compressed."""
    return gzip.compress(lean(path), compresslevel=6, mtime=0)
