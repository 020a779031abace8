"""Uploading the page, as far as it can be seen without an account."""

import json

import boto3
import pytest
from moto import mock_aws

from deploy.page import config, page_files, upload

OUTPUTS = {
    "PageUrl": "https://page.example.com",
    "HttpApiUrl": "https://api.example.com",
    "WebSocketUrl": "wss://live.example.com/live",
    "ParentOrigins": "https://app.example https://other.example",
    "PageBucketName": "the-page",
}


def test_the_page_is_told_where_its_stack_is() -> None:
    told = json.loads(config(OUTPUTS))

    assert told == {
        "api": "https://api.example.com",
        "websocket": "wss://live.example.com/live",
        "sign_in": "token",
        "parents": ["https://app.example", "https://other.example"],
    }


def test_only_what_a_browser_needs_is_uploaded() -> None:
    names = set(page_files())

    assert {"index.html", "app.js", "favicon.svg"} <= names
    assert not {name for name in names if name.endswith(".json")}


def test_the_page_is_uploaded_into_the_stacks_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="the-page")

        upload(s3, OUTPUTS)

        script = s3.get_object(Bucket="the-page", Key="app.js")
        assert script["ContentType"] == "text/javascript; charset=utf-8"
        assert s3.get_object(Bucket="the-page", Key="config.json")["Body"].read()
