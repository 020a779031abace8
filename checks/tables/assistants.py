"""The settings of an assistant."""

from checks.tables.markdown import code, table
from wireside.assistants import FIELDS


def assistants() -> str:
    """Return name, providers, meaning and default of every field."""
    rows = [
        (
            code(each.name),
            "every" if each.is_common else ", ".join(sorted(each.providers)),
            each.meaning,
            each.default or "required",
        )
        for each in FIELDS
    ]
    return table(("field", "provider", "means", "unless set"), rows)
