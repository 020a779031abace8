"""ministack's expressions, remembered: the same answers, and each text read once."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ministack.services import dynamodb

from local.ministack import BY_TEXT, remember

ITEMS = [
    {"pk": {"S": "C#1"}, "sk": {"S": f"E#{number}"}, "seen": {"N": f"{number}"}}
    for number in range(1, 6)
]
VALUES = {":p": {"S": "C#1"}, ":low": {"S": "E#2"}, ":high": {"S": "E#4"}, ":n": {"N": "3"}}
EXPRESSIONS = [
    "pk = :p AND sk BETWEEN :low AND :high",
    "pk = :p AND begins_with(sk, :low)",
    "attribute_not_exists(pk)",
    "attribute_not_exists(other) OR #seen < :n",
    "NOT (pk = :p AND #seen IN (:n, :n))",
    "pk = :p AND AND sk = :low",
    "((pk = :p))",
    "sk BETWEEN :high AND :low",
    "pk = :p AND sk ! :low",
]


@pytest.fixture
def remembering() -> Iterator[None]:
    """Remember inside a test, and not after it."""
    before = {name: getattr(dynamodb, name) for name in BY_TEXT}
    remember()
    yield
    for name, function in before.items():
        setattr(dynamodb, name, function)


def answer(expression: str, item: Mapping[str, Any]) -> object:
    """Return what ministack says of an item, or why it does not."""
    try:
        return dynamodb._evaluate_condition(expression, item, VALUES, {"#seen": "seen"})
    except ValueError as error:
        return str(error)


PLAIN = {text: [answer(text, item) for item in ITEMS] for text in EXPRESSIONS}


@pytest.mark.usefixtures("remembering")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_remembered_changes_no_answer(expression: str) -> None:
    once = [answer(expression, item) for item in ITEMS]
    again = [answer(expression, item) for item in ITEMS]

    assert once == again == PLAIN[expression]


@pytest.mark.usefixtures("remembering")
def test_an_expression_is_read_once_for_any_number_of_items() -> None:
    for item in ITEMS * 20:
        answer(EXPRESSIONS[0], item)

    assert dynamodb._tokenize.cache_info().misses == 1


def test_the_expressions_are_of_all_sorts() -> None:
    assert any(True in answers and False in answers for answers in PLAIN.values())
    assert any(isinstance(answers[0], str) for answers in PLAIN.values())
