"""Starts everything in order, and ends it in the reverse one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import web

from local import stack as stacks
from local.assistants import Assistants, AssistantsWrongError, check, line
from local.aws import Aws
from local.emulator import CREDENTIALS, Emulator, provision
from local.gateway import Gateway, Limits
from local.http_api import BODY_BYTES, HttpApi
from local.intrinsics import TemplateError
from local.management import Management
from local.model import REGION, Function
from local.page import Page
from local.parameters import Parameters
from local.place import Place
from local.reload import watch
from local.runtime import Pool
from local.sources import sources
from local.tokens import SecretError, secret_of
from local.websocket import MAX_BUFFER_BYTES

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 8
IDENTITY = {
    "WIRESIDE_JWKS_URL": "JwksUrl",
    "WIRESIDE_JWT_ISSUER": "JwtIssuer",
    "WIRESIDE_JWT_AUDIENCE": "JwtAudience",
}
"""Variables by which another identity provider signs the tokens, and the template's parameters."""
KEYS_PATH = "/wireside/model-keys"
LAST_PORT = 65_535


class PortTakenError(OSError):
    """Somebody listens on the port already."""


class OptionError(ValueError):
    """A variable of the environment cannot be used. ``str()`` is one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment of ``make run`` may say. ``limits`` are API Gateway's, compressible.

    ``root`` is where ``template.yaml`` and ``web/`` are, ``.build`` too.
    """

    port: int = 8000
    data: Path = ROOT / ".data"
    root: Path = ROOT
    secret: str | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    log_level: str | None = None
    workers: int = WORKERS
    assistants: Assistants = field(default_factory=Assistants)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Options":
        """Read PORT, DATA_DIR, WIRESIDE_JWT_SECRET, the assistants' and the gateway's switches.

        Raises: OptionError.
        """
        root = Path(environ.get("LOCAL_ROOT") or ROOT).absolute()
        return cls(
            port=int(_number(environ, "PORT", 8000)),
            data=Path(environ.get("DATA_DIR") or root / ".data").absolute(),
            root=root,
            secret=environ.get("WIRESIDE_JWT_SECRET") or None,
            identity=_identity(environ),
            log_level=environ.get("LOCAL_LOG_LEVEL") or None,
            workers=int(_number(environ, "LOCAL_WORKERS", WORKERS)),
            assistants=Assistants.from_environment(environ),
            limits=Limits(
                idle_seconds=_number(environ, "LOCAL_IDLE_SECONDS", 600),
                lifetime_seconds=_number(environ, "LOCAL_LIFETIME_SECONDS", 7_200),
                integration_seconds=_number(environ, "LOCAL_INTEGRATION_SECONDS", 29),
                send_buffer_bytes=int(
                    _number(environ, "LOCAL_SEND_BUFFER_BYTES", MAX_BUFFER_BYTES)
                ),
                tell_disconnects=environ.get("LOCAL_LOSE_DISCONNECTS") != "1",
                refuses_binary=environ.get("LOCAL_REFUSE_BINARY") == "1",
            ),
        )


def _identity(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the template's parameters of another identity provider; none without its JWKS."""
    named = {parameter: environ.get(variable) for variable, parameter in IDENTITY.items()}
    given = {parameter: value for parameter, value in named.items() if value}
    return given if "JwksUrl" in given else {}


def _number(environ: Mapping[str, str], name: str, otherwise: float) -> float:
    text = environ.get(name) or str(otherwise)
    try:
        value = float(text)
    except ValueError:
        value = -1
    if value <= 0 or (name == "PORT" and value > LAST_PORT):
        message = f"{name} must be a number that makes sense, not {text}"
        raise OptionError(message)
    return value


def say(line: str) -> None:
    """Print one line."""
    print(line, flush=True)


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[None]:
    """Run the whole system; it is ready inside the context.

    Raises: PortTakenError, SecretError, TemplateError, AssistantsWrongError.
    """
    await _refuse_taken(options.port)
    options.data.mkdir(parents=True, exist_ok=True)
    logs = options.data / "logs"
    logs.mkdir(exist_ok=True)
    secret = secret_of(options.data, options.secret)
    origins = [f"http://{host}:{options.port}" for host in ("localhost", "127.0.0.1")]
    emulator = Emulator(options.data)
    async with AsyncExitStack() as ending:
        ending.push_async_callback(emulator.stop)
        overrides = {"AllowedOrigins": ",".join(origins), **options.identity}
        overrides |= {"LogLevel": options.log_level} if options.log_level else {}
        overrides |= options.assistants.overrides(KEYS_PATH)
        stack, _ = await asyncio.gather(
            asyncio.to_thread(stacks.load, options.root, overrides | {"ModelKeysPath": KEYS_PATH}),
            emulator.start(),
        )
        parameter = stack.parameters.get("JwtSecretParameter")
        secrets = {str(parameter): secret} if parameter else {}
        parameters = Parameters(secrets | options.assistants.secrets(KEYS_PATH))
        await parameters.start()
        ending.push_async_callback(parameters.stop)
        await asyncio.to_thread(provision, emulator, stack)
        variables = _variables(emulator, stack, options.port)
        variables["AWS_ENDPOINT_URL_SSM"] = parameters.url
        place = Place(options.root, logs, variables, say)
        pools = {
            name: Pool(_with_emulator(function, emulator), place, options.workers)
            for name, function in stack.functions.items()
        }
        for pool in pools.values():
            ending.push_async_callback(pool.stop)
        domain = f"localhost:{options.port}"
        gateway = Gateway(stack.websocket, pools, options.limits, domain)
        http = HttpApi(stack.http_routes, stack.cors, pools, domain)
        signs = None if options.identity else secret
        page = Page(options.root / "web", stack.page_headers, signs, frozenset(origins))
        aside = {each.function for each in stack.mappings}
        aside |= {each.function for each in stack.schedules}
        await asyncio.gather(
            _check_assistants(stack, place),
            *(pool.warm() for name, pool in pools.items() if name not in aside),
        )
        aws = Aws(emulator.url)
        ending.push_async_callback(aws.close)
        followers = [
            asyncio.create_task(each.run()) for each in sources(stack, emulator, aws, pools)
        ]
        followers.append(asyncio.create_task(watch(stack, pools, say)))
        followers += [asyncio.create_task(pools[name].warm()) for name in sorted(aside)]
        ending.push_async_callback(_cancel, followers)
        runner = await _listen(_application(gateway, http, page), options.port)
        ending.push_async_callback(runner.cleanup)
        ending.push_async_callback(gateway.close)
        if entries := stack.parameters.get("Assistants"):
            say(line(entries))
        yield


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
    }


def _with_emulator(function: Function, emulator: Emulator) -> Function:
    environment = {
        name: value.replace("{ministack}", emulator.url)
        for name, value in function.environment.items()
    }
    return replace(function, environment=environment)


def _application(gateway: Gateway, http: HttpApi, page: Page) -> web.Application:
    app, stage = web.Application(client_max_size=BODY_BYTES), gateway.api.stage
    management = Management(gateway)
    app.router.add_route("*", f"/{stage}/@connections/{{id}}", management.handle)
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
    """Run until a signal ends it; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    started = loop.time()
    try:
        async with running(options):
            say(
                f"Wireside is ready after {loop.time() - started:.1f} s: http://localhost:{options.port}"
            )
            await stop.wait()
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


def main() -> int:
    """Run with the options of the environment."""
    try:
        options = Options.from_environment(os.environ)
    except OptionError as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return asyncio.run(serve(options))
