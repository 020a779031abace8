"""The expanded template as the things that the local run needs of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local.intrinsics import Resolver, TemplateError
from local.known import INVOKE_SETTINGS, MAPPING_SETTINGS, MEANINGLESS_HERE, RUN_HERE
from local.model import (
    ACCOUNT,
    REGION,
    RUNTIME,
    Authorizer,
    Cors,
    Function,
    HttpRoute,
    Mapped,
    Schedule,
    WebSocketApi,
)
from local.names import Names
from local.page_headers import security_headers

ANY_METHOD = "x-amazon-apigateway-any-method"
RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass
class Stack:
    """The expanded template with its parameters' values."""

    root: Path
    resources: dict[str, dict[str, Any]]
    parameters: dict[str, Any]
    conditions: dict[str, Any]
    mappings_of_values: dict[str, Any] = field(default_factory=dict)
    names: Names = field(init=False)
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        """Make the resolver.

        Raises: TemplateError for resources that the local run would leave out in silence.
        """
        self.names = Names(self.resources, self.parameters)
        self.resolver = Resolver(
            self.names.reference, self.names.attribute, self.conditions, self.mappings_of_values
        )
        if notifying := [
            name
            for name, each in self.of_type("AWS::S3::Bucket").items()
            if "NotificationConfiguration" in each
        ]:
            message = f"the local run does not tell functions of objects: {', '.join(notifying)}"
            raise TemplateError(message)
        unknown = sorted(
            f"{name} ({resource['Type']})"
            for name, resource in self.resources.items()
            if self._exists(resource) and resource["Type"] not in RUN_HERE | MEANINGLESS_HERE
        )
        if unknown:
            message = f"the local run does not know {', '.join(unknown)}"
            raise TemplateError(message)

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
        if properties["Runtime"] != RUNTIME:
            message = f"{name}: runtime {properties['Runtime']}, and only {RUNTIME} is here"
            raise TemplateError(message)
        variables = properties.get("Environment", {}).get("Variables", {})
        logging = properties.get("LoggingConfig", {})
        is_json = logging.get("LogFormat") == "JSON"
        return Function(
            name=name,
            handler=properties["Handler"],
            code=self._directory(name, properties["Code"]["S3Key"]),
            layers=tuple(
                self._directory(name, self._content(each)) for each in properties.get("Layers", [])
            ),
            environment={key: str(value) for key, value in variables.items()},
            timeout_seconds=int(properties.get("Timeout", 3)),
            memory_megabytes=int(properties.get("MemorySize", 128)),
            log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
            log_level=logging.get("ApplicationLogLevel", "INFO") if is_json else "",
        )

    def _directory(self, name: str, path: str) -> Path:
        directory = self.root / path
        if not directory.is_dir():
            message = f"{name}: there is no directory {path}"
            raise TemplateError(message)
        return directory

    def _content(self, layer: str) -> str:
        return str(self.resources[layer.rsplit("/", 1)[-1]]["Properties"]["Content"]["S3Key"])

    @cached_property
    def mappings(self) -> tuple[Mapped, ...]:
        """Return all event source mappings."""
        return tuple(
            self._mapped(name, each)
            for name, each in self.of_type("AWS::Lambda::EventSourceMapping").items()
            if each.get("Enabled", True)
        )

    def _mapped(self, name: str, properties: Mapping[str, Any]) -> Mapped:
        unknown = properties.keys() - MAPPING_SETTINGS
        if properties.get("MaximumBatchingWindowInSeconds"):
            unknown |= {"MaximumBatchingWindowInSeconds"}
        if unknown:
            message = f"{name}: the local run does not know {', '.join(sorted(unknown))}"
            raise TemplateError(message)
        return Mapped(name, properties["FunctionName"], properties["EventSourceArn"], properties)

    @cached_property
    def called_and_forgotten(self) -> frozenset[str]:
        """Return the functions that say what becomes of their asynchronous calls.

        Raises: TemplateError where one wants more than a single try: here there is no other.
        """
        configs = self.of_type("AWS::Lambda::EventInvokeConfig")
        for name, each in configs.items():
            unknown = {key for key, value in each.items() if value} - INVOKE_SETTINGS
            if each.get("MaximumRetryAttempts", 2):
                unknown |= {"MaximumRetryAttempts"}
            if unknown:
                message = f"{name}: the local run does not know {', '.join(sorted(unknown))}"
                raise TemplateError(message)
        return frozenset(each["FunctionName"] for each in configs.values())

    @cached_property
    def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules.

        Raises: TemplateError for a rule that is not ``rate(…)``.
        """
        return tuple(
            Schedule(
                arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}",
                function=_function_of(target["Arn"]),
                every_seconds=_rate(name, rule.get("ScheduleExpression", "")),
                input=target.get("Input"),
            )
            for name, rule in self.of_type("AWS::Events::Rule").items()
            for target in rule.get("Targets", [])
            if rule.get("State", "ENABLED") == "ENABLED"
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
            if (
                target["IntegrationType"] != "AWS_PROXY"
                or "RouteResponseSelectionExpression" in route
            ):
                message = f"{route['RouteKey']}: only one-way routes to functions are here"
                raise TemplateError(message)
            routes[route["RouteKey"]] = _function_of(target["IntegrationUri"])
            if "AuthorizerId" in route:
                found = self.of_type("AWS::ApiGatewayV2::Authorizer")[route["AuthorizerId"]]
                authorizer = Authorizer(
                    _function_of(found["AuthorizerUri"]), tuple(found.get("IdentitySource", ()))
                )
        stage = next(
            str(each["StageName"])
            for each in self.of_type("AWS::ApiGatewayV2::Stage").values()
            if each["ApiId"] == name
        )
        return WebSocketApi(name, stage, api["RouteSelectionExpression"], routes, authorizer)

    @cached_property
    def http_routes(self) -> tuple[HttpRoute, ...]:
        """Return the routes of the HTTP API."""
        return tuple(
            HttpRoute(
                "ANY" if method == ANY_METHOD else method.upper(),
                path,
                _function_of(operation["x-amazon-apigateway-integration"]["uri"]),
            )
            for api in self.of_type("AWS::ApiGatewayV2::Api").values()
            for path, methods in api.get("Body", {}).get("paths", {}).items()
            for method, operation in methods.items()
            if "x-amazon-apigateway-integration" in operation
        )

    @cached_property
    def cors(self) -> Cors | None:
        """Return what the HTTP API allows other origins, if anything."""
        for api in self.of_type("AWS::ApiGatewayV2::Api").values():
            if found := api.get("Body", {}).get("x-amazon-apigateway-cors"):
                return Cors(
                    origins=frozenset(found.get("allowOrigins", [])),
                    methods=",".join(found.get("allowMethods", [])),
                    headers=",".join(found.get("allowHeaders", [])),
                    exposed=",".join(found.get("exposeHeaders", [])),
                    max_age_seconds=int(found.get("maxAge", 0)),
                )
        return None

    @cached_property
    def page_headers(self) -> dict[str, str]:
        """Return the headers that the page is served with."""
        headers: dict[str, str] = {}
        for policy in self.of_type("AWS::CloudFront::ResponseHeadersPolicy").values():
            headers |= security_headers(policy["ResponseHeadersPolicyConfig"])
        return headers


def _function_of(uri: str) -> str:
    """Return the logical id in an integration's address."""
    return uri.split("function:", 1)[-1].split("/", 1)[0].split(".", 1)[0]


def _rate(name: str, expression: str) -> int:
    match = RATE.fullmatch(expression)
    if match is None:
        message = f"{name}: the local run only knows schedules of the form rate(…)"
        raise TemplateError(message)
    return int(match[1]) * {"minute": 60, "hour": 3_600, "day": 86_400}[match[2]]
