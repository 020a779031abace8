"""Uploading the page, as far as it can be seen without an account."""

import json

import boto3
import pytest
from moto import mock_aws

from deploy.forget import ordering
from deploy.page import config, page_files, upload
from local.forget import follow
from tests.contract.stores import on_table
from wireside.adapters.dynamodb.forgetting import DynamoOrders

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


def test_an_operators_order_to_forget_somebody_names_the_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "us-east-1")
    with mock_aws():
        orders = on_table("moto", boto3.client("dynamodb")).orders
        assert isinstance(orders, DynamoOrders)

        order = ordering(orders, "ana")
        again = ordering(orders, "ana")

        assert order.by.startswith("arn:aws:")
        assert (order.user_id, again) == ("ana", order)
        with pytest.raises(SystemExit, match="not a user id"):
            ordering(orders, "a#b")


def test_it_is_asked_until_somebody_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    states = iter(
        [
            {"state": "under_way", "asked_at": "now"},
            {"state": "under_way", "asked_at": "now"},
            {"state": "done", "asked_at": "now", "done_at": "later"},
        ]
    )
    waited: list[float] = []

    follow(lambda: next(states), waited.append)

    assert waited == [5, 5]
    assert capsys.readouterr().out.splitlines() == [
        "under way since now; it goes on by itself",
        "done at later",
    ]
