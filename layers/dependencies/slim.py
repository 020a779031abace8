"""Take out of installed packages what no function needs at run time, for the Makefile beside it.

Licences, metadata and entry points of every package stay.
"""

import shutil
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

SERVICES = frozenset({"apigatewaymanagementapi", "dynamodb", "s3", "sqs", "ssm", "sts"})
"""The AWS services that functions call. The descriptions of some 400 others are half of boto3."""

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
    for path in [*_matching(packages, FILES), *_installer_records(packages)]:
        path.unlink()


def _unused_services(packages: Path) -> Iterator[Path]:
    services = chain((packages / "botocore/data").iterdir(), (packages / "boto3/data").iterdir())
    return (path for path in services if path.is_dir() and path.name not in SERVICES)


def _matching(packages: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in packages.glob(pattern))


def _installer_records(packages: Path) -> Iterator[Path]:
    return (path for name in RECORDS for path in packages.glob(f"*.dist-info/{name}"))


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
