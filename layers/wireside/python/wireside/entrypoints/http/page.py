"""``/docs``: the description of the API as a page that asks no other host for anything.

Swagger UI's own files are beside it, byte for byte as they are published: see
``viewer/vendored.json``.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Header, Response

from wireside.domain.errors import ErrorCode, Refused
from wireside.entrypoints.http.routing import router

FILES = Path(__file__).parent / "viewer"
KINDS = {
    "index.html": "text/html",
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
FILE = {"Cache-Control": "public, max-age=3600"}

type Accepted = Annotated[str, Header(alias="Accept-Encoding")]

routes = router("docs", prefix="")


@routes.get("/docs", include_in_schema=False)
async def docs(accepted: Accepted = "") -> Response:
    """Show the description of the API."""
    return _file("index.html", PAGE, accepted)


@routes.get("/docs/{name}", include_in_schema=False)
async def file(name: str, accepted: Accepted = "") -> Response:
    """Return what the page is made of."""
    if name not in KINDS:
        raise Refused(ErrorCode.NOT_FOUND, "There is nothing here.")
    return _file(name, FILE, accepted)


def _file(name: str, headers: dict[str, str], accepted: str) -> Response:
    squeezed = "gzip" in accepted
    body = _squeezed(name) if squeezed else (FILES / name).read_bytes()
    encoding = {"Content-Encoding": "gzip"} if squeezed else {}
    more = {"Vary": "Accept-Encoding", **encoding}
    return Response(body, media_type=KINDS[name], headers={**headers, **more})


@cache
def _squeezed(name: str) -> bytes:
    """Return a file in a quarter of its bytes."""
    return gzip.compress((FILES / name).read_bytes(), mtime=0)
