"""The expanded template's resources, each with its properties resolved on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.template.errors import TemplateError
from local.template.intrinsics import Resolver
from local.template.names import Names


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the stack, its properties resolved."""

    id: str
    type: str
    properties: Mapping[str, Any]

    def required(self, key: str) -> Any:
        """A property that must be there.

        Raises: `TemplateError` when it is not.
        """
        if key not in self.properties:
            raise TemplateError(f"{self.id}: {key} is missing")
        return self.properties[key]

    def only(self, known: frozenset[str]) -> None:
        """Refuses properties that the local run would silently not honour.

        Raises: `TemplateError` naming them.
        """
        if unknown := self.properties.keys() - known:
            raise TemplateError(f"{self.id}: {self.type} with {', '.join(sorted(unknown))} is not known here")


class Resources:
    """The resources whose condition holds. `root` is the directory of the template."""

    def __init__(self, template: Mapping[str, Any], resolver: Resolver, names: Names, root: Path) -> None:
        self._raw: Mapping[str, Any] = template["Resources"]
        self._resolver = resolver
        self.names = names
        self.root = root

    def of(self, kind: str) -> Iterator[Resource]:
        """Every resource of that type, in the template's order."""
        for logical_id, raw in self._raw.items():
            if raw["Type"] == kind and self._resolver.exists(raw):
                yield Resource(logical_id, kind, self._resolver.resolve(raw.get("Properties", {})))

    def only_of(self, kind: str, where: Mapping[str, str]) -> Resource | None:
        """The one resource of that type with these property values, if there is one.

        Raises: `TemplateError` when there are several.
        """
        found = [r for r in self.of(kind) if all(r.properties.get(k) == v for k, v in where.items())]
        if len(found) > 1:
            raise TemplateError(f"more than one {kind} {dict(where)}: {', '.join(r.id for r in found)}")
        return found[0] if found else None

    def types(self) -> Iterator[tuple[str, str]]:
        """Logical id and type of every resource."""
        for logical_id, raw in self._raw.items():
            if self._resolver.exists(raw):
                yield logical_id, raw["Type"]
