"""The one port: who listens on it, and what is served there."""

import asyncio

from aiohttp import web

from local.gateway import Gateway
from local.http_api import BODY_BYTES, HttpApi
from local.invoke import ROUTE, Invoke
from local.management import Management
from local.page import Page


class PortTakenError(OSError):
    """Somebody listens on the port already."""


async def refuse_taken(port: int) -> None:
    """Say so at once; that nobody comes in between is seen when it is listened to.

    Raises: PortTakenError.
    """
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    writer.close()
    raise _taken(port)


def _taken(port: int) -> PortTakenError:
    return PortTakenError(f"port {port} is taken; choose another one: make run PORT={port + 1}")


def application(gateway: Gateway, http: HttpApi, invoke: Invoke, page: Page) -> web.Application:
    """Return what is served: WebSockets, the HTTP API, connection management, Invoke, the page."""
    app, stage = web.Application(client_max_size=BODY_BYTES), gateway.api.stage
    management = Management(gateway)
    app.router.add_route("*", f"/{stage}/@connections/{{id}}", management.handle)
    app.router.add_post(ROUTE, invoke.handle)
    for path in ("/ws", f"/{stage}"):
        app.router.add_get(path, gateway.websocket)
    for path in sorted({each.path for each in http.routes}):
        app.router.add_route("*", path.replace("{proxy+}", "{proxy:.*}"), http.handle)
    app.router.add_get("/config.json", page.config)
    app.router.add_post("/local/token", page.token)
    app.router.add_get("/{name:.*}", page.file)
    return app


async def listen(app: web.Application, port: int) -> web.AppRunner:
    """Serve on the port of this machine alone; whoever calls cleans up.

    Raises: PortTakenError.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=2_048).start()
    except OSError as error:
        await runner.cleanup()
        raise _taken(port) from error
    return runner
