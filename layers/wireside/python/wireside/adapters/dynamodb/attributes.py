"""Between Python values and DynamoDB's typed attributes.

Smaller than boto3's own serializer, which makes every number a ``Decimal``; the table has whole
numbers only.
"""

from collections.abc import Mapping
from typing import Any

type Attribute = dict[str, Any]
type Item = dict[str, Attribute]
type Value = str | int | bool | frozenset[str] | frozenset[int] | Mapping[str, Value]


def attribute(value: Value) -> Attribute:
    """Return a value as an attribute. An empty set cannot be stored; leave it out."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case frozenset():
            return _set(value)
        case _:
            return {"M": pack(value)}


def _set(value: frozenset[str] | frozenset[int]) -> Attribute:
    if any(isinstance(each, int) for each in value):
        return {"NS": [str(each) for each in sorted(value)]}
    return {"SS": sorted(str(each) for each in value)}


def pack(values: Mapping[str, Value | None]) -> Item:
    """Return attributes; ``None`` and empty sets are left out."""
    return {
        name: attribute(value)
        for name, value in values.items()
        if value is not None and value != frozenset()
    }


def text(item: Item, name: str, default: str = "") -> str:
    """Return a text attribute."""
    found = item.get(name, {}).get("S", default)
    return str(found)


def optional_text(item: Item, name: str) -> str | None:
    """Return a text attribute, or ``None`` where there is none."""
    return text(item, name) if name in item else None


def number(item: Item, name: str, default: int = 0) -> int:
    """Return a number attribute."""
    return int(item.get(name, {}).get("N", default))


def optional_number(item: Item, name: str) -> int | None:
    """Return a number attribute, or ``None`` where there is none."""
    return number(item, name) if name in item else None


def flag(item: Item, name: str) -> bool:
    """Return a truth attribute; absent is false."""
    return bool(item.get(name, {}).get("BOOL", False))


def texts(item: Item, name: str) -> frozenset[str]:
    """Return a set of texts; absent is empty."""
    return frozenset(item.get(name, {}).get("SS", ()))


def number_set(item: Item, name: str) -> frozenset[int]:
    """Return a set of numbers; absent is empty."""
    return frozenset(int(each) for each in item.get(name, {}).get("NS", ()))


def numbers(item: Item, name: str) -> dict[str, int]:
    """Return a map of numbers; absent is empty."""
    entries = item.get(name, {}).get("M", {})
    return {key: int(entry["N"]) for key, entry in entries.items()}


def nested(item: Item, name: str) -> Item | None:
    """Return a map attribute."""
    found = item.get(name, {}).get("M")
    return dict(found) if found is not None else None
