"""The WebSocket API and the HTTP API of the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.template.errors import TemplateError
from local.template.model import (
    Authorizer,
    Cors,
    Function,
    FunctionId,
    HttpApi,
    HttpRoute,
    WebSocketApi,
    WebSocketRoute,
)
from local.template.resources import Resource, Resources

_API = "AWS::ApiGatewayV2::Api"
_INTEGRATION_URI = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/2015-03-31/functions/(?P<arn>.+)/invocations")
_SELECTION = re.compile(r"\$request\.body\.[A-Za-z0-9_.-]+")
_ANY = "x-amazon-apigateway-any-method"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", _ANY})

type Functions = Mapping[FunctionId, Function]


def read_websocket(resources: Resources, functions: Functions) -> WebSocketApi | None:
    """The one WebSocket API of the template, if it has one.

    Raises: `TemplateError` for a second one, or an integration other than Lambda's.
    """
    api = resources.only_of(_API, {"ProtocolType": "WEBSOCKET"})
    if api is None:
        return None
    api_id = resources.names.physical(api.id, {"Type": _API})
    stage = resources.only_of("AWS::ApiGatewayV2::Stage", {"ApiId": api_id})
    if stage is None:
        raise TemplateError(f"{api.id}: no stage")
    selection = str(api.required("RouteSelectionExpression"))
    if not _SELECTION.fullmatch(selection):
        raise TemplateError(f"{api.id}: route selection {selection!r} is not known here")
    routes = {route.required("RouteKey"): route for route in _owned(resources, "Route", api_id)}
    return WebSocketApi(
        api_id=api_id,
        stage=stage.required("StageName"),
        selection=selection,
        routes={key: _websocket_route(route, resources, functions) for key, route in routes.items()},
        authorizer=_authorizer(routes.get("$connect"), resources, functions),
    )


def read_http(resources: Resources, functions: Functions) -> HttpApi | None:
    """The one HTTP API of the template, if it has one."""
    api = resources.only_of(_API, {"ProtocolType": "HTTP"}) or next(
        (found for found in resources.of(_API) if "Body" in found.properties), None
    )
    if api is None:
        return None
    body = api.required("Body")
    return HttpApi(
        api_id=resources.names.physical(api.id, {"Type": _API}),
        routes=tuple(_http_routes(body, functions)),
        cors=_cors(body.get("x-amazon-apigateway-cors")),
    )


def _owned(resources: Resources, kind: str, api_id: str) -> Iterator[Resource]:
    return (r for r in resources.of(f"AWS::ApiGatewayV2::{kind}") if r.properties.get("ApiId") == api_id)


def _websocket_route(route: Resource, resources: Resources, functions: Functions) -> WebSocketRoute:
    integration_id = str(route.required("Target")).removeprefix("integrations/")
    integration = next(r for r in resources.of("AWS::ApiGatewayV2::Integration") if r.id == integration_id)
    if (kind := integration.required("IntegrationType")) != "AWS_PROXY":
        raise TemplateError(f"{integration.id}: integration {kind} is not known here")
    function = _function_of(integration.required("IntegrationUri"), functions)
    return WebSocketRoute(function, two_way="RouteResponseSelectionExpression" in route.properties)


def _authorizer(connect: Resource | None, resources: Resources, functions: Functions) -> Authorizer | None:
    if connect is None or connect.properties.get("AuthorizationType", "NONE") == "NONE":
        return None
    if (kind := connect.properties["AuthorizationType"]) != "CUSTOM":
        raise TemplateError(f"{connect.id}: authorization {kind} is not known here")
    authorizer_id = connect.required("AuthorizerId")
    found = next(r for r in resources.of("AWS::ApiGatewayV2::Authorizer") if r.id == authorizer_id)
    function = _function_of(found.required("AuthorizerUri"), functions)
    return Authorizer(function, tuple(found.properties.get("IdentitySource", ())))


def _function_of(uri: str, functions: Functions) -> FunctionId:
    match = _INTEGRATION_URI.fullmatch(uri)
    arn = match["arn"] if match else uri
    return function_by_arn(arn, functions)


def function_by_arn(name: str, functions: Functions) -> FunctionId:
    """The function with that ARN or name.

    Raises: `TemplateError` when there is none.
    """
    for function in functions.values():
        if name in (function.arn, function.function_name):
            return function.id
    raise TemplateError(f"no function {name}")


def _http_routes(body: Mapping[str, Any], functions: Functions) -> Iterator[HttpRoute]:
    for path, methods in body.get("paths", {}).items():
        for method in methods.keys() & _METHODS:
            integration = methods[method]["x-amazon-apigateway-integration"]
            if integration.get("payloadFormatVersion") != "2.0":
                raise TemplateError(f"{method} {path}: only payload format 2.0 is here")
            name = "ANY" if method == _ANY else method.upper()
            yield HttpRoute(name, path, _function_of(integration["uri"], functions))


def _cors(configured: Mapping[str, Any] | None) -> Cors | None:
    if configured is None:
        return None
    return Cors(
        origins=tuple(configured.get("allowOrigins", ())),
        methods=tuple(configured.get("allowMethods", ())),
        headers=tuple(configured.get("allowHeaders", ())),
        exposed=tuple(configured.get("exposeHeaders", ())),
        max_age_seconds=int(configured.get("maxAge", 0)),
        credentials=bool(configured.get("allowCredentials", False)),
    )
