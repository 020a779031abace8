"""Uploads the page into the bucket of a deployed stack, with the addresses that it needs.

Usage: ``python -m deploy.page <stack name>``, with AWS credentials in the environment.
"""

import json
import mimetypes
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from deploy.lean import lean

WEB = Path(__file__).resolve().parent.parent / "web"
SHIPPED = {".html", ".js", ".css", ".svg", ".txt"}
"""Texts are the licences of what others wrote: they go wherever that goes."""


def config(outputs: Mapping[str, str]) -> str:
    """Return ``config.json`` for a stack with these outputs."""
    return json.dumps(
        {
            "api": outputs["HttpApiUrl"],
            "websocket": outputs["WebSocketUrl"],
            "sign_in": "token",
            "parents": [each for each in outputs["ParentOrigins"].split() if each != "-"],
        }
    )


def page_files() -> dict[str, Path]:
    """Return the files of the page by the path that they are served at."""
    return {
        path.relative_to(WEB).as_posix(): path
        for path in sorted(WEB.rglob("*"))
        if path.is_file() and path.suffix in SHIPPED
    }


def outputs_of(stack: str) -> dict[str, str]:
    """Return what a deployed stack says of itself."""
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)
    return {each["OutputKey"]: each["OutputValue"] for each in described["Stacks"][0]["Outputs"]}


def upload(s3: Any, outputs: Mapping[str, str]) -> None:
    """Put page and addresses into the stack's bucket."""
    bucket = outputs["PageBucketName"]
    for key, path in page_files().items():
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(key)[0]
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=lean(path),
            ContentType=f"{kind}; charset=utf-8",
            CacheControl="no-cache",
        )
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=config(outputs).encode(),
        ContentType="application/json",
        CacheControl="no-store",
    )


if __name__ == "__main__":
    found = outputs_of(sys.argv[1])
    upload(boto3.client("s3"), found)
    print(found["PageUrl"])
