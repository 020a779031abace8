"""Checks of one value each: what it must be is said without repeating what it was."""

import math
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from wireside.assistants.kinds import KINDS

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an assistant may be called: it becomes part of ids and of the table's keys."""
REGION = re.compile(r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}")
PARAMETER = re.compile(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


SHIPPED_TOOLS = ("search_conversation", "current_time")
OWN_TOOL = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w{0,63}", re.ASCII)
MOST_TOOLS = 20


class AssistantsError(ValueError):
    """The entry cannot be used. ``str()`` says where and why, in one line, without the entry."""


def text(value: object) -> str:
    """Want any text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        message = "must be a text"
        raise AssistantsError(message)
    return value


def name(value: object) -> str:
    """Want what may be part of ids and keys."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        message = "must have 1 to 64 of A-Z a-z 0-9 _ -"
        raise AssistantsError(message)
    return value


def provider(value: object) -> str:
    """Want a provider that there is."""
    if not isinstance(value, str) or value not in KINDS:
        message = f"must be one of {', '.join(KINDS)}"
        raise AssistantsError(message)
    return value


def one_of(*words: str) -> Callable[[object], str]:
    """Want one of these words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            message = f"must be one of {', '.join(words)}"
            raise AssistantsError(message)
        return value

    return check


def parameter(value: object) -> str:
    """Want the name of a parameter; who pastes the secret itself here is refused."""
    if not isinstance(value, str) or not PARAMETER.fullmatch(value):
        message = "must be the name of a parameter, such as /wireside/model-keys/openai"
        raise AssistantsError(message)
    return value


def region(value: object) -> str:
    """Want what may be part of a host's name."""
    if not isinstance(value, str) or not REGION.fullmatch(value):
        message = "must be a region, such as eu-central-1"
        raise AssistantsError(message)
    return value


def tools(value: object) -> tuple[str, ...]:
    """Want a list of tools: names of shipped ones, or ``module:function``."""
    names = value if isinstance(value, list) else [None]
    if not all(isinstance(each, str) and _is_tool(each) for each in names):
        message = f"must be a list of {', '.join(SHIPPED_TOOLS)} or module:function"
        raise AssistantsError(message)
    if len(set(names)) != len(names) or len(names) > MOST_TOOLS:
        message = f"must be a list of at most {MOST_TOOLS} different tools"
        raise AssistantsError(message)
    return tuple(names)


def _is_tool(reference: str) -> bool:
    return reference in SHIPPED_TOOLS or bool(OWN_TOOL.fullmatch(reference))


def whole(least: int, most: int) -> Callable[[object], int]:
    """Want a whole number between these two."""

    def check(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            message = f"must be a whole number from {least} to {most}"
            raise AssistantsError(message)
        return value

    return check


def number(above: float, most: float) -> Callable[[object], float]:
    """Want a number between these two."""

    def check(value: object) -> float:
        known = float(value) if type(value) in {int, float} else math.nan  # type: ignore[arg-type]
        if not above <= known <= most:
            message = f"must be a number from {above} to {most}"
            raise AssistantsError(message)
        return known

    return check


def base_url(value: object) -> str:
    """Want https, or http on this machine only: a key must not travel in the clear."""
    if not isinstance(value, str) or not value.isprintable() or not _is_address(value):
        message = "must be an https address, or an http one of this machine, and nothing more"
        raise AssistantsError(message)
    return value.rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    is_plain = parts.username is None and not parts.query and not parts.fragment
    return bool(host) and is_secure and is_plain


def _is_loopback(host: str) -> bool:
    import ipaddress  # for the few that have http at all

    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
