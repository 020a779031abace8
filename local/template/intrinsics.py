"""CloudFormation's intrinsic functions, resolved to plain values.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from local.template.errors import TemplateError
from local.template.names import URL_SUFFIX, Names

_NO_VALUE: Any = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]*)\}")


class Resolver:
    """Resolves values of one expanded template; what it cannot resolve is a `TemplateError`."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str], names: Names) -> None:
        self._resources: Mapping[str, Any] = template["Resources"]
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        self._parameters = parameters
        self._names = names
        self._pseudo = {
            "AWS::AccountId": names.account,
            "AWS::NotificationARNs": "",
            "AWS::Partition": "aws",
            "AWS::Region": names.region,
            "AWS::StackId": names.arn("cloudformation", f"stack/{names.stack}/local"),
            "AWS::StackName": names.stack,
            "AWS::URLSuffix": URL_SUFFIX,
        }

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic in it replaced; `AWS::NoValue` takes its key or element with it."""
        resolved = self._resolve(value)
        return None if resolved is _NO_VALUE else resolved

    def condition(self, name: str) -> bool:
        """Whether the named condition holds."""
        if name not in self._conditions:
            raise TemplateError(f"no such condition: {name}")
        return bool(self._resolve(self._conditions[name]))

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Whether the resource is part of the stack: it has no condition, or one that holds."""
        return "Condition" not in resource or self.condition(resource["Condition"])

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, value[name])
        if len(value) == 1 and (name := next(iter(value))).startswith("Fn::"):
            raise TemplateError(f"{name} is not known here")
        pairs = ((key, self._resolve(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        for known in (self._pseudo, self._parameters):
            if name in known:
                return known[name]
        return self._names.reference(name, self._named_resource(name))

    def _get_att(self, value: list[str] | str) -> str:
        logical_id, attribute = value.split(".", 1) if isinstance(value, str) else value
        return self._names.attribute(logical_id, attribute, self._named_resource(logical_id))

    def _named_resource(self, logical_id: str) -> dict[str, Any]:
        if logical_id not in self._resources:
            raise TemplateError(f"no such resource or parameter: {logical_id}")
        resource = self._resources[logical_id]
        return {**resource, "Properties": _NamesOnly(self, resource.get("Properties", {}))}

    def _sub(self, value: Any) -> str:
        text, variables = (value, {}) if isinstance(value, str) else value

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{match[2]}}}"
            if name in variables:
                return str(self._resolve(variables[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUBSTITUTION.sub(replace, text)

    def _join(self, value: list[Any]) -> str:
        return str(value[0]).join(str(item) for item in self._resolve(value[1]))

    def _split(self, value: list[Any]) -> list[str]:
        return str(self._resolve(value[1])).split(value[0])

    def _select(self, value: list[Any]) -> Any:
        items = self._resolve(value[1])
        index = int(self._resolve(value[0]))
        if not 0 <= index < len(items):
            raise TemplateError(f"Fn::Select: no element {index} of {len(items)}")
        return items[index]

    def _if(self, value: list[Any]) -> Any:
        return self._resolve(value[1] if self.condition(value[0]) else value[2])

    def _find_in_map(self, value: list[Any]) -> Any:
        table, top, second = (self._resolve(part) for part in value[:3])
        try:
            return self._resolve(self._mappings[table][top][second])
        except KeyError as error:
            raise TemplateError(f"Fn::FindInMap: no {error.args[0]} in {table}") from error

    def _equals(self, value: list[Any]) -> bool:
        left, right = (self._resolve(side) for side in value)
        return str(left) == str(right)

    def _base64(self, value: Any) -> str:
        return base64.b64encode(str(self._resolve(value)).encode()).decode()


class _NamesOnly(Mapping[str, Any]):
    """A resource's properties, each resolved when asked for: names do not need the rest, which may refer back."""

    def __init__(self, resolver: Resolver, properties: Mapping[str, Any]) -> None:
        self._resolver = resolver
        self._properties = properties

    def __getitem__(self, key: str) -> Any:
        return self._resolver.resolve(self._properties[key])

    def __iter__(self) -> Any:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


_FUNCTIONS: Mapping[str, Any] = {
    "Ref": Resolver._ref,
    "Condition": Resolver.condition,
    "Fn::And": lambda self, value: all(self._resolve(value)),
    "Fn::Base64": Resolver._base64,
    "Fn::Equals": Resolver._equals,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::If": Resolver._if,
    "Fn::Join": Resolver._join,
    "Fn::Not": lambda self, value: not self._resolve(value)[0],
    "Fn::Or": lambda self, value: any(self._resolve(value)),
    "Fn::Select": Resolver._select,
    "Fn::Split": Resolver._split,
    "Fn::Sub": Resolver._sub,
}
