"""The template, expanded by samtranslator, as the things that the local run needs of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.intrinsics import Resolver, TemplateError

REGION = "us-east-1"
ACCOUNT = "000000000000"
STACK = "wireside"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/local",
}


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function as the template declares it."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_megabytes: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """An event source mapping. ``source`` is an ARN; ``settings`` are CloudFormation's names."""

    name: str
    function: str
    source: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """The WebSocket API: which function answers which route."""

    id: str
    stage: str
    selection: str
    routes: Mapping[str, str]
    authorizer: str | None


@dataclass
class Stack:
    """The expanded template with its parameters' values."""

    root: Path
    resources: dict[str, dict[str, Any]]
    parameters: dict[str, Any]
    conditions: dict[str, Any]
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        """Make the resolver."""
        self.resolver = Resolver(self._reference, self._attribute, self.conditions)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resolved properties of all resources of a type, by logical id."""
        return {
            name: self.resolver.resolve(resource.get("Properties", {}))
            for name, resource in self.resources.items()
            if resource["Type"] == kind and self._exists(resource)
        }

    def _exists(self, resource: Mapping[str, Any]) -> bool:
        condition = resource.get("Condition")
        return condition is None or self.resolver.holds(condition)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Return all functions by logical id."""
        return {
            name: self._function(name, properties)
            for name, properties in self.of_type("AWS::Lambda::Function").items()
        }

    def _function(self, name: str, properties: Mapping[str, Any]) -> Function:
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            name=name,
            handler=properties["Handler"],
            code=self.root / properties["Code"]["S3Key"],
            layers=tuple(self.root / self._content(each) for each in properties.get("Layers", [])),
            environment={key: str(value) for key, value in variables.items()},
            timeout_seconds=int(properties.get("Timeout", 3)),
            memory_megabytes=int(properties.get("MemorySize", 128)),
        )

    def _content(self, layer: str) -> str:
        return str(self.resources[layer.rsplit("/", 1)[-1]]["Properties"]["Content"]["S3Key"])

    @cached_property
    def mappings(self) -> tuple[Mapped, ...]:
        """Return all event source mappings."""
        return tuple(
            Mapped(name, each["FunctionName"], each["EventSourceArn"], each)
            for name, each in self.of_type("AWS::Lambda::EventSourceMapping").items()
        )

    @cached_property
    def websocket(self) -> WebSocketApi:
        """Return the one WebSocket API."""
        apis = {
            name: each
            for name, each in self.of_type("AWS::ApiGatewayV2::Api").items()
            if each.get("ProtocolType") == "WEBSOCKET"
        }
        if len(apis) != 1:
            message = "the template must have one WebSocket API"
            raise TemplateError(message)
        name, api = next(iter(apis.items()))
        integrations = self.of_type("AWS::ApiGatewayV2::Integration")
        routes, authorizer = {}, None
        for route in self.of_type("AWS::ApiGatewayV2::Route").values():
            target = integrations[route["Target"].rsplit("/", 1)[-1]]
            routes[route["RouteKey"]] = _function_of(target["IntegrationUri"])
            if "AuthorizerId" in route:
                authorizers = self.of_type("AWS::ApiGatewayV2::Authorizer")
                authorizer = _function_of(authorizers[route["AuthorizerId"]]["AuthorizerUri"])
        stage = next(
            str(each["StageName"])
            for each in self.of_type("AWS::ApiGatewayV2::Stage").values()
            if each["ApiId"] == name
        )
        return WebSocketApi(name, stage, api["RouteSelectionExpression"], routes, authorizer)

    @cached_property
    def http_routes(self) -> dict[str, str]:
        """Return which function answers which path of the HTTP API."""
        routes = {}
        for api in self.of_type("AWS::ApiGatewayV2::Api").values():
            for path, methods in api.get("Body", {}).get("paths", {}).items():
                for method in methods.values():
                    uri = method["x-amazon-apigateway-integration"]["uri"]
                    routes[path] = _function_of(uri)
        return routes

    @cached_property
    def page_headers(self) -> dict[str, str]:
        """Return the headers that the page is served with."""
        headers: dict[str, str] = {}
        for policy in self.of_type("AWS::CloudFront::ResponseHeadersPolicy").values():
            headers |= _security_headers(policy["ResponseHeadersPolicyConfig"])
        return headers

    def _reference(self, name: str) -> Any:  # noqa: ANN401 - a parameter may be anything
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        resource = self.resources.get(name)
        if resource is None:
            message = f"the template refers to {name}, which does not exist"
            raise TemplateError(message)
        if resource["Type"] == "AWS::SQS::Queue":
            return f"{{ministack}}/{ACCOUNT}/{self.queue_name(name)}"
        if resource["Type"] == "AWS::DynamoDB::Table":
            return self.table_name(name)
        if resource["Type"] == "AWS::S3::Bucket":
            return self.bucket_name(name)
        return name

    def _attribute(self, name: str, attribute: str) -> Any:  # noqa: ANN401
        kind = self.resources[name]["Type"]
        arn = f"arn:aws:%s:{REGION}:{ACCOUNT}:%s"
        match kind, attribute:
            case "AWS::Lambda::Function", "Arn":
                return arn % ("lambda", f"function:{name}")
            case "AWS::SQS::Queue", "Arn":
                return arn % ("sqs", self.queue_name(name))
            case "AWS::SQS::Queue", "QueueName":
                return self.queue_name(name)
            case "AWS::DynamoDB::Table", "Arn":
                return arn % ("dynamodb", f"table/{self.table_name(name)}")
            case "AWS::DynamoDB::Table", "StreamArn":
                return arn % ("dynamodb", f"table/{self.table_name(name)}/stream/local")
        return f"{name}.{attribute}.local"

    def table_name(self, name: str) -> str:
        """Return what the table is called here."""
        return f"{STACK}-{name}"

    def bucket_name(self, name: str) -> str:
        """Return what the bucket is called here."""
        return f"{STACK}-{name}".lower()

    def queue_name(self, name: str) -> str:
        """Return what the queue is called here."""
        fifo = self.resources[name].get("Properties", {}).get("FifoQueue")
        return f"{STACK}-{name}" + (".fifo" if fifo else "")


