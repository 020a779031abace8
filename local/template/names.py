"""What the resources of the stack are called locally: the answers to `Ref` and `Fn::GetAtt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.template.errors import TemplateError

ACCOUNT = "000000000000"
REGION = "us-east-1"
URL_SUFFIX = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one stack, whose AWS services answer at `endpoint` (without a slash at its end)."""

    stack: str
    endpoint: str
    account: str = ACCOUNT
    region: str = REGION

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def physical(self, logical_id: str, resource: Mapping[str, Any]) -> str:
        """The resource's own name, as CloudFormation would make it up.

        Raises: `TemplateError` for a type without a name here.
        """
        kind = resource["Type"]
        maker = _PHYSICAL.get(kind)
        if maker is None:
            raise TemplateError(f"{logical_id}: nothing here can refer to a {kind}")
        return maker(self, logical_id, resource.get("Properties", {}))

    def reference(self, logical_id: str, resource: Mapping[str, Any]) -> str:
        """What `Ref` says of the resource: its name, but a queue's address."""
        name = self.physical(logical_id, resource)
        return self.queue_url(name) if resource["Type"] == "AWS::SQS::Queue" else name

    def attribute(self, logical_id: str, attribute: str, resource: Mapping[str, Any]) -> str:
        """What `Fn::GetAtt` says of the resource.

        Raises: `TemplateError` for an attribute that is not known here.
        """
        maker = _ATTRIBUTES.get((resource["Type"], attribute))
        if maker is None:
            raise TemplateError(f"{logical_id}: {resource['Type']} has no attribute {attribute!r} here")
        return maker(self, self.physical(logical_id, resource))

    def queue_url(self, name: str) -> str:
        """The address by which the queue is called."""
        return f"{self.endpoint}/{self.account}/{name}"


def _named(logical_id: str, properties: Mapping[str, Any], prefix: str, key: str) -> str:
    name = properties.get(key)
    return name if isinstance(name, str) else f"{prefix}-{logical_id}"


def _queue_name(names: Names, logical_id: str, properties: Mapping[str, Any]) -> str:
    fifo = str(properties.get("FifoQueue", "false")).lower() == "true"
    return _named(logical_id, properties, names.stack, "QueueName") + (".fifo" if fifo else "")


def _own_id(_names: Names, logical_id: str, _properties: Mapping[str, Any]) -> str:
    return logical_id


def _stack_and(key: str) -> Callable[[Names, str, Mapping[str, Any]], str]:
    return lambda names, logical_id, properties: _named(logical_id, properties, names.stack, key)


_PHYSICAL: Mapping[str, Callable[[Names, str, Mapping[str, Any]], str]] = {
    "AWS::DynamoDB::Table": _stack_and("TableName"),
    "AWS::Lambda::Function": _stack_and("FunctionName"),
    "AWS::Lambda::LayerVersion": _own_id,
    "AWS::SQS::Queue": _queue_name,
    "AWS::S3::Bucket": lambda names, logical_id, properties: _named(
        logical_id.lower(), properties, names.stack, "BucketName"
    ),
    "AWS::IAM::Role": _stack_and("RoleName"),
    "AWS::Logs::LogGroup": _stack_and("LogGroupName"),
    "AWS::ApiGatewayV2::Api": lambda _names, logical_id, _properties: logical_id.lower()[:10],
    "AWS::ApiGatewayV2::Route": _own_id,
    "AWS::ApiGatewayV2::Integration": _own_id,
    "AWS::ApiGatewayV2::Authorizer": _own_id,
    "AWS::ApiGatewayV2::Stage": _own_id,
    "AWS::ApiGateway::Account": _own_id,
    "AWS::CloudFront::Distribution": _own_id,
    "AWS::CloudFront::ResponseHeadersPolicy": _own_id,
}

_ATTRIBUTES: Mapping[tuple[str, str], Callable[[Names, str], str]] = {
    ("AWS::DynamoDB::Table", "Arn"): lambda names, name: names.arn("dynamodb", f"table/{name}"),
    ("AWS::DynamoDB::Table", "StreamArn"): lambda names, name: names.arn("dynamodb", f"table/{name}/stream/latest"),
    ("AWS::Lambda::Function", "Arn"): lambda names, name: names.arn("lambda", f"function:{name}"),
    ("AWS::SQS::Queue", "Arn"): lambda names, name: names.arn("sqs", name),
    ("AWS::SQS::Queue", "QueueName"): lambda _names, name: name,
    ("AWS::SQS::Queue", "QueueUrl"): lambda names, name: names.queue_url(name),
    ("AWS::S3::Bucket", "Arn"): lambda _names, name: f"arn:aws:s3:::{name}",
    ("AWS::IAM::Role", "Arn"): lambda names, name: f"arn:aws:iam::{names.account}:role/{name}",
    ("AWS::Logs::LogGroup", "Arn"): lambda names, name: names.arn("logs", f"log-group:{name}:*"),
    # A name that no browser can ever be sent from.
    # Source: https://www.rfc-editor.org/rfc/rfc2606#section-2
    ("AWS::CloudFront::Distribution", "DomainName"): lambda _names, name: f"{name.lower()}.invalid",
}
