"""CloudFormation's intrinsic functions, as far as the template uses them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SUBSTITUTED = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(ValueError):
    """The template says something that the local run does not understand."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Replaces intrinsics by values.

    ``reference`` answers ``Ref``, ``attribute`` answers ``Fn::GetAtt`` of a logical id and a name.
    """

    reference: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    conditions: Mapping[str, Any]
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """Return the value with every intrinsic in it replaced."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:  # noqa: C901, PLR0911 - a table of functions
        match name:
            case "Ref":
                return NO_VALUE if argument == "AWS::NoValue" else self.reference(argument)
            case "Fn::GetAtt":
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                return self.attribute(parts[0], ".".join(parts[1:]))
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::FindInMap":
                return self._find(*(self.resolve(each) for each in argument[:3]))
            case "Fn::Join":
                return argument[0].join(str(each) for each in self.resolve(argument[1]))
            case "Fn::Split":
                return str(self.resolve(argument[1])).split(argument[0])
            case "Fn::Select":
                return self.resolve(argument[1])[int(argument[0])]
            case "Fn::If":
                return self.resolve(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::Equals":
                return str(self.resolve(argument[0])) == str(self.resolve(argument[1]))
            case "Fn::Not" | "Fn::And" | "Fn::Or" | "Condition":
                return self._logic(name, argument)
        message = f"{name} is not known to the local run"
        raise TemplateError(message)

    def _logic(self, name: str, argument: Any) -> bool:
        if name == "Condition":
            return self.holds(argument)
        sides = [bool(self.resolve(each)) for each in argument]
        if name == "Fn::Not":
            return not sides[0]
        return all(sides) if name == "Fn::And" else any(sides)

    def _find(self, table: str, row: str, column: str) -> Any:
        try:
            return self.resolve(self.mappings[table][row][column])
        except KeyError as error:
            message = f"there is no {error.args[0]} in the mapping {table}"
            raise TemplateError(message) from error

    def holds(self, name: str) -> bool:
        """Return whether a condition of the template holds."""
        if name not in self.conditions:
            message = f"there is no condition {name}"
            raise TemplateError(message)
        return bool(self.resolve(self.conditions[name]))

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in own:
                return str(self.resolve(own[name]))
            if "." in name:
                return str(self.attribute(*name.split(".", 1)))
            return str(self.reference(name))

        return SUBSTITUTED.sub(value, text)


class _NoValue:
    """What ``AWS::NoValue`` leaves behind: nothing."""


NO_VALUE = _NoValue()