def _function_of(uri: str) -> str:
    """Return the logical id in an integration's address."""
    return uri.split("function:", 1)[-1].split("/", 1)[0].split(".", 1)[0]


def _security_headers(config: Mapping[str, Any]) -> dict[str, str]:
    security = config.get("SecurityHeadersConfig", {})
    headers = {
        each["Header"]: each["Value"]
        for each in config.get("CustomHeadersConfig", {}).get("Items", [])
    }
    if policy := security.get("ContentSecurityPolicy"):
        headers["Content-Security-Policy"] = policy["ContentSecurityPolicy"]
    if security.get("ContentTypeOptions"):
        headers["X-Content-Type-Options"] = "nosniff"
    if frame := security.get("FrameOptions"):
        headers["X-Frame-Options"] = frame["FrameOption"]
    if referrer := security.get("ReferrerPolicy"):
        headers["Referrer-Policy"] = referrer["ReferrerPolicy"]
    return headers


@dataclass(frozen=True, slots=True)
class _Session:
    """What samtranslator asks of a boto3 session: only its region."""

    region_name: str = REGION


def load(root: Path, overrides: Mapping[str, str]) -> Stack:
    """Expand ``template.yaml``; code and layers stay where their sources are.

    Raises: TemplateError.
    """
    raw = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    parameters = {
        name: overrides.get(name, parameter.get("Default"))
        for name, parameter in raw.get("Parameters", {}).items()
    }
    for resource in raw["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(name), str):
                properties[name] = "s3://local/" + properties[name]
    translator = Translator({}, Parser(), boto_session=_Session())
    expanded = translator.translate(raw, {**parameters, **PSEUDO})
    expanded = json.loads(json.dumps(expanded, default=str))
    return Stack(
        root=root,
        resources=expanded["Resources"],
        parameters=parameters,
        conditions=expanded.get("Conditions", {}),
    )
