"""The JSON API's one source of truth: an operation's signature is checked on every request and described in OpenAPI.

An operation is `async def name(request, …) -> Model`: a parameter named in the path is read from it, a pydantic model
is the body, everything else is the query. What was not declared is refused, in the body and in the query alike.
"""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, get_type_hints

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from channels.mistakes import dotted, mistakes
from gateway.settings.model import Settings
from gateway.web.http.problems import Problem
from gateway.web.http.route import USUAL_BYTES, Access, Route, needs_of
from gateway.web.http.visitor import SECURE_COOKIE, cookie_name
from governance.people.people import Role

BODY_SECONDS = 30
MOST_ERRORS = 20
_SESSION = {"type": "apiKey", "in": "cookie", "name": SECURE_COOKIE}
_ALWAYS = (401, 403, 422, 503)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the document of the API uses."""

    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """One parameter of the path or the query. Without `default` it must be given."""

    adapter: TypeAdapter[Any]
    default: Any = inspect.Parameter.empty

    @property
    def is_required(self) -> bool:
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True)
class Operation:
    """One method of one path, read from its function's signature.

    `problems` are the statuses that it may answer beside those that every operation may, `max_bytes` bounds its body.
    """

    method: str
    path: str
    function: Callable[..., Awaitable[Any]]
    role: Role | Access = Access.SIGNED_IN
    status: int = 200
    problems: tuple[int, ...] = ()
    max_bytes: int = USUAL_BYTES

    @cached_property
    def _hints(self) -> dict[str, Any]:
        hints = get_type_hints(self.function, include_extras=True)
        names = list(inspect.signature(self.function).parameters)[1:]
        return {name: hints[name] for name in names}

    @cached_property
    def in_path(self) -> dict[str, _Input]:
        """The parameters of the path."""
        names = re.findall(r"{(\w+)", self.path)
        return {name: _Input(adapter=TypeAdapter(self._hints[name])) for name in names}

    @cached_property
    def body(self) -> tuple[str, type[BaseModel]] | None:
        """The name and model of the body."""
        models = [(name, hint) for name, hint in self._hints.items() if _is_model(hint)]
        return models[0] if models else None

    @cached_property
    def in_query(self) -> dict[str, _Input]:
        """The parameters of the query."""
        parameters = inspect.signature(self.function).parameters
        return {
            name: _Input(adapter=TypeAdapter(hint), default=parameters[name].default)
            for name, hint in self._hints.items()
            if name not in self.in_path and not _is_model(hint)
        }

    @cached_property
    def answer(self) -> TypeAdapter[Any] | None:
        """What is answered; None for an operation that answers 204."""
        hint = get_type_hints(self.function, include_extras=True)["return"]
        return None if hint is type(None) else TypeAdapter(hint)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Check what came in, call the function, write what it answers."""
        given = self._from_path(request) | self._from_query(request)
        if self.body is not None:
            given[self.body[0]] = await _read(request, self.body[1])
        answered = await self.function(request, **given)
        if self.answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        body = self.answer.dump_json(answered)
        return web.Response(status=self.status, body=body, content_type="application/json")

    def _from_path(self, request: web.Request) -> dict[str, Any]:
        try:
            return {
                name: taken.adapter.validate_strings(request.match_info[name]) for name, taken in self.in_path.items()
            }
        except ValidationError as error:
            # Whether an id is impossible or only unknown is nobody's business.
            raise Problem(HTTPStatus.NOT_FOUND) from error

    def _from_query(self, request: web.Request) -> dict[str, Any]:
        found: dict[str, Any] = {}
        errors = [_error(name, "is not known here") for name in request.query if name not in self.in_query]
        for name, taken in self.in_query.items():
            values = request.query.getall(name, [])
            if not values:
                if taken.is_required:
                    errors.append(_error(name, "must be given"))
                continue
            try:
                found[name] = taken.adapter.validate_strings(values[0])
            except ValidationError as error:
                errors += _errors(error, name)
            if len(values) > 1:
                errors.append(_error(name, "was given more than once"))
        if errors:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors[:MOST_ERRORS])
        return found


class JsonApi:
    """The operations of the API, and the document that describes them."""

    def __init__(self, title: str, version: str, operations: Sequence[Operation]) -> None:
        self._info = {"title": title, "version": version}
        self.operations = tuple(operations)

    def routes(self) -> tuple[Route, ...]:
        """The routes of the operations, and of the document itself."""
        document = Route("GET", "/api/openapi.json", self._document, Access.SIGNED_IN)
        return (document, *(_route(each) for each in self.operations))

    async def _document(self, request: web.Request) -> web.Response:
        """The document with the name that the cookie has where it was asked for."""
        name = cookie_name(request, needs_of(request, Needs).settings)
        scheme = {**_SESSION, "name": name}
        components = {**self.document["components"], "securitySchemes": {"session": scheme}}
        return web.json_response({**self.document, "components": components})

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document. Made when it is first asked for, since it takes longer than a start should."""
        schemas: dict[str, Any] = {"Problem": _PROBLEM}
        paths: dict[str, Any] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
        return {
            "openapi": "3.1.0",
            "info": self._info,
            "paths": paths,
            "security": [{"session": []}],
            "components": {
                "schemas": schemas,
                "securitySchemes": {"session": _SESSION},
            },
        }


def _route(operation: Operation) -> Route:
    return Route(operation.method, operation.path, operation.handle, operation.role, max_bytes=operation.max_bytes)


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    statuses = {*_ALWAYS, *operation.problems}
    described: dict[str, Any] = {
        "operationId": operation.function.__name__,
        "summary": inspect.cleandoc(operation.function.__doc__ or "").partition("\n")[0],
        "tags": [operation.path.split("/")[2]],
        "x-role": operation.role.value,
        "parameters": [
            {"in": place, "name": name, "required": taken.is_required, "schema": _schema(taken.adapter, schemas)}
            for place, inputs in (("path", operation.in_path), ("query", operation.in_query))
            for name, taken in inputs.items()
        ],
    }
    if operation.in_path:
        statuses.add(404)
    if operation.body:
        statuses |= {408, 413, 415}
        schema = _schema(TypeAdapter(operation.body[1]), schemas)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described["responses"] = {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in sorted(statuses)
    }
    if operation.answer is None:
        described["responses"]["204"] = {"description": "Done"}
    else:
        content = {"application/json": {"schema": _schema(operation.answer, schemas, mode="serialization")}}
        described["responses"][str(operation.status)] = {"description": "Done", "content": content}
    return described


def _schema(adapter: TypeAdapter[Any], schemas: dict[str, Any], *, mode: Any = "validation") -> dict[str, Any]:
    try:
        schema = adapter.json_schema(ref_template="#/components/schemas/{model}", mode=mode)
    except PydanticUserError as error:
        raise TypeError(f"a type of the API has no schema: {error}") from error
    schemas.update(schema.pop("$defs", {}))
    return schema


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


async def _read(request: web.Request, model: type[BaseModel]) -> BaseModel:
    if request.content_type != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
        return model.model_validate_json(body)
    except TimeoutError as error:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT) from error
    except ValidationError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=_errors(error, model=model)) from error


def _errors(error: ValidationError, name: str = "", model: type[BaseModel] | None = None) -> list[dict[str, str]]:
    """What is wrong and where, never what was sent: that may be a password."""
    begins = (name,) if name else ()
    return [_error(dotted((*begins, *one.place)), one.sentence) for one in mistakes(error, model)[:MOST_ERRORS]]


def _error(path: str, message: str) -> dict[str, str]:
    return {"path": path[:200], "message": message}
