"""HTTP routes, from the OpenAPI description that the service itself answers with."""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.tables.markdown import code, codes, table
from wireside.entrypoints.http import build


def routes() -> str:
    """Return method, path, fields and purpose of every route that is answered."""
    app = build()
    described = app.openapi()
    rows = [
        (method.upper(), code(path), codes(_fields(route, described)), _purpose(route))
        for path, methods in described["paths"].items()
        for method, route in methods.items()
    ]
    rows.append(("GET", code(app.openapi_url), "", "Describe this API, as OpenAPI."))
    rows.append(("GET", code("/docs"), "", "Show that description as a page."))
    return table(("method", "path", "query or body", "does"), rows)


def _purpose(route: Mapping[str, Any]) -> str:
    return str(route["description"]).splitlines()[0]


def _fields(route: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    for each in route.get("parameters", ()):
        if each["in"] == "query":
            yield each["name"] + ("" if each["required"] else "?")
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    if reference := body.get("schema", {}).get("$ref"):
        schema = described["components"]["schemas"][reference.rsplit("/", 1)[-1]]
        required = schema.get("required", ())
        yield from (name + ("" if name in required else "?") for name in schema["properties"])
