"""From the template's file to the typed stack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local.template.apis import read_http, read_websocket
from local.template.errors import TemplateError
from local.template.event_sources import read_queue_sources, read_schedules, read_stream_sources
from local.template.expand import expand, parameter_values, read_template
from local.template.functions import read_functions
from local.template.intrinsics import Resolver
from local.template.model import Stack
from local.template.names import Names
from local.template.page import read_page_headers
from local.template.resources import Resources
from local.template.stores import read_buckets, read_queues, read_tables

STACK_NAME = "wireside"

_RUN_HERE = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::DynamoDB::Table",
        "AWS::Events::Rule",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
    }
)
_MEANINGLESS_HERE = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::Role",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
    }
)


def load_stack(path: Path, overrides: Mapping[str, str], endpoint: str) -> Stack:
    """The stack of the template at `path`, whose AWS services answer at `endpoint`.

    Raises: `TemplateError` for anything in it that the local run would have to guess.
    """
    template = read_template(path)
    parameters = parameter_values(template, overrides)
    names = Names(STACK_NAME, endpoint)
    expanded = expand(template, parameters, names.region)
    resources = Resources(expanded, Resolver(expanded, parameters, names), names, path.resolve().parent)
    _refuse_unknown(resources)
    return _read(resources, parameters, names)


def _read(resources: Resources, parameters: Mapping[str, str], names: Names) -> Stack:
    functions, tables, queues = read_functions(resources), read_tables(resources), read_queues(resources)
    return Stack(
        name=names.stack,
        account=names.account,
        region=names.region,
        parameters=parameters,
        functions=functions,
        websocket=read_websocket(resources, functions),
        http=read_http(resources, functions),
        tables=tables,
        queues=queues,
        buckets=read_buckets(resources),
        queue_sources=read_queue_sources(resources, functions, queues),
        stream_sources=read_stream_sources(resources, functions, tables, queues),
        schedules=read_schedules(resources, functions),
        page_headers=read_page_headers(resources),
    )


def _refuse_unknown(resources: Resources) -> None:
    unknown = [f"{name} ({kind})" for name, kind in resources.types() if kind not in _RUN_HERE | _MEANINGLESS_HERE]
    if unknown:
        raise TemplateError(f"not known here: {', '.join(unknown)}")
