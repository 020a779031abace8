"""Who answers in the local run: the model that the environment names, otherwise the demo.

The variables are those that the vendors' own clients read.
Source: https://github.com/openai/openai-python#usage
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.model import Function
from local.place import Place

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-5.4-mini"
"""Small, current, and quick to begin.

Source: https://developers.openai.com/api/docs/models/gpt-5.4-mini
"""
KEY_NAME = "openai"
KEYS = {
    KEY_NAME: "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "dify": "DIFY_API_KEY",
    "bedrock": "AWS_BEARER_TOKEN_BEDROCK",
}
"""Which variable has the key that assistants name so beneath the path of keys."""
CHECK = """
import os, sys
from wireside.settings import Settings, SettingsError
try:
    Settings.from_environment(os.environ)
except SettingsError as error:
    sys.exit(str(error))
"""


class AssistantsWrongError(ValueError):
    """The assistants cannot be. ``str()`` is one line that names the field."""


@dataclass(frozen=True, slots=True)
class Assistants:
    """What the environment says of assistants. Keys are not shown in its ``repr``."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    base_url: str = OPENAI_URL
    model: str = DEFAULT_MODEL
    given: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Assistants":
        """Read the keys, OPENAI_BASE_URL, OPENAI_MODEL and WIRESIDE_ASSISTANTS."""
        keys = {name: environ.get(variable, "").strip() for name, variable in KEYS.items()}
        return cls(
            keys={name: key for name, key in keys.items() if key},
            base_url=environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL,
            model=environ.get("OPENAI_MODEL", "").strip() or DEFAULT_MODEL,
            given=environ.get("WIRESIDE_ASSISTANTS", "").strip() or None,
        )

    def overrides(self, keys_path: str) -> dict[str, str]:
        """Return the template's parameters that differ from its own defaults."""
        if self.given is not None:
            return {"Assistants": self.given}
        if KEY_NAME not in self.keys:
            return {}
        entry: dict[str, Any] = {
            "name": "openai",
            "display_name": self.model,
            "provider": "openai",
            "model": self.model,
            "base_url": self.base_url,
            "api_key_parameter": f"{keys_path}/{KEY_NAME}",
        }
        return {"Assistants": json.dumps([entry])}

    def secrets(self, keys_path: str) -> dict[str, str]:
        """Return the keys by their parameters' names."""
        return {f"{keys_path}/{name}": key for name, key in self.keys.items()}


def line(entries: str) -> str:
    """Return who answers, in one line, from the entries that the functions were given."""
    return "answers come from " + ", ".join(map(_said, json.loads(entries)))


def _said(entry: Mapping[str, Any]) -> str:
    if entry["provider"] == "demo":
        return "the demo, which is no model (set OPENAI_API_KEY for one)"
    provider = entry["provider"]
    usual = OPENAI_URL if provider == KEY_NAME else f"{provider}'s own address"
    return f"{entry.get('model', entry['name'])} at {entry.get('base_url', usual)}"


async def check(function: Function, place: Place) -> None:
    """Let the service itself read its settings, in a process like the function's.

    Raises: AssistantsWrongError.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHECK,
        env={
            **function.environment,
            **place.variables,
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(place.python_path(function)),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise AssistantsWrongError(said.decode("utf-8", "replace").strip().splitlines()[-1])
