"""The shipped template, expanded by samtranslator as CloudFormation would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.intrinsics import TemplateError
from local.model import REGION
from local.names import PSEUDO
from local.stack import Stack


@dataclass(frozen=True, slots=True)
class _Session:
    """What samtranslator asks of a boto3 session: only its region."""

    region_name: str = REGION


def load(root: Path, overrides: Mapping[str, str]) -> Stack:
    """Expand ``template.yaml``; code and layers stay where their sources are.

    Raises: TemplateError.
    """
    # A second to import: a taken port or a bad setting is told without it.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    raw = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    parameters = _values(raw.get("Parameters", {}), overrides)
    for resource in raw["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(name), str):
                properties[name] = "s3://local/" + properties[name]
    translator = Translator({}, Parser(), boto_session=_Session())
    try:
        expanded = translator.translate(raw, {**parameters, **PSEUDO})
    except InvalidDocumentException as error:
        raise TemplateError("; ".join(each.message for each in error.causes)) from error
    expanded = json.loads(json.dumps(expanded, default=str))
    return Stack(
        root=root,
        resources=expanded["Resources"],
        parameters=parameters,
        conditions=expanded.get("Conditions", {}),
        mappings_of_values=expanded.get("Mappings", {}),
    )


def _values(declared: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    """Return every parameter's value. Overrides of what is not declared are left out."""
    values = {name: overrides.get(name, each.get("Default")) for name, each in declared.items()}
    if missing := [name for name, value in values.items() if value is None]:
        message = f"parameters without a value: {', '.join(missing)}"
        raise TemplateError(message)
    return values
