"""Filter criteria, as Lambda's documentation has them."""

import json
from typing import Any

import pytest

from local.filters import passes
from local.intrinsics import TemplateError

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {"Keys": {"sk": {"S": "E#00001"}}, "NewImage": {"llm": {"S": "1"}}},
}


def fits(*patterns: Any) -> bool:
    filters = [{"Pattern": json.dumps(each)} for each in patterns]
    return passes({"FilterCriteria": {"Filters": filters}}, RECORD)


def key(rule: Any) -> Any:
    return {"dynamodb": {"Keys": {"sk": {"S": [rule]}}}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["MODIFY", "INSERT"]}, True),
        ({"eventName": ["MODIFY"]}, False),
        ({"eventName": ["INSERT"], **key({"prefix": "E#"})}, True),
        ({"eventName": ["MODIFY"], **key({"prefix": "E#"})}, False),
        (key({"prefix": "M#"}), False),
        (key({"suffix": "01"}), True),
        (key({"exists": True}), True),
        (key({"anything-but": ["E#00001"]}), False),
        (key({"anything-but": "other"}), True),
        ({"dynamodb": {"NewImage": {"llm": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"ttl": {"N": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"llm": {"S": ["1"]}}}}, False),
    ],
)
def test_a_pattern_lets_through_what_it_says(pattern: Any, expected: bool) -> None:
    assert fits(pattern) is expected


def test_one_of_several_filters_is_enough_and_none_lets_all_through() -> None:
    assert fits({"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]})
    assert passes({}, RECORD)


def test_an_operator_that_is_not_known_is_an_error() -> None:
    with pytest.raises(TemplateError):
        fits(key({"wildcard": "E*"}))
