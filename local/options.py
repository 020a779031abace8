"""What the environment of ``make run`` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.assistants import Assistants
from local.gateway import Limits
from local.websocket import MAX_BUFFER_BYTES

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 8
IDENTITY = {
    "WIRESIDE_JWKS_URL": "JwksUrl",
    "WIRESIDE_JWT_ISSUER": "JwtIssuer",
    "WIRESIDE_JWT_AUDIENCE": "JwtAudience",
}
"""Variables by which another identity provider signs the tokens, and the template's parameters."""
CONNECTIONS = {
    "WIRESIDE_CONNECTIONS_PER_USER": ("ConnectionsPerUser", "10"),
    "WIRESIDE_CONNECTS_PER_MINUTE": ("ConnectsPerMinute", "0"),
    "WIRESIDE_TRUSTED_PROXIES": ("TrustedProxies", ""),
}
"""Variables that limit connections, the template's parameters, and what holds here unless set.

Everybody on one machine comes from one address: that limit is off.
"""
LAST_PORT = 65_535


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
    parents: tuple[str, ...] = ()
    connections: Mapping[str, str] = field(default_factory=dict)
    log_level: str | None = None
    schedule_seconds: float | None = None
    workers: int = WORKERS
    assistants: Assistants = field(default_factory=Assistants)
    parameters: Mapping[str, str] = field(default_factory=dict)
    times: bool = False
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
            parents=tuple((environ.get("WIRESIDE_PARENT_ORIGINS") or "").split()),
            connections=_connections(environ),
            log_level=environ.get("LOCAL_LOG_LEVEL") or None,
            schedule_seconds=(
                _number(environ, "LOCAL_SCHEDULE_SECONDS", 1)
                if environ.get("LOCAL_SCHEDULE_SECONDS")
                else None
            ),
            workers=int(_number(environ, "LOCAL_WORKERS", WORKERS)),
            assistants=Assistants.from_environment(environ),
            parameters=_parameters(environ),
            times=environ.get("LOCAL_TIMES") == "1",
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


def _parameters(environ: Mapping[str, str]) -> dict[str, str]:
    """Return values of the template's parameters: ``Name=value``, parted by spaces."""
    text = environ.get("LOCAL_PARAMETERS") or ""
    pairs = [each.partition("=") for each in text.split()]
    if not all(name.isalnum() and between for name, between, _ in pairs):
        message = f"LOCAL_PARAMETERS must be Name=value, parted by spaces, not {text}"
        raise OptionError(message)
    return {name: value for name, _, value in pairs}


def _connections(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the template's parameters that limit connections."""
    found = {}
    for variable, (parameter, otherwise) in CONNECTIONS.items():
        found[parameter] = environ.get(variable) or otherwise
        if parameter != "TrustedProxies" and not found[parameter].isdecimal():
            message = f"{variable} must be a whole number, not {found[parameter]}"
            raise OptionError(message)
    return found


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
