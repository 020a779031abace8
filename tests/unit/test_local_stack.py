"""The shipped template, and small ones, as the local run reads them."""

from pathlib import Path

import pytest

from local import template
from local.intrinsics import TemplateError
from local.stack import Stack

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "contract" / "gateway" / "toy"
ORIGIN = "http://localhost:8000"


@pytest.fixture(scope="module")
def shipped() -> Stack:
    return template.load(ROOT, {"AllowedOrigins": ORIGIN})


def changed(tmp_path: Path, before: str, after: str) -> Path:
    text = (TOY / "template.yaml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "template.yaml").write_text(text.replace(before, after), encoding="utf-8")
    for name in ("gate", "door", "bye", "echo", "work", "follow", "tick", "call"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_every_function_has_its_directory_and_layers(shipped: Stack) -> None:
    assert len(shipped.functions) >= 7
    for function in shipped.functions.values():
        assert (function.code / "app.py").is_file()
        assert (function.layers[-1] / "python" / "wireside").is_dir()


def test_a_functions_environment_is_resolved(shipped: Stack) -> None:
    environment = shipped.functions["MessageFunction"].environment

    assert environment["WIRESIDE_TABLE_NAME"] == "wireside-Table"
    assert environment["WIRESIDE_REPLY_QUEUE_URL"].endswith("/wireside-ReplyQueue.fifo")
    assert environment["WIRESIDE_ALLOWED_ORIGINS"].split(",")[0] == ORIGIN
    assert not [value for value in environment.values() if "${" in value]


def test_the_websocket_api_is_read_whole(shipped: Stack) -> None:
    api = shipped.websocket

    assert api.stage == "live"
    assert api.selection == "$request.body.action"
    assert api.authorizer is not None
    assert api.authorizer.function == "AuthorizeFunction"
    assert api.authorizer.identity_sources == ()
    assert api.routes["$connect"] == "ConnectFunction"
    assert api.routes["$default"] == api.routes["send"] == "MessageFunction"


def test_the_http_routes_are_read(shipped: Stack) -> None:
    assert {"ANY /v1/{proxy+}", "ANY /readyz"} <= {route.key for route in shipped.http_routes}
    assert shipped.cors is not None
    assert ORIGIN in shipped.cors.origins


def test_the_pages_headers_come_from_the_template(shipped: Stack) -> None:
    assert "default-src 'none'" in shipped.page_headers["Content-Security-Policy"]
    assert shipped.page_headers["X-Content-Type-Options"] == "nosniff"


def test_timeouts_and_memory_are_the_templates() -> None:
    echo = template.load(TOY, {}).functions["Echo"]

    assert (echo.timeout_seconds, echo.memory_megabytes) == (3, 256)


def test_a_schedule_is_read(tmp_path: Path) -> None:
    root = changed(tmp_path, "{Schedule: rate(1 minute)}", "{Schedule: rate(2 hours)}")

    often, told = template.load(root, {}).schedules

    assert (often.function, often.every_seconds, often.input) == ("Tick", 7200, None)
    assert (told.every_seconds, told.input) == (60, '{"told": "this"}')


def test_a_function_that_is_called_and_forgotten_is_known() -> None:
    assert template.load(TOY, {}).called_and_forgotten == {"Call"}


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("CodeUri: gate", "CodeUri: nowhere", "nowhere"),
        ("Runtime: python3.13", "Runtime: python3.12", "python3.12"),
        ("Bucket: {Type: AWS::S3::Bucket}", "Topic: {Type: AWS::SNS::Topic}", "Topic"),
        ("!Ref Pairs", "!GetAtt Pairs.Colour", "Colour"),
        ("BatchSize: 10,", "BatchSize: 10, KmsKeyArn: key,", "KmsKeyArn"),
        ("BatchSize: 10,", "BatchSize: 10, MaximumBatchingWindowInSeconds: 5,", "Window"),
        ("rate(1 minute)", '"cron(0 12 * * ? *)"', "rate"),
        (
            "Bucket: {Type: AWS::S3::Bucket}",
            "Bucket: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {}}}",
            "Bucket",
        ),
        ("Default: toy", "Description: none", "StageName"),
        ("MaximumRetryAttempts: 0", "MaximumRetryAttempts: 1", "MaximumRetryAttempts"),
        ("{MaximumRetryAttempts: 0,", "{", "MaximumRetryAttempts"),
    ],
)
def test_what_cannot_be_run_is_named(tmp_path: Path, before: str, after: str, named: str) -> None:
    root = changed(tmp_path, before, after)

    with pytest.raises(TemplateError, match=named):
        read = template.load(root, {})
        _ = read.functions, read.mappings, read.schedules, read.called_and_forgotten
