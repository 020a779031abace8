"""Runs checkov over the template: what it finds is mended, or justified in the template itself.

The justifications stand under ``Metadata.checkov.skip``, one for each kind of finding, since a
reason that holds for one function holds for all. One that nothing needs is a finding too.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".venv-checkov" / "bin" / "checkov"
OPTIONS = ("--framework", "cloudformation", "--output", "json", "--skip-download", "--quiet")


def failed_checks(template: Path, program: Path = PROGRAM) -> list[dict[str, Any]]:
    """Return checkov's findings, each with ``check_id``, ``check_name`` and ``resource``.

    Raises: ValueError when checkov does not say what it found.
    """
    done = subprocess.run(  # noqa: S603 - our own program, our own template
        [str(program), "--file", str(template), *OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        cwd=template.parent,
    )
    try:
        found = json.loads(done.stdout)["results"]["failed_checks"]
    except (ValueError, KeyError, TypeError) as error:
        message = f"checkov failed: {done.stderr.strip()[-500:] or done.stdout[-500:]}"
        raise ValueError(message) from error
    return list(found)


def verdict(failed: Sequence[Mapping[str, Any]], template: Mapping[str, Any]) -> list[str]:
    """Return what is neither mended nor justified, and what is justified for nothing."""
    skips = template.get("Metadata", {}).get("checkov", {}).get("skip", ())
    justified = {each["id"] for each in skips if each.get("comment", "").strip()}
    open_ones = [
        f"{each['resource']}: {each['check_name']} ({each['check_id']})"
        for each in failed
        if each["check_id"] not in justified
    ]
    needless = justified - {each["check_id"] for each in failed}
    return [*open_ones, *(f"nothing needs the justification of {each}" for each in needless)]


def main() -> int:
    """Print the findings; return the exit status."""
    path = ROOT / "template.yaml"
    found = verdict(failed_checks(path), yaml_parse(path.read_text(encoding="utf-8")))
    for line in found:
        print(f"template.yaml: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
