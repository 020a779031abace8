"""Filter criteria of event source mappings, as far as streams use them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import json
from collections.abc import Mapping
from typing import Any

from local.intrinsics import TemplateError


def passes(settings: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a record fits one of the mapping's filters; without filters all do."""
    filters = settings.get("FilterCriteria", {}).get("Filters", [])
    return not filters or any(_fits(json.loads(each["Pattern"]), record) for each in filters)


def _fits(pattern: Mapping[str, Any], value: object) -> bool:
    # Below what is missing everything is: a rule that wants it so fits.
    there = value if isinstance(value, Mapping) else {}
    return all(_field_fits(rule, there.get(name), name in there) for name, rule in pattern.items())


def _field_fits(rule: Any, value: object, there: bool) -> bool:  # noqa: FBT001
    if isinstance(rule, Mapping):
        return _fits(rule, value)
    return any(_one_fits(each, value, there) for each in rule)


def _one_fits(rule: Any, value: object, there: bool) -> bool:  # noqa: FBT001
    if not isinstance(rule, Mapping):
        return there and rule == value
    (name, argument), *more = rule.items()
    if more:
        message = "a filter rule has one operator"
        raise TemplateError(message)
    match name:
        case "prefix":
            return isinstance(value, str) and value.startswith(argument)
        case "suffix":
            return isinstance(value, str) and value.endswith(argument)
        case "exists":
            return there is argument
        case "anything-but":
            refused = argument if isinstance(argument, list) else [argument]
            return there and value not in refused
    message = f"the filter operator {name} is not known to the local run"
    raise TemplateError(message)
