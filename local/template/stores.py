"""Tables, queues and buckets of the template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.template.model import Queue, Table
from local.template.resources import Resource, Resources

_TABLE_INPUT = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)
_TABLE_HONOURED = frozenset(
    {
        *_TABLE_INPUT,
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "TableName",
        "Tags",
        "TimeToLiveSpecification",
    }
)
_QUEUE_ATTRIBUTES = frozenset(
    {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }
)
_QUEUE_NOT_ATTRIBUTES = frozenset({"QueueName", "Tags"})


def read_tables(resources: Resources) -> tuple[Table, ...]:
    """All tables."""
    return tuple(_table(table, resources) for table in resources.of("AWS::DynamoDB::Table"))


def read_queues(resources: Resources) -> tuple[Queue, ...]:
    """All queues, dead-letter queues before those that name them."""
    queues = (_queue(queue, resources) for queue in resources.of("AWS::SQS::Queue"))
    return tuple(sorted(queues, key=lambda queue: "RedrivePolicy" in queue.attributes))


def read_buckets(resources: Resources) -> tuple[str, ...]:
    """The names of all buckets."""
    return tuple(_name(bucket, resources) for bucket in resources.of("AWS::S3::Bucket"))


def _table(resource: Resource, resources: Resources) -> Table:
    resource.only(_TABLE_HONOURED)
    properties = resource.properties
    name = _name(resource, resources)
    definition = {key: properties[key] for key in _TABLE_INPUT if key in properties}
    stream = properties.get("StreamSpecification")
    if stream:
        definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    ttl = properties.get("TimeToLiveSpecification", {})
    return Table(
        name=name,
        definition={"TableName": name, **definition},
        ttl_attribute=ttl.get("AttributeName") if ttl.get("Enabled", True) else None,
        has_stream=bool(stream),
    )


def _queue(resource: Resource, resources: Resources) -> Queue:
    resource.only(_QUEUE_ATTRIBUTES | _QUEUE_NOT_ATTRIBUTES)
    name = _name(resource, resources)
    given: Mapping[str, Any] = {k: v for k, v in resource.properties.items() if k in _QUEUE_ATTRIBUTES}
    attributes = {key: _attribute(value) for key, value in given.items()}
    if attributes.get("FifoQueue") == "false":
        del attributes["FifoQueue"]
    return Queue(name, resources.names.arn("sqs", name), resources.names.queue_url(name), attributes)


def _attribute(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _name(resource: Resource, resources: Resources) -> str:
    return resources.names.physical(resource.id, {"Type": resource.type, "Properties": resource.properties})
