"""The prices that the benchmarks count with, against the examples that AWS gives."""

import pytest

from bench.report import percentile
from bench.units import item_bytes, read_units, value_bytes, write_units


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "grüezi"}, 7),
        ({"N": "27"}, 2),
        ({"N": "-1.5"}, 2),
        ({"N": "12345"}, 4),
        ({"N": "1000"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"abc"}, 3),
        ({"B": "YWJj"}, 3),
        ({"SS": ["a", "bc"]}, 3),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "a"}, {"BOOL": True}]}, 3 + 2 + 2),
        ({"M": {"key": {"S": "a"}}}, 3 + 3 + 1 + 1),
    ],
)
def test_a_value_has_the_size_that_dynamodb_bills(value: dict, size: int) -> None:
    assert value_bytes(value) == size


def test_an_item_counts_its_names() -> None:
    assert item_bytes({"pk": {"S": "C#1"}, "n": {"N": "7"}}) == 2 + 3 + 1 + 2


def test_a_kind_of_value_that_there_is_not_is_no_guess() -> None:
    with pytest.raises(ValueError):
        value_bytes({"X": "?"})


def test_items_are_rounded_up_one_by_one_and_queries_as_a_whole() -> None:
    assert read_units([100, 5_000], strongly=True) == 3
    assert read_units([100, 5_000], strongly=True, together=True) == 2
    assert read_units([100], strongly=False) == 0.5
    assert read_units([0], strongly=True) == 1
    assert read_units([], strongly=True, together=True) == 1


def test_a_transaction_costs_twice() -> None:
    assert write_units(1) == 1
    assert write_units(1_025) == 2
    assert write_units(1_025, in_transaction=True) == 4


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(each) for each in range(1, 101)]

    assert [percentile(values, each) for each in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7.0
