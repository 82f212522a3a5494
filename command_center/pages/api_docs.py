"""`/api/v1/docs`: the API described on one page, made from its OpenAPI text."""

from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Response

from command_center.pages.html import page
from command_center.pages.openapi import openapi
from command_center.services import Services


def router(api: FastAPI, services: Services) -> APIRouter:
    """The routes /api/v1/openapi.json and /api/v1/docs; ``api`` is what they describe."""
    routes = APIRouter(include_in_schema=False)
    made: list[dict[str, Any]] = []

    def described() -> dict[str, Any]:
        # made on first use, when all routes are there
        if not made:
            made.append(openapi(api, services.version))
        return made[0]

    @routes.get("/api/v1/openapi.json")
    def get_openapi() -> Response:
        return Response(orjson.dumps(described()), media_type="application/json")

    @routes.get("/api/v1/docs")
    def get_docs() -> Response:
        return page("api_docs.html", operations=_operations(described()), version=services.version)

    return routes


def _operations(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "tag": (operation.get("tags") or [""])[0],
            "summary": operation.get("summary", ""),
            "permission": operation.get("x-permission"),
            "parameters": [
                {**one, "type": _type(one.get("schema", {}))}
                for one in operation.get("parameters", [])
            ],
            "body": _body(operation),
        }
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post")
    ]


def _body(operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((one.get("schema", {}) for one in content.values()), {})
    required = set(schema.get("required", []))
    return [
        {
            "name": name,
            "required": name in required,
            "type": _type(one),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    kinds = [schema, *schema.get("anyOf", [])]
    return " | ".join(one["type"] for one in kinds if one.get("type", "null") != "null")
