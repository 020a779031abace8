"""The page that shows what the HTTP API says of itself."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from wireside.entrypoints.http import api
from wireside.entrypoints.http.page import FILES, KINDS

EVENTS = Path(__file__).resolve().parent.parent.parent / "events"


def fetch(path: str, **headers: str) -> dict[str, Any]:
    """Return what the function answers to a request without a token."""
    event = json.loads((EVENTS / "api.json").read_text("utf-8"))
    event["headers"], event["rawPath"] = headers, path
    event["requestContext"]["http"] |= {"method": "GET", "path": path}
    answered: dict[str, Any] = api(event, None)
    return answered


def test_others_files_are_as_they_were_published() -> None:
    about = json.loads((FILES / "vendored.json").read_text("utf-8"))

    for name, digest in about["sha256"].items():
        assert hashlib.sha256((FILES / name).read_bytes()).hexdigest() == digest, name


def test_the_page_lets_nothing_in_but_its_own_files() -> None:
    page = fetch("/docs")

    assert page["headers"]["content-type"] == "text/html; charset=utf-8"
    policy = page["headers"]["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "://" not in page["body"]


@pytest.mark.parametrize("name", KINDS)
def test_a_file_comes_as_it_is_or_squeezed(name: str) -> None:
    path = f"/docs/{name}"

    plain, squeezed = fetch(path), fetch(path, **{"accept-encoding": "gzip, br"})

    assert plain["body"].encode() == (FILES / name).read_bytes()
    assert squeezed["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(squeezed["body"])) == (FILES / name).read_bytes()


@pytest.mark.parametrize("name", ["vendored.json", "..%2Fpage.py", "nothing.js", "%2e%2e"])
def test_no_other_file_is_there(name: str) -> None:
    assert fetch(f"/docs/{name}")["statusCode"] == 404
