"""What a DynamoDB call costs in capacity units, by the published rules.

Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

READ_BYTES = 4_096
WRITE_BYTES = 1_024
CONTAINER_BYTES = 3
ENTRY_BYTES = 1

type AttributeValue = Mapping[str, Any]
type Item = Mapping[str, AttributeValue]


def item_bytes(item: Item) -> int:
    """Return an item's size: names and values, in UTF-8."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: AttributeValue) -> int:
    """Return the size of one value."""
    kind, content = next(iter(value.items()))
    if kind not in SIZES:
        message = f"no such kind of value: {kind}"
        raise ValueError(message)
    return SIZES[kind](content)


def number_bytes(text: str) -> int:
    """Return the size of a number: one byte for two significant digits, and one more."""
    digits = Decimal(text).normalize().as_tuple().digits
    return (len(digits) + 1) // 2 + 1


def binary_bytes(content: bytes | str) -> int:
    """Return the size of a binary value, plain or as the wire has it."""
    return len(content if isinstance(content, bytes) else base64.b64decode(content))


def list_bytes(entries: Sequence[AttributeValue]) -> int:
    """Return the size of a list."""
    return CONTAINER_BYTES + sum(value_bytes(each) + ENTRY_BYTES for each in entries)


def map_bytes(entries: Item) -> int:
    """Return the size of a map."""
    return CONTAINER_BYTES + item_bytes(entries) + ENTRY_BYTES * len(entries)


SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": number_bytes,
    "B": binary_bytes,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda texts: sum(len(each.encode()) for each in texts),
    "NS": lambda numbers: sum(number_bytes(each) for each in numbers),
    "L": list_bytes,
    "M": map_bytes,
}


def read_units(sizes: Iterable[int], *, strongly: bool, together: bool = False) -> float:
    """Return the read units of items.

    ``together``: of a query, which rounds up the sum; else each item is rounded up by itself.
    What is not there costs as much as the smallest item.
    """
    known = list(sizes)
    if together:
        known = [sum(known)]
    units = sum(max(1, -(-size // READ_BYTES)) for size in known)
    return units if strongly else units / 2


def write_units(size: int, *, in_transaction: bool = False) -> int:
    """Return the write units of an item of this size."""
    units = max(1, -(-size // WRITE_BYTES))
    return 2 * units if in_transaction else units
