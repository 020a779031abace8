"""Starts everything in order, and ends it in the reverse one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from local import stack as stacks
from local.assistants import AssistantsWrongError, check, line
from local.aws import Aws
from local.emulator import CREDENTIALS, Emulator, provision
from local.gateway import Gateway
from local.http_api import BODY_BYTES, HttpApi
from local.intrinsics import TemplateError
from local.invoke import ROUTE, Invoke
from local.management import Management
from local.model import REGION, Function
from local.options import OptionError, Options
from local.page import Page
from local.parameters import Parameters
from local.place import Place
from local.reload import watch
from local.runtime import Pool
from local.sources import sources
from local.tokens import SecretError, secret_of

KEYS_PATH = "/wireside/model-keys"
HOSTS = ("localhost", "127.0.0.1")


class PortTakenError(OSError):
    """Somebody listens on the port already."""


def say(text: str) -> None:
    """Print one line."""
    print(text, flush=True)


@dataclass(frozen=True, slots=True)
class Account:
    """What an AWS account is elsewhere: the resources, and the place of the functions."""

    stack: stacks.Stack
    emulator: Emulator
    place: Place
    secret: str


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[Emulator]:
    """Run the whole system; it is ready inside the context, which has what it cannot do without.

    Raises: PortTakenError, SecretError, TemplateError, AssistantsWrongError.
    """
    await _refuse_taken(options.port)
    async with AsyncExitStack() as ending:
        account = await _account(options, ending)
        pools = _pools(account, options, ending)
        await _warm(account, pools)
        await _follow(account, pools, options, ending)
        await _open(account, pools, options, ending)
        if entries := account.stack.parameters.get("Assistants"):
            say(line(entries))
        yield account.emulator


async def _account(options: Options, ending: AsyncExitStack) -> Account:
    """Start the stand-ins of AWS's services and make what the template declares."""
    logs = options.data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    secret = secret_of(options.data, options.secret)
    emulator = Emulator(options.data)
    ending.push_async_callback(emulator.stop)
    stack, _ = await asyncio.gather(
        asyncio.to_thread(stacks.load, options.root, _overrides(options)), emulator.start()
    )
    named = stack.parameters.get("JwtSecretParameter")
    secrets = {str(named): secret} if named else {}
    parameters = Parameters(secrets | options.assistants.secrets(KEYS_PATH))
    await parameters.start()
    ending.push_async_callback(parameters.stop)
    await asyncio.to_thread(provision, emulator, stack)
    variables = _variables(emulator, stack, options.port)
    variables["AWS_ENDPOINT_URL_SSM"] = parameters.url
    times = _times(options)
    return Account(stack, emulator, Place(options.root, logs, variables, say, times), secret)


def _times(options: Options) -> Path | None:
    """Return where functions are to write their times, empty, if they are."""
    if not options.times:
        return None
    times = options.data / "times"
    times.mkdir(exist_ok=True)
    for each in times.iterdir():
        each.unlink()
    return times


def _overrides(options: Options) -> dict[str, str]:
    """Return the template's parameters that differ from its own defaults here."""
    overrides = {"AllowedOrigins": ",".join(_origins(options)), "ModelKeysPath": KEYS_PATH}
    overrides |= options.identity
    overrides |= options.connections
    overrides["ConnectionSeconds"] = str(max(1, round(options.limits.lifetime_seconds)))
    overrides |= {"ParentOrigins": " ".join(options.parents)} if options.parents else {}
    overrides |= {"LogLevel": options.log_level} if options.log_level else {}
    return {**overrides, **options.assistants.overrides(KEYS_PATH), **options.parameters}


def _origins(options: Options) -> list[str]:
    return [f"http://{host}:{options.port}" for host in HOSTS]


def _pools(account: Account, options: Options, ending: AsyncExitStack) -> dict[str, Pool]:
    pools = {
        name: Pool(_with_emulator(function, account.emulator), account.place, options.workers)
        for name, function in account.stack.functions.items()
    }
    for pool in pools.values():
        ending.push_async_callback(pool.stop)
    return pools


