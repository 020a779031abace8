"""The HTTP API's handler at an address of its own: what a gateway does, in this process."""

import base64
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

type Environ = dict[str, Any]

REQUEST_ID = "doorway"

FUNCTION = ThreadPoolExecutor(1, "function")
"""The function's one thread, on whose event loop its connections live."""


def event_of(environ: Environ) -> dict[str, Any]:
    """Return what Lambda gets for a request: payload format 2.0.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name == "CONTENT_TYPE" and value)
    }
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    about = {"method": environ["REQUEST_METHOD"], "path": path, "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "headers": headers,
        "requestContext": {
            "requestId": REQUEST_ID,
            "http": {**about, "protocol": "HTTP/1.1", "userAgent": ""},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request as the function answers it."""
    from wireside.entrypoints.http import api

    answer = FUNCTION.submit(api, event_of(environ), None).result()
    status = HTTPStatus(answer["statusCode"])
    start_response(f"{status.value} {status.phrase}", list(answer["headers"].items()))
    body = answer.get("body") or ""
    return [base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the API inside a block; yields its address."""
    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
