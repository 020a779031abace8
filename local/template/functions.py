"""Functions and layers of the template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local.template.errors import TemplateError
from local.template.model import Function, FunctionId
from local.template.resources import Resource, Resources

_RUNTIME = "python3.13"
_LAMBDA_TIMEOUT_SECONDS = 3
_LAMBDA_MEMORY_MB = 128


def read_functions(resources: Resources) -> dict[FunctionId, Function]:
    """All functions by logical id.

    Raises: `TemplateError` for a runtime other than the one that is here.
    """
    layers = {layer.id: _source(layer, "Content", resources.root) for layer in resources.of("AWS::Lambda::LayerVersion")}
    found = (_function(resource, layers, resources) for resource in resources.of("AWS::Lambda::Function"))
    return {function.id: function for function in found}


def _function(resource: Resource, layers: Mapping[str, Path], resources: Resources) -> Function:
    properties = resource.properties
    if (runtime := resource.required("Runtime")) != _RUNTIME:
        raise TemplateError(f"{resource.id}: runtime {runtime}, and only {_RUNTIME} is here")
    code = _source(resource, "Code", resources.root)
    name = resources.names.physical(resource.id, {"Type": resource.type, "Properties": properties})
    logging = properties.get("LoggingConfig", {})
    return Function(
        id=FunctionId(resource.id),
        name=code.name,
        function_name=name,
        arn=resources.names.arn("lambda", f"function:{name}"),
        handler=resource.required("Handler"),
        code=code,
        layers=tuple(layers[layer] for layer in properties.get("Layers", [])),
        environment={k: str(v) for k, v in properties.get("Environment", {}).get("Variables", {}).items()},
        timeout_seconds=int(properties.get("Timeout", _LAMBDA_TIMEOUT_SECONDS)),
        memory_mb=int(properties.get("MemorySize", _LAMBDA_MEMORY_MB)),
        log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
        log_level=logging.get("ApplicationLogLevel", "INFO") if logging.get("LogFormat") == "JSON" else "",
    )


def _source(resource: Resource, key: str, root: Path) -> Path:
    where = resource.required(key)
    if not isinstance(where, Mapping) or "S3Key" not in where:
        raise TemplateError(f"{resource.id}: its code is not a directory beside the template")
    directory = root / where["S3Key"]
    if not directory.is_dir():
        raise TemplateError(f"{resource.id}: no directory {where['S3Key']}")
    return directory
