"""Take out of installed packages what no function needs at run time, for the Makefile beside it.

Licences, metadata and entry points of every package stay.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

SERVICES = frozenset(
    {"apigatewaymanagementapi", "bedrock-runtime", "dynamodb", "s3", "sqs", "ssm", "sts"}
)
"""The AWS services that functions call. The descriptions of some 400 others are half of boto3."""

ENDPOINTS = (SERVICES - {"apigatewaymanagementapi", "bedrock-runtime"}) | {"execute-api"}
"""The same services by the names of their endpoints."""

DIRECTORIES = (
    "bin",
    "boto3/examples",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    "pydantic/v1",  # FastAPI imports it where it is there, a twentieth of the API's cold start
    "*/.agents",
    "**/__pycache__",
    "**/tests",
    "**/test",
)
FILES = (
    ".lock",
    "botocore/data/*/*/examples-*.json",
    "multidict/_testcapi*.so",
    "**/*.pyi",
    "**/*.py[xc]",
    "**/*.px[di]",
    "**/*.[ch]",
    "**/.hash",
)
RECORDS = ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "zip-safe")


def slim(packages: Path) -> None:
    """Delete from ``packages``, which an installer filled, what only builds and tests need."""
    for path in [*_unused_services(packages), *_matching(packages, DIRECTORIES)]:
        shutil.rmtree(path)
    _forget_endpoints(packages / "botocore/data/endpoints.json")
    for path in [*_matching(packages, FILES), *_installer_records(packages)]:
        path.unlink()


def _forget_endpoints(path: Path) -> None:
    """Keep the endpoints of the services that are used: every client reads the whole file."""
    known = json.loads(path.read_text(encoding="utf-8"))
    for partition in known["partitions"]:
        used = partition["services"].keys() & ENDPOINTS
        partition["services"] = {name: partition["services"][name] for name in sorted(used)}
    # A new file: an installer may share the old one with other places by a hard link.
    path.unlink()
    path.write_text(json.dumps(known, separators=(",", ":")), encoding="utf-8")


def _unused_services(packages: Path) -> Iterator[Path]:
    services = chain((packages / "botocore/data").iterdir(), (packages / "boto3/data").iterdir())
    return (path for path in services if path.is_dir() and path.name not in SERVICES)


def _matching(packages: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in packages.glob(pattern))


def _installer_records(packages: Path) -> Iterator[Path]:
    return (path for name in RECORDS for path in packages.glob(f"*.dist-info/{name}"))


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
