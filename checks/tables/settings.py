"""The template's parameters, and which variables of the functions carry them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from checks.tables.markdown import code, codes, table

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "template.yaml"
SUBSTITUTED = re.compile(r"\$\{(\w+)\}")


def parameters() -> str:
    """Return name, default, meaning and variables of every parameter of the template."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    carried = _carried(template)
    rows = [
        (
            code(name),
            code(each.get("Default", "")),
            str(each["Description"]),
            codes(sorted(carried.get(name, ()))),
        )
        for name, each in template["Parameters"].items()
    ]
    return table(("parameter", "unless set", "means", "variable"), rows)


def _carried(template: Mapping[str, Any]) -> Mapping[str, set[str]]:
    """Return the variables of the functions by the parameter that they are made of."""
    carried: dict[str, set[str]] = {}
    for variable, value in _variables(template):
        for parameter in set(_references(value)) & set(template["Parameters"]):
            carried.setdefault(parameter, set()).add(variable)
    return carried


def _variables(template: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    functions = [template["Globals"]["Function"]]
    functions += [each.get("Properties", {}) for each in template["Resources"].values()]
    for each in functions:
        yield from each.get("Environment", {}).get("Variables", {}).items()


def _references(value: Any) -> Iterator[str]:
    """Yield the names that ``Ref`` and ``Fn::Sub`` mention anywhere in ``value``."""
    match value:
        case {"Ref": str() as name}:
            yield name
        case {"Fn::Sub": str() as text}:
            yield from SUBSTITUTED.findall(text)
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)
