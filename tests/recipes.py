"""The recipes of ``README.md``, as a shell reads them."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.assistants import KEYS, Assistants

README = Path(__file__).resolve().parent.parent / "README.md"
KEYS_PATH = "/wireside/model-keys"
DEMO = '[{"name": "demo", "provider": "demo"}]'
MAKE = '#!/bin/sh\necho "$@"\nenv -0\n'
"""What stands in for ``make``: it tells how it was called."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe, and the variables that it sets for ``make run``."""

    text: str
    variables: Mapping[str, str]

    @property
    def entries(self) -> Sequence[dict[str, Any]]:
        """Return the assistants that come of it."""
        known = Assistants.from_environment(self.variables).overrides(KEYS_PATH)
        entries: list[dict[str, Any]] = json.loads(known.get("Assistants", DEMO))
        return entries

    @property
    def keys(self) -> Mapping[str, str]:
        """Return the keys that it sets, by their variables."""
        return {name: self.variables[name] for name in KEYS.values() if name in self.variables}


@cache
def recipes() -> Sequence[Recipe]:
    """Return the recipes in their order."""
    return [Recipe(text, _run(text)) for text in _texts()]


def _texts() -> Iterator[str]:
    section = README.read_text("utf-8").split("### With a real model\n", 1)[1].split("\n## ", 1)[0]
    for block in section.split("```sh\n")[1:]:
        yield block.split("```", 1)[0]


def _run(text: str) -> dict[str, str]:
    """Return the environment that a recipe runs ``make run`` with."""
    with TemporaryDirectory() as folder:
        make = Path(folder) / "make"
        make.write_text(MAKE, encoding="utf-8")
        make.chmod(0o700)
        said = subprocess.run(
            ["/bin/sh", "-c", text],
            env={"PATH": f"{folder}:/usr/bin:/bin"},
            capture_output=True,
            check=True,
        )
    called, _, environment = said.stdout.decode().partition("\n")
    assert called == "run", text
    pairs = (each.partition("=") for each in environment.split("\0") if each)
    return {name: value for name, _, value in pairs if name.isupper() and name != "PATH"}
