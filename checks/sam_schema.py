"""Finds misspelt properties of SAM resources, which ``sam validate --lint`` lets through."""

import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic.v1 import ValidationError
from samtranslator.internal.schema_source import schema
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"


def findings(template: dict[str, Any]) -> list[str]:
    """Return what SAM's own models say against its resources in a template, one line each."""
    return [
        f"{name}.{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
        for name, resource in template["Resources"].items()
        if resource["Type"].startswith("AWS::Serverless::")
        for each in _against(_models()[resource["Type"]], resource)
    ]


def _models() -> dict[str, Any]:
    """Return SAM's models by the type that each is for."""
    union = schema.SamModel.__fields__["Resources"].type_
    models: dict[str, Any] = {}
    for each in get_args(union):
        for kind in get_args(get_type_hints(each).get("Type")):
            models[str(kind)] = each
    return models


def _against(model: Any, resource: dict[str, Any]) -> list[Any]:
    try:
        model(**resource)
    except ValidationError as error:
        return list(error.errors())
    return []


def main() -> int:
    """Print the findings; return the exit status."""
    found = findings(yaml_parse(TEMPLATE.read_text(encoding="utf-8")))
    for line in found:
        print(f"template.yaml: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
