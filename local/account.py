"""What an AWS account is elsewhere: stand-ins of its services, and what the template declares."""

import asyncio
from collections.abc import Container, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from local import template
from local.console import say
from local.emulator import CREDENTIALS, Emulator, provision
from local.model import REGION
from local.options import OptionError, Options
from local.parameters import Parameters
from local.place import Place
from local.stack import Stack
from local.tokens import secret_of

KEYS_PATH = "/wireside/model-keys"
HOSTS = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Account:
    """What an AWS account is elsewhere: the resources, and the place of the functions."""

    stack: Stack
    emulator: Emulator
    place: Place
    secret: str


async def account(options: Options, ending: AsyncExitStack) -> Account:
    """Start the stand-ins of AWS's services and make what the template declares.

    Raises: OptionError, SecretError, TemplateError.
    """
    logs = logs_of(options.data)
    secret = secret_of(options.data, options.secret)
    emulator = Emulator(options.data)
    ending.push_async_callback(emulator.stop)
    stack, _ = await asyncio.gather(
        asyncio.to_thread(template.load, options.root, _overrides(options)), emulator.start()
    )
    refuse_unknown(options.parameters, stack.parameters)
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


def logs_of(data: Path) -> Path:
    """Return where logs are, made when they are not.

    Raises: OptionError.
    """
    logs = data / "logs"
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"DATA_DIR cannot be {data}: {error.strerror}"
        raise OptionError(message) from error
    return logs


def refuse_unknown(given: Iterable[str], declared: Container[str]) -> None:
    """Let no parameter pass that the template does not have.

    Raises: OptionError.
    """
    if unknown := [each for each in given if each not in declared]:
        message = f"LOCAL_PARAMETERS: the template has no {', '.join(unknown)}"
        raise OptionError(message)


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
    overrides = {"AllowedOrigins": ",".join(origins(options)), "ModelKeysPath": KEYS_PATH}
    overrides |= options.identity
    overrides |= options.connections
    overrides["ConnectionSeconds"] = str(max(1, round(options.limits.lifetime_seconds)))
    overrides |= {"ParentOrigins": " ".join(options.parents)} if options.parents else {}
    overrides |= {"LogLevel": options.log_level} if options.log_level else {}
    return {**overrides, **options.assistants.overrides(KEYS_PATH), **options.parameters}


def origins(options: Options) -> list[str]:
    """Return where the page is: one address by each name of this machine."""
    return [f"http://{host}:{options.port}" for host in HOSTS]


def _variables(emulator: Emulator, stack: Stack, port: int) -> dict[str, str]:
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
