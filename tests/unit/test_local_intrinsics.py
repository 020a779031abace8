"""Intrinsic functions, each resolved to what CloudFormation makes of it."""

from typing import Any

import pytest

from local.intrinsics import Resolver, TemplateError
from local.names import Names

RESOURCES = {
    "Table": {"Type": "AWS::DynamoDB::Table"},
    "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
    "Topic": {"Type": "AWS::SNS::Topic"},
}


def resolve(value: Any, **conditions: Any) -> Any:
    names = Names(RESOURCES, {"Stage": "live", "Origins": "a,b"})
    mappings = {"Sizes": {"small": {"memory": 128}}}
    return Resolver(names.reference, names.attribute, conditions, mappings).resolve(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Stage"}, "live"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Table"}, "wireside-Table"),
        ({"Ref": "Jobs"}, "{ministack}/000000000000/wireside-Jobs.fifo"),
        (
            {"Fn::GetAtt": ["Table", "StreamArn"]},
            "arn:aws:dynamodb:us-east-1:000000000000:table/wireside-Table/stream/local",
        ),
        ({"Fn::GetAtt": "Jobs.Arn"}, "arn:aws:sqs:us-east-1:000000000000:wireside-Jobs.fifo"),
        ({"Fn::Sub": "${Stage}-${Table}-${!Kept}"}, "live-wireside-Table-${Kept}"),
        (
            {"Fn::Sub": ["${Own}/${Jobs.QueueName}", {"Own": {"Ref": "Stage"}}]},
            "live/wireside-Jobs.fifo",
        ),
        ({"Fn::Join": ["/", ["a", {"Ref": "Stage"}, 3]]}, "a/live/3"),
        ({"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "Origins"}]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", "small", "memory"]}, 128),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
    ],
)
def test_an_intrinsic_becomes_its_value(value: Any, expected: Any) -> None:
    assert resolve(value) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": [{"Ref": "Stage"}, "live"]}, True),
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "live"]}]}, False),
        ({"Fn::And": [{"Fn::Equals": [1, "1"]}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Or": [{"Fn::Equals": [1, "1"]}, {"Fn::Equals": ["a", "b"]}]}, True),
    ],
)
def test_a_condition_chooses(condition: Any, holds: bool) -> None:
    chosen = resolve({"Fn::If": ["Case", "yes", {"Ref": "Stage"}]}, Case=condition)

    assert chosen == ("yes" if holds else "live")


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Nothing"},
        {"Fn::GetAtt": ["Nothing", "Arn"]},
        {"Fn::GetAtt": ["Table", "Colour"]},
        {"Fn::GetAtt": ["Topic", "Arn"]},
        {"Fn::FindInMap": ["Sizes", "huge", "memory"]},
        {"Fn::If": ["Nothing", 1, 2]},
        {"Fn::ImportValue": "elsewhere"},
    ],
)
def test_what_is_not_known_is_an_error_and_no_guess(value: Any) -> None:
    with pytest.raises(TemplateError):
        resolve(value)
