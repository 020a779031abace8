"""Starts everything in order, and ends it in the reverse one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from local import stack as stacks
from local.emulator import CREDENTIALS, Emulator, provision
from local.gateway import HTTP_BODY_BYTES, Gateway, Limits
from local.management import Management
from local.page import Page
from local.reload import watch
from local.runtime import Place, Pool
from local.sources import sources
from local.tokens import SecretError, secret_of

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 6


class PortTakenError(OSError):
    """Somebody listens on the port already."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment of ``make run`` may say. ``limits`` are API Gateway's, compressible."""

    port: int = 8000
    data: Path = ROOT / ".data"
    secret: str | None = None
    workers: int = WORKERS
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Options":
        """Read PORT, DATA_DIR, WIRESIDE_JWT_SECRET and the switches of the gateway."""
        return cls(
            port=int(environ.get("PORT") or 8000),
            data=Path(environ.get("DATA_DIR") or ROOT / ".data").absolute(),
            secret=environ.get("WIRESIDE_JWT_SECRET") or None,
            workers=int(environ.get("LOCAL_WORKERS") or WORKERS),
            limits=Limits(
                idle_seconds=float(environ.get("LOCAL_IDLE_SECONDS") or 600),
                lifetime_seconds=float(environ.get("LOCAL_LIFETIME_SECONDS") or 7_200),
                tell_disconnects=environ.get("LOCAL_LOSE_DISCONNECTS") != "1",
            ),
        )


def say(line: str) -> None:
    """Print one line."""
    print(line, flush=True)


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[None]:
    """Run the whole system; it is ready inside the context.

    Raises: PortTakenError, SecretError, TemplateError.
    """
    await _free(options.port)
    options.data.mkdir(parents=True, exist_ok=True)
    logs = options.data / "logs"
    logs.mkdir(exist_ok=True)
    secret = secret_of(options.data, options.secret)
    origins = [f"http://{host}:{options.port}" for host in ("localhost", "127.0.0.1")]
    stack = stacks.load(ROOT, {"AllowedOrigins": ",".join(origins)})
    emulator = Emulator(options.data)
    async with AsyncExitStack() as ending:
        ending.push_async_callback(emulator.stop)
        await emulator.start()
        secrets = {str(stack.parameters["JwtSecretParameter"]): secret}
        await asyncio.to_thread(provision, emulator, stack, secrets)
        place = Place(ROOT, logs, _variables(emulator, stack, options.port), say)
        pools = {
            name: Pool(_with_emulator(function, emulator), place, options.workers)
            for name, function in stack.functions.items()
        }
        for pool in pools.values():
            ending.push_async_callback(pool.stop)
        gateway = Gateway(
            stack.websocket, stack.http_routes, pools, options.limits, f"localhost:{options.port}"
        )
        page = Page(ROOT / "web", stack.page_headers, secret, frozenset(origins))
        await asyncio.gather(*(pool.warm() for pool in pools.values()))
        followers = [
            asyncio.create_task(each.run()) for each in sources(stack, emulator, pools)
        ]
        followers.append(asyncio.create_task(watch(stack, pools, say)))
        ending.push_async_callback(_cancel, followers)
        runner = await _listen(_application(gateway, page, stack.websocket.stage), options.port)
        ending.push_async_callback(runner.cleanup)
        ending.push_async_callback(gateway.close)
        yield


async def _free(port: int) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        message = f"port {port} is taken; choose another one: make run PORT={port + 1}"
        raise PortTakenError(message) from None


def _variables(emulator: Emulator, stack: stacks.Stack, port: int) -> dict[str, str]:
    """Return what the AWS SDKs read to find the stand-ins: standard names, none of our own."""
    return {
        "AWS_REGION": stacks.REGION,
        "AWS_DEFAULT_REGION": stacks.REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": (
            f"http://127.0.0.1:{port}/{stack.websocket.stage}"
        ),
    }


def _with_emulator(function: stacks.Function, emulator: Emulator) -> stacks.Function:
    environment = {
        name: value.replace("{ministack}", emulator.url)
        for name, value in function.environment.items()
    }
    return stacks.Function(
        name=function.name,
        handler=function.handler,
        code=function.code,
        layers=function.layers,
        environment=environment,
        timeout_seconds=function.timeout_seconds,
        memory_megabytes=function.memory_megabytes,
    )


def _application(gateway: Gateway, page: Page, stage: str) -> web.Application:
    app = web.Application(client_max_size=HTTP_BODY_BYTES)
    management = Management(gateway)
    app.router.add_route("*", f"/{stage}/@connections/{{id}}", management.handle)
    for path in ("/ws", f"/{stage}"):
        app.router.add_get(path, gateway.websocket)
    for path in gateway.http_routes:
        app.router.add_route("*", path.replace("{proxy+}", "{proxy:.*}"), gateway.http)
    app.router.add_get("/config.json", page.config)
    app.router.add_post("/local/token", page.token)
    app.router.add_get("/{name:.*}", page.file)
    return app


async def _listen(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=2_048).start()
    except OSError as error:
        await runner.cleanup()
        message = f"port {port} is taken; choose another one: make run PORT={port + 1}"
        raise PortTakenError(message) from error
    return runner


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(options: Options) -> int:
    """Run until a signal ends it; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    started = loop.time()
    try:
        async with running(options):
            say(f"Wireside is ready after {loop.time() - started:.1f} s: http://localhost:{options.port}")
            await stop.wait()
            say("stopping")
    except (PortTakenError, SecretError, stacks.TemplateError, RuntimeError) as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def main() -> int:
    """Run with the options of the environment."""
    return asyncio.run(serve(Options.from_environment(os.environ)))