def _called_by_sources(stack: stacks.Stack) -> set[str]:
    """Return the functions that nobody waits for."""
    mapped = {each.function for each in stack.mappings}
    return mapped | {each.function for each in stack.schedules} | stack.called_and_forgotten


async def _warm(account: Account, pools: Mapping[str, Pool]) -> None:
    """Have one worker ready of each function that somebody waits for."""
    aside = _called_by_sources(account.stack)
    await asyncio.gather(
        _check_assistants(account.stack, account.place),
        *(pool.warm() for name, pool in pools.items() if name not in aside),
    )


async def _follow(
    account: Account, pools: Mapping[str, Pool], options: Options, ending: AsyncExitStack
) -> None:
    """Start the event sources and what watches the source code."""
    stack = account.stack
    aws = Aws(account.emulator.url)
    ending.push_async_callback(aws.close)
    found = sources(stack, account.emulator, aws, pools, options.schedule_seconds)
    followers = [asyncio.create_task(each.run()) for each in found]
    followers.append(asyncio.create_task(watch(stack, pools, say)))
    followers += [asyncio.create_task(pools[each].warm()) for each in _called_by_sources(stack)]
    ending.push_async_callback(_cancel, followers)


async def _open(
    account: Account, pools: Mapping[str, Pool], options: Options, ending: AsyncExitStack
) -> None:
    """Open the port: WebSockets, HTTP API, connection management, Lambda's Invoke, the page."""
    stack, domain = account.stack, f"localhost:{options.port}"
    gateway = Gateway(stack.websocket, pools, options.limits, domain)
    http = HttpApi(stack.http_routes, stack.cors, pools, domain)
    signs = None if options.identity else account.secret
    origins = frozenset(_origins(options))
    page = Page(options.root / "web", stack.page_headers, signs, origins, options.parents)
    invoke = Invoke(pools)
    runner = await _listen(_application(gateway, http, invoke, page), options.port)
    ending.push_async_callback(runner.cleanup)
    ending.push_async_callback(invoke.close)
    ending.push_async_callback(gateway.close)


async def _check_assistants(stack: stacks.Stack, place: Place) -> None:
    """Say at the start what is wrong with them, not with the first message."""
    for function in stack.functions.values():
        if "WIRESIDE_ASSISTANTS" in function.environment:
            await check(function, place)
            return


async def _refuse_taken(port: int) -> None:
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


def _variables(emulator: Emulator, stack: stacks.Stack, port: int) -> dict[str, str]:
    """Return what the AWS SDKs read to find the stand-ins: standard names, none of our own."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_SESSION_TOKEN": "local",
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": (
            f"http://127.0.0.1:{port}/{stack.websocket.stage}"
        ),
        "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{port}",
    }


def _with_emulator(function: Function, emulator: Emulator) -> Function:
    environment = {
        name: value.replace("{ministack}", emulator.url)
        for name, value in function.environment.items()
    }
    return replace(function, environment=environment)


def _application(gateway: Gateway, http: HttpApi, invoke: Invoke, page: Page) -> web.Application:
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


async def _listen(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=2_048).start()
    except OSError as error:
        await runner.cleanup()
        raise _taken(port) from error
    return runner


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(options: Options) -> int:
    """Run until a signal ends it, or ministack does; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    started = loop.time()
    try:
        async with running(options) as emulator:
            took = loop.time() - started
            say(f"Wireside is ready after {took:.1f} s: http://localhost:{options.port}")
            await _until(stop, emulator)
            say("stopping")
    except (
        PortTakenError,
        SecretError,
        TemplateError,
        AssistantsWrongError,
        RuntimeError,
    ) as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


async def _until(stop: asyncio.Event, emulator: Emulator) -> None:
    """Wait for the signal.

    Raises: RuntimeError when ministack ends before it: nothing works without it.
    """
    waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(emulator.process.wait())}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
    if not stop.is_set():
        status = emulator.process.returncode
        message = f"ministack ended by itself, status {status}; what came since the start is lost"
        raise RuntimeError(message)


def main() -> int:
    """Run with the options of the environment."""
    try:
        options = Options.from_environment(os.environ)
    except OptionError as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return asyncio.run(serve(options))
