"""SAM template to CloudFormation template, by AWS's own translator, without credentials or network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.template.errors import TemplateError

LOCAL_BUCKET = "local"
_CODE_PROPERTIES = ("CodeUri", "ContentUri")


class _Session:
    """Stands in for the boto3 session that the translator asks for nothing but its region."""

    def __init__(self, region: str) -> None:
        self.region_name = region


def read_template(path: Path) -> dict[str, Any]:
    """The template as written, intrinsics in their long form.

    Raises: `TemplateError` when the file is missing or is no YAML mapping.
    """
    from samtranslator.yaml_helper import yaml_parse

    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise TemplateError(f"{path}: not a template, it has no Resources")
    return template


def parameter_values(template: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value: the override, else the default.

    Raises: `TemplateError` for a parameter with neither, and for an override of no parameter.
    """
    declared: Mapping[str, Any] = template.get("Parameters", {})
    if unknown := overrides.keys() - declared.keys():
        raise TemplateError(f"no such parameter: {', '.join(sorted(unknown))}")
    values = {name: overrides.get(name, spec.get("Default")) for name, spec in declared.items()}
    if missing := [name for name, value in values.items() if value is None]:
        raise TemplateError(f"parameter without a value: {', '.join(missing)}")
    return {name: _parameter_text(value) for name, value in values.items()}


def expand(template: dict[str, Any], parameters: Mapping[str, str], region: str) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of `template`, which it changes.

    Code stays where it is: it becomes an object of the bucket `local` whose key is its path.
    Raises: `TemplateError` with what the translator says.
    """
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    _point_code_at_bucket(template)
    translator = Translator({}, Parser(), boto_session=_Session(region))
    try:
        expanded: dict[str, Any] = translator.translate(template, {**parameters, "AWS::Region": region})
    except InvalidDocumentException as error:
        raise TemplateError("; ".join(cause.message for cause in error.causes)) from error
    return expanded


def _parameter_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _point_code_at_bucket(template: dict[str, Any]) -> None:
    owners = [*template.get("Globals", {}).values(), *(_properties(r) for r in template["Resources"].values())]
    for owner in owners:
        for name in _CODE_PROPERTIES:
            if isinstance(owner.get(name), str):
                owner[name] = f"s3://{LOCAL_BUCKET}/{owner[name]}"


def _properties(resource: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resource.get("Properties", {})
    return properties
