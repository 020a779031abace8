"""The HTTP API: FastAPI behind Mangum. The only function that pays for importing them.

A module a noun, each with its ``routes``.
"""

import asyncio
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from mangum import Mangum

from wireside.bootstrap import event_loop
from wireside.entrypoints.http import (
    account,
    admin,
    conversations,
    exports,
    health,
    limitations,
    me,
    members,
    page,
    search,
    sharing,
)
from wireside.entrypoints.http.errors import answer_errors
from wireside.entrypoints.observability import Event, entrypoint

NO_CONTEXT: Any = None
"""Nothing behind Mangum asks for Lambda's context."""
NOUNS = (
    account,
    me,
    conversations,
    members,
    sharing,
    exports,
    search,
    admin,
    limitations,
    health,
    page,
)


class Api(FastAPI):
    """The application, and its description as OpenAPI."""

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        if self.openapi_schema is None:
            from wireside.entrypoints.http.description import describe

            routes = [
                each
                for each in self.routes
                if isinstance(each, APIRoute) and each.include_in_schema
            ]
            self.openapi_schema = describe(self, routes)
        return self.openapi_schema


def build() -> FastAPI:
    """Return the application."""
    app = Api(title="Wireside", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    for each in NOUNS:
        # FastAPI's own `include_router` would make every route a second time.
        app.router.routes.extend(each.routes.routes)
    answer_errors(app)
    return app


_adapter: list[Mangum] = []


def _mangum() -> Mangum:
    asyncio.set_event_loop(event_loop())  # Mangum takes the one that is set
    if not _adapter:
        _adapter.append(Mangum(build(), lifespan="off"))
    return _adapter[0]


def _keys(event: Event) -> dict[str, str]:
    """Return the name under which the gateway's access log has the request."""
    return {"gateway_request_id": str(event.get("requestContext", {}).get("requestId"))}


@entrypoint(keys=_keys)
def api(event: Event) -> Any:
    """Answer one HTTP request."""
    return _mangum()(dict(event), NO_CONTEXT)
