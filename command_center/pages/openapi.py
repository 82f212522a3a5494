"""The API described as OpenAPI 3.1."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from command_center.access.table import RULES, find

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem, in the caller's Accept-Language",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


def openapi(api: FastAPI, version: str) -> dict[str, Any]:
    """The description of the API, with each operation's permission and its problems."""
    told = get_openapi(
        title="City Command Center",
        version=version,
        openapi_version="3.1.0",
        summary="Tickets, reports, readings and tiles of one city.",
        routes=api.routes,
    )
    components = told.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "cc_session"}
    }
    problem = {
        "description": "Refused",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
            rule = find(RULES, method.upper(), path)
            if rule is not None and rule.permission is not None:
                operation["security"] = [{"session": []}]
                operation["x-permission"] = rule.permission.value
    return told
