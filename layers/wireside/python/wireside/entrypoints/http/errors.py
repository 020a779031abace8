"""What the HTTP API answers when something is wrong."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Route

from wireside import wire
from wireside.adapters.journal import described
from wireside.domain.errors import HTTP_STATUS, ErrorCode, Refused, Unavailable
from wireside.entrypoints.observability import logger

RETRY_MS = 500
DISCREET = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""With every answer: what people wrote stays with who asked, and the token of a link in its URL."""


def answer_errors(app: FastAPI) -> None:
    """Make the application answer every error as the protocol says."""
    app.middleware("http")(boundary)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(Unavailable, on_unavailable)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def _error(
    refused: Refused, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    retry_ms = refused.retry_after_ms
    if retry_ms is not None:
        headers = {"Retry-After": str(-(-retry_ms // 1_000))}
    return JSONResponse(
        {"error": wire.error_json(refused)},
        status_code=status or HTTP_STATUS[refused.code],
        headers=headers,
    )


async def on_refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the caller did wrong."""
    assert isinstance(error, Refused)  # noqa: S101 - registered for this class
    logger.info("refused", code=error.code.value)
    return _error(error)


async def on_unavailable(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the caller may try again."""
    logger.warning("unavailable", reason=str(error))
    return _error(Refused(ErrorCode.UNAVAILABLE, str(error), retry_after_ms=RETRY_MS))


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not what it should be, naming the first field."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return await on_refused(request, no_json())
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    message = "A field is missing, unknown or not what it should be."
    shown = field[:128].encode("utf-8", "replace").decode()
    refused = Refused(ErrorCode.INVALID_FIELD, message, details={"field": shown})
    return await on_refused(request, refused)


def no_json() -> Refused:
    """Return the refusal of a body that cannot be read, or can in two ways."""
    return Refused(ErrorCode.MALFORMED_FRAME, "The body is not JSON, or has a key twice.")


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Answer what no route answers."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refused = Refused(ErrorCode.NOT_ALLOWED, "This is not done with this method.")
        return _error(refused, error.status_code, {"Allow": ", ".join(sorted(_allowed(request)))})
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return _error(no_json())
    return _error(Refused(ErrorCode.NOT_FOUND, "There is nothing here."))


def _allowed(request: Request) -> set[str]:
    """Return the methods of a path: it may have a route for each of them."""
    path = request.scope["path"]
    routes = [each for each in request.app.routes if isinstance(each, Route)]
    named = [each for each in routes if each.path == path]
    fitting = named or [each for each in routes if each.path_regex.match(path)]
    methods = set[str]().union(*(each.methods or () for each in fitting))
    return methods | {"HEAD"} if "GET" in methods else methods


async def boundary(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Answer 500 to whatever nobody expected; its text stays here."""
    is_head = request.method == "HEAD"
    if is_head:
        request.scope["method"] = "GET"
    try:
        answer = await call_next(request)
    except Exception as error:  # noqa: BLE001 - the boundary of this entry point
        # Not `exception`: its text and trace may quote what people wrote.
        logger.error("failed", error=described(error))
        answer = _error(Refused(ErrorCode.INTERNAL, "Something went wrong here."))
    for name, value in DISCREET.items():
        answer.headers.setdefault(name, value)
    return Response(None, answer.status_code, answer.headers) if is_head else answer
