"""Finds misspelt properties of SAM resources, which ``sam validate --lint`` lets through."""

import sys
from pathlib import Path
from typing import Any

from pydantic.v1 import ValidationError
from samtranslator.internal.schema_source import schema
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"


def findings(template: dict[str, Any]) -> list[str]:
    """Return what the schema model of SAM says against a template, one line each."""
    try:
        schema.Model(**template)
    except ValidationError as error:
        return [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return []


def main() -> int:
    """Print the findings; return the exit status."""
    found = findings(yaml_parse(TEMPLATE.read_text(encoding="utf-8")))
    for line in found:
        print(f"template.yaml: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
