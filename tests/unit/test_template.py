"""The template: what it gives the functions is what they read and may do, and nothing more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from checks.sam_schema import findings
from local.stack import Stack
from local.template import load
from wireside.adapters.aws.fanout import from_payload
from wireside.adapters.aws.reply_queue import from_body
from wireside.adapters.dynamodb.log import from_item
from wireside.domain.events import Kind
from wireside.entrypoints.identity import identity_of
from wireside.protocol import ACTIONS, decode, parse
from wireside.services.sweeping import SWEEP_SECONDS
from wireside.settings import ENVIRONMENT_NAMES, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = {
    "authorize",
    "connect",
    "message",
    "disconnect",
    "reply",
    "dead_letter",
    "outbox",
    "api",
    "fanout",
    "sweep",
}
RAW: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stack() -> Stack:
    return load(ROOT, {"AllowedOrigins": "https://chat.example.com"})


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for name, resource in RAW["Resources"].items()
        if resource["Type"] == kind
    }


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def test_the_template_is_what_sams_own_models_know() -> None:
    assert findings(RAW) == []


def test_a_misspelt_property_is_found() -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Handlr": "app.handler"}}

    assert findings({"Resources": {"Function": function}}) != []


def test_every_function_of_the_tree_is_in_the_template(stack: Stack) -> None:
    assert {function.code.name for function in stack.functions.values()} == FUNCTIONS
    assert {path.parent.name for path in (ROOT / "functions").glob("*/app.py")} == FUNCTIONS


def test_template_and_settings_spell_the_environment_alike(stack: Stack) -> None:
    for function in stack.functions.values():
        given = {name for name in function.environment if name.startswith("WIRESIDE_")}

        assert given == set(ENVIRONMENT_NAMES), function.name


def test_the_settings_can_be_read_from_what_the_template_gives(stack: Stack) -> None:
    environment = {**stack.functions["MessageFunction"].environment, "AWS_REGION": "eu-west-1"}

    settings = Settings.from_environment(environment)

    assert settings.assistants[0].provider == "demo"
    assert "https://chat.example.com" in settings.allowed_origins


def test_no_environment_holds_a_secret(stack: Stack) -> None:
    for function in stack.functions.values():
        assert not [
            name
            for name in function.environment
            if "SECRET" in name and not name.endswith("_PARAMETER")
        ]


def test_every_action_has_a_route_and_every_route_an_action(stack: Stack) -> None:
    routes = set(stack.websocket.routes)

    assert routes == {"$connect", "$disconnect", "$default", *ACTIONS}
    assert stack.websocket.authorizer is not None
    assert stack.websocket.authorizer.function == "AuthorizeFunction"
    assert stack.websocket.authorizer.identity_sources == ()


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [json.dumps(each["Role"]) for each in of_type("AWS::Serverless::Function").values()]

    assert len(set(roles)) == len(roles) == len(FUNCTIONS)


STARS = {
    "@connections/*": "a connection's id is known only once it is there",
    "${ModelKeysPath}/*": "which keys there are is said by the assistants' settings",
}
"""How the only resources end that a role may name by a star, and why."""


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_permission_is_for_everything() -> None:
    for role, statement in statements():
        for action in several(statement["Action"]):
            assert "*" not in action, role
        for resource in map(json.dumps, several(statement["Resource"])):
            named = next((each for each in STARS if each in resource), "")
            assert "*" not in resource.replace(named, "", 1), (role, resource)


def test_only_named_models_of_bedrock_may_be_asked_and_only_by_who_answers() -> None:
    models = "arn:aws:bedrock:eu-west-1::foundation-model/a,arn:aws:bedrock:eu-west-1::profile/b"

    without = load(ROOT, {}).of_type("AWS::IAM::RolePolicy")
    (policy,) = load(ROOT, {"BedrockModelArns": models}).of_type("AWS::IAM::RolePolicy").values()

    assert without == {}
    assert RAW["Resources"]["ReplyBedrockPolicy"]["Properties"]["RoleName"] == {"Ref": "ReplyRole"}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "bedrock:InvokeModelWithResponseStream",
            "Resource": models.split(","),
        }
    ]


def test_every_star_is_still_needed() -> None:
    resources = json.dumps([statement["Resource"] for _, statement in statements()])

    assert all(each in resources for each in STARS)


def test_every_function_is_traced_and_may_write_its_traces() -> None:
    functions = of_type("AWS::Serverless::Function").values()

    assert RAW["Globals"]["Function"]["Tracing"] == "Active"
    assert all("Tracing" not in function for function in functions)
    for role in {json.dumps(each["Role"]) for each in functions}:
        name = next(each for each in of_type("AWS::IAM::Role") if f'"{each}' in role)
        assert "AWSXRayDaemonWriteAccess" in json.dumps(RAW["Resources"][name]), name


def test_roles_take_no_managed_policy_but_those_that_are_known() -> None:
    taken = {
        json.dumps(policy).rsplit("/", 1)[-1].rstrip('"}')
        for role in of_type("AWS::IAM::Role").values()
        for policy in role.get("ManagedPolicyArns", [])
    }

    assert taken == {"AWSXRayDaemonWriteAccess", "AmazonAPIGatewayPushToCloudWatchLogs"}


WITHOUT_AN_HOURLY_PRICE = {
    "AWS::ApiGateway::Account",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::Queue",
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::WebSocketApi",
}
"""Paid for by what is used. A new type is added here after a look at its prices."""


def test_nothing_has_an_hourly_price() -> None:
    types = {resource["Type"] for resource in RAW["Resources"].values()}

    assert types <= WITHOUT_AN_HOURLY_PRICE
    assert not [
        name
        for name, function in of_type("AWS::Serverless::Function").items()
        if "ProvisionedConcurrencyConfig" in function
    ]


def test_only_who_pushes_may_push_and_only_who_checks_tokens_may_read_the_secret() -> None:
    may: dict[str, set[str]] = {}
    for role, statement in statements():
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            may.setdefault(action, set()).add(role)

    assert may["execute-api:ManageConnections"] == {
        "ConnectRole",
        "DisconnectRole",
        "MessageRole",
        "ReplyRole",
        "DeadLetterRole",
        "OutboxRole",
        "ApiRole",
        "FanoutRole",
        "SweepRole",
    }
    assert may["lambda:InvokeFunction"] == {
        "MessageRole",
        "ReplyRole",
        "DeadLetterRole",
        "ApiRole",
    }
    assert may["ssm:GetParameter"] == {"AuthorizeRole", "ApiRole", "MessageRole", "ReplyRole"}


def test_who_asks_models_may_read_their_keys_and_not_the_secret_of_tokens() -> None:
    readable = {
        role: json.dumps(statement["Resource"])
        for role, statement in statements()
        if statement["Action"] == "ssm:GetParameter"
    }

    assert "ModelKeysPath" in readable.pop("ReplyRole")
    assert all("JwtSecretParameter" in each for each in readable.values())


def test_the_table_is_encrypted_backed_up_and_streams() -> None:
    (table,) = of_type("AWS::DynamoDB::Table").values()

    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_reply_queue_hides_a_job_as_long_as_the_function_may_run(stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")

    assert (
        int(queues["ReplyQueue"]["VisibilityTimeout"])
        >= stack.functions["ReplyFunction"].timeout_seconds
    )
    assert queues["ReplyQueue"]["RedrivePolicy"]["maxReceiveCount"] > 1


def test_a_bad_record_cannot_block_the_stream(stack: Stack) -> None:
    (mapping,) = [each for each in stack.mappings if "/stream/" in each.source]

    assert 0 < mapping.settings["MaximumRetryAttempts"] < 100
    assert mapping.settings["BisectBatchOnFunctionError"] is True
    assert mapping.settings["DestinationConfig"]["OnFailure"]["Destination"]


def test_a_share_of_a_fan_out_is_tried_once_by_a_function_that_hands_on_nothing(
    stack: Stack,
) -> None:
    assert stack.called_and_forgotten == {"FanoutFunction", "SweepFunction"}
    for name, function in stack.functions.items():
        handed_to = function.environment["WIRESIDE_FANOUT_FUNCTION"]
        assert handed_to == ("" if name == "FanoutFunction" else "FanoutFunction")


def test_the_sweep_comes_every_minute_and_is_not_repeated(stack: Stack) -> None:
    (schedule,) = stack.schedules
    (sweep,) = [
        each
        for each in of_type("AWS::Serverless::Function").values()
        if each["CodeUri"] == "functions/sweep"
    ]

    assert (schedule.function, schedule.every_seconds) == ("SweepFunction", 60)
    assert sweep["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert stack.functions["SweepFunction"].timeout_seconds > SWEEP_SECONDS


def test_every_log_is_kept_for_a_while_and_not_for_ever() -> None:
    groups = of_type("AWS::Logs::LogGroup")

    assert len(groups) >= len(FUNCTIONS)
    assert all("RetentionInDays" in group for group in groups.values())


def test_functions_run_python_3_13_on_arm64() -> None:
    assert RAW["Globals"]["Function"]["Runtime"] == "python3.13"
    assert RAW["Globals"]["Function"]["Architectures"] == ["arm64"]


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    return event


def test_there_is_a_sample_event_for_every_function() -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == FUNCTIONS


def test_the_sample_events_are_what_the_entry_points_read() -> None:
    assert identity_of(sample("connect")).id == "ana"
    assert decode(parse(sample("message")["body"])).action == "send"
    for queue in ("reply", "dead_letter"):
        assert from_body(sample(queue)["Records"][0]["body"]).seq == 1
    assert sample("sweep")["detail-type"] == "Scheduled Event"
    image = sample("outbox")["Records"][0]["dynamodb"]["NewImage"]
    assert from_item(image).kind is Kind.MESSAGE
    assert len(from_payload(sample("fanout")).listeners) == 2
