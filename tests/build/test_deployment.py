"""`sam deploy` of what was built, into ministack: a smoke test without an account or a network."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local import template
from local.emulator import CREDENTIALS, Emulator
from local.harness import ministack
from local.model import REGION
from wireside.protocol import ACTIONS
from wireside.settings import ENVIRONMENT_NAMES

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
SAM = ROOT / ".venv-sam" / "bin" / "sam"
STACK = "smoke"
DEPLOY_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack in ministack: what CloudFormation calls things, and clients to look at them."""

    emulator: Emulator
    names: dict[str, str]

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def queue(self, name: str) -> dict[str, str]:
        sqs = self.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=self.names[name], AttributeNames=["All"])
        return dict(found["Attributes"])

    def functions(self) -> dict[str, dict[str, Any]]:
        known = {physical: logical for logical, physical in self.names.items()}
        listed = self.client("lambda").list_functions()["Functions"]
        return {known[each["FunctionName"]]: each for each in listed}

    def routes(self, api: str) -> set[str]:
        routes = self.client("apigatewayv2").get_routes(ApiId=self.names[api])["Items"]
        return {each["RouteKey"] for each in routes}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with ministack(tmp_path_factory.mktemp("account")) as started:
        yield started


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    done = subprocess.run(
        [
            *(str(SAM), "deploy", "--template-file", str(BUILT), "--stack-name", STACK),
            *("--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-confirm-changeset"),
            *("--no-progressbar", "--region", REGION),
        ],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path_factory.mktemp("home")),
            "AWS_ENDPOINT_URL": emulator.url,
            **{name.upper(): value for name, value in CREDENTIALS.items()},
            "SAM_CLI_TELEMETRY": "0",
        },
        cwd=tmp_path_factory.mktemp("elsewhere"),  # samconfig.toml is for real accounts
        capture_output=True,
        text=True,
        timeout=DEPLOY_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    made = emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
    return Deployed(
        emulator,
        {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made["StackResources"]},
    )


def test_every_resource_of_the_template_is_made(deployed: Deployed) -> None:
    resources = yaml_parse(BUILT.read_text(encoding="utf-8"))["Resources"]
    versioned = {"DependenciesLayer", "WiresideLayer"}
    holds = template.load(ROOT, {}).resolver.holds
    left_out = {
        name
        for name, each in resources.items()
        if "Condition" in each and not holds(each["Condition"])
    }

    made = {name for name in deployed.names if not name.startswith(tuple(versioned))}

    assert set(resources) - versioned - left_out <= made
    assert not left_out & made
    assert all(any(name.startswith(layer) for name in deployed.names) for layer in versioned)


def test_the_table_has_its_keys_its_index_and_its_stream(deployed: Deployed) -> None:
    dynamodb = deployed.client("dynamodb")

    table = dynamodb.describe_table(TableName=deployed.names["Table"])["Table"]

    (index,) = table["GlobalSecondaryIndexes"]
    assert [each["AttributeName"] for each in table["KeySchema"]] == ["pk", "sk"]
    assert [each["AttributeName"] for each in index["KeySchema"]] == ["user_pk", "user_sk"]
    assert index["IndexName"] == "by_user"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_a_job_that_fails_ends_in_the_dead_letter_queue(deployed: Deployed) -> None:
    jobs, dead = deployed.queue("ReplyQueue"), deployed.queue("ReplyDeadLetterQueue")

    assert dead["QueueArn"] in jobs["RedrivePolicy"]
    assert (jobs["FifoQueue"], dead["FifoQueue"]) == ("true", "true")
    assert jobs["DeduplicationScope"] == "messageGroup"


def test_functions_get_their_layers_and_every_variable(deployed: Deployed) -> None:
    functions = deployed.functions()

    assert len(functions) == len(list((ROOT / "functions").glob("*/app.py")))
    for name, each in functions.items():
        variables = each["Environment"]["Variables"]
        assert set(ENVIRONMENT_NAMES) <= set(variables), name
        assert variables["WIRESIDE_TABLE_NAME"] == deployed.names["Table"]
        assert len(each["Layers"]) == 2, name
        assert (each["Runtime"], each["Architectures"]) == ("python3.13", ["arm64"])


def test_queue_and_stream_call_their_functions(deployed: Deployed) -> None:
    mappings = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    sources = {each["FunctionArn"].rsplit(":", 1)[-1]: each for each in mappings}

    called = {"ReplyFunction", "DeadLetterFunction", "OutboxFunction"}
    assert set(sources) == {deployed.names[each] for each in called}
    outbox = sources[deployed.names["OutboxFunction"]]
    assert outbox["DestinationConfig"]["OnFailure"]["Destination"]
    assert outbox["FilterCriteria"]["Filters"]


def test_the_sweep_is_called_every_minute(deployed: Deployed) -> None:
    events = deployed.client("events")

    (rule,) = events.list_rules()["Rules"]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert target["Arn"].endswith(deployed.names["SweepFunction"])


def test_every_action_has_its_route_behind_the_authorizer(deployed: Deployed) -> None:
    api_id = deployed.names["WebSocketApi"]
    gateway = deployed.client("apigatewayv2")

    (authorizer,) = gateway.get_authorizers(ApiId=api_id)["Items"]

    assert deployed.routes("WebSocketApi") == {"$connect", "$disconnect", "$default", *ACTIONS}
    assert deployed.names["AuthorizeFunction"] in authorizer["AuthorizerUri"]


def test_what_ministack_leaves_out_is_known(deployed: Deployed) -> None:
    """It reads no OpenAPI body, so the HTTP API has no routes there; the local run has them."""
    assert deployed.routes("HttpApi") == set()


def test_the_stack_tells_where_everything_is(deployed: Deployed) -> None:
    stacks = deployed.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]

    told = {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}

    assert set(told) == {
        "PageUrl",
        "HttpApiUrl",
        "WebSocketUrl",
        "PageBucketName",
        "ParentOrigins",
    }
    assert told["WebSocketUrl"].endswith("/live")
