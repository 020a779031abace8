"""What a run took, as an attribute of its item."""

from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    nested,
    number,
    optional_number,
    text,
)
from wireside.domain.usage import Known, Spent, Used


def to_attribute(spent: Spent) -> dict[str, Value]:
    """Return it as a map; what is not known is left out."""
    values: dict[str, Value | None] = {
        "provider": spent.provider,
        "model": spent.model,
        "outcome": spent.outcome,
        "input_tokens": spent.used.input_tokens,
        "output_tokens": spent.used.output_tokens,
        "known": spent.used.known.value,
        "tries": spent.tries,
        "first_text_ms": spent.first_text_ms,
        "total_ms": spent.total_ms,
        "cost_nano_dollars": spent.cost_nano_dollars,
    }
    return {name: value for name, value in values.items() if value is not None}


def from_item(item: Item) -> Spent | None:
    """Return what the run of an item took, if it is there."""
    known = nested(item, "spent")
    if known is None:
        return None
    return Spent(
        provider=text(known, "provider"),
        model=text(known, "model"),
        outcome=text(known, "outcome"),
        used=Used(
            number(known, "input_tokens"),
            number(known, "output_tokens"),
            Known(text(known, "known")),
        ),
        tries=number(known, "tries"),
        first_text_ms=optional_number(known, "first_text_ms"),
        total_ms=number(known, "total_ms"),
        cost_nano_dollars=optional_number(known, "cost_nano_dollars"),
    )
