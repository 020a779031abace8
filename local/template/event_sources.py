"""Event source mappings and schedules of the template.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.template.apis import function_by_arn
from local.template.errors import TemplateError
from local.template.model import Function, FunctionId, Queue, QueueSource, Schedule, StreamSource, Table
from local.template.resources import Resource, Resources

_MAPPING = "AWS::Lambda::EventSourceMapping"
_COMMON = frozenset(
    {
        "BatchSize",
        "Enabled",
        "EventSourceArn",
        "FilterCriteria",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "Tags",
    }
)
_QUEUE_PROPERTIES = _COMMON | {"ScalingConfig"}
_STREAM_PROPERTIES = _COMMON | {
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "StartingPosition",
}
_DEFAULT_QUEUE_BATCH = 10
_DEFAULT_STREAM_BATCH = 100
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

type Functions = Mapping[FunctionId, Function]


def read_queue_sources(
    resources: Resources, functions: Functions, queues: Sequence[Queue]
) -> tuple[QueueSource, ...]:
    """The mappings from queues."""
    by_arn = {queue.arn: queue for queue in queues}
    mappings = ((m, by_arn.get(m.required("EventSourceArn"))) for m in _enabled(resources))
    return tuple(_queue_source(mapping, queue, functions) for mapping, queue in mappings if queue)


def read_stream_sources(
    resources: Resources, functions: Functions, tables: Sequence[Table], queues: Sequence[Queue]
) -> tuple[StreamSource, ...]:
    """The mappings from streams.

    Raises: `TemplateError` for a mapping from anything that is neither a queue nor a stream of this stack.
    """
    found = []
    for mapping in _enabled(resources):
        arn = mapping.required("EventSourceArn")
        if any(queue.arn == arn for queue in queues):
            continue
        table = next((t for t in tables if t.has_stream and f":table/{t.name}/stream/" in arn), None)
        if table is None:
            raise TemplateError(f"{mapping.id}: no queue or stream {arn}")
        found.append(_stream_source(mapping, table, functions, queues))
    return tuple(found)


def read_schedules(resources: Resources, functions: Functions) -> tuple[Schedule, ...]:
    """The schedules.

    Raises: `TemplateError` for a rule by event pattern, and for a rate that is not `rate(…)`.
    """
    return tuple(
        schedule
        for rule in resources.of("AWS::Events::Rule")
        if rule.properties.get("State", "ENABLED") == "ENABLED"
        for schedule in _schedules(rule, resources, functions)
    )


def _enabled(resources: Resources) -> Iterator[Resource]:
    return (mapping for mapping in resources.of(_MAPPING) if mapping.properties.get("Enabled", True))


def _queue_source(mapping: Resource, queue: Queue, functions: Functions) -> QueueSource:
    mapping.only(_QUEUE_PROPERTIES)
    properties = mapping.properties
    return QueueSource(
        function=function_by_arn(_function_name(mapping, functions), functions),
        queue=queue,
        batch_size=int(properties.get("BatchSize", _DEFAULT_QUEUE_BATCH)),
        window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        reports_failures=_reports_failures(properties),
        filters=_filters(properties),
        maximum_concurrency=properties.get("ScalingConfig", {}).get("MaximumConcurrency"),
    )


def _stream_source(
    mapping: Resource, table: Table, functions: Functions, queues: Sequence[Queue]
) -> StreamSource:
    mapping.only(_STREAM_PROPERTIES)
    properties = mapping.properties
    return StreamSource(
        id=mapping.id,
        function=function_by_arn(_function_name(mapping, functions), functions),
        table=table,
        starting_position=mapping.required("StartingPosition"),
        batch_size=int(properties.get("BatchSize", _DEFAULT_STREAM_BATCH)),
        window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        retries=_limit(properties.get("MaximumRetryAttempts", -1)),
        record_age_seconds=_limit(properties.get("MaximumRecordAgeInSeconds", -1)),
        bisects=bool(properties.get("BisectBatchOnFunctionError", False)),
        reports_failures=_reports_failures(properties),
        filters=_filters(properties),
        failure_queue=_failure_queue(mapping, queues),
    )


def _function_name(mapping: Resource, functions: Functions) -> str:
    name = str(mapping.required("FunctionName"))
    by_id = functions.get(FunctionId(name))
    return by_id.arn if by_id else name


def _reports_failures(properties: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ())


def _filters(properties: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(json.loads(f["Pattern"]) for f in properties.get("FilterCriteria", {}).get("Filters", ()))


def _limit(value: object) -> int | None:
    number = int(str(value))
    return None if number < 0 else number


def _failure_queue(mapping: Resource, queues: Sequence[Queue]) -> Queue | None:
    destination = mapping.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if destination is None:
        return None
    for queue in queues:
        if queue.arn == destination:
            return queue
    raise TemplateError(f"{mapping.id}: the destination {destination} is no queue of this stack")


def _schedules(rule: Resource, resources: Resources, functions: Functions) -> Iterator[Schedule]:
    match = _RATE.fullmatch(str(rule.properties.get("ScheduleExpression", "")))
    if match is None:
        raise TemplateError(f"{rule.id}: only rules with rate(…) are here")
    every = int(match[1]) * _UNIT_SECONDS[match[2]]
    for target in rule.properties.get("Targets", ()):
        function = function_by_arn(target["Arn"], functions)
        yield Schedule(resources.names.arn("events", f"rule/{rule.id}"), function, every, target.get("Input"))
