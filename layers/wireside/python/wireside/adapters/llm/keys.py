"""The keys of providers: named in the settings, kept where secrets are kept."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys come from: by the name of a secret. ``forget`` makes the next read a new one."""

    read: Callable[[str], str]
    forget: Callable[[str], None]
