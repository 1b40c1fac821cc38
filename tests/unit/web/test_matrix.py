"""Who may call what: every route of the console and the API, against every kind of person, as each route declares."""

import importlib
import pkgutil
import re
from dataclasses import replace

import pytest
from aiohttp import web

import gateway.web
from gateway.web.api import routes as api
from gateway.web.http import auth
from gateway.web.http.route import Access, Route
from governance.people.people import Role
from tests.unit.web.stage import asked_by, open_stage

OURS_TO_SIGN_IN = {"/session", "/session/end", "/sign-in", "/welcome/{code}"}
"""Whoever calls these is signed in, signed out or asked for more; `test_door` and `test_welcome` show how."""


def declared() -> list[Route]:
    """Every route of every module of the web, so that a new module is tried without being named here."""
    names = sorted(module.name for module in pkgutil.walk_packages(gateway.web.__path__, "gateway.web."))
    modules = [importlib.import_module(name) for name in names]
    return [route for module in modules for route in getattr(module, "ROUTES", ())]


PAGES = [route for route in declared() if route not in {*auth.ROUTES, *api.ROUTES}]


async def reached(_):
    return web.Response(text="inside")


@pytest.fixture
async def whole(pool, dsn, tmp_path):
    """The API as it is, and behind each page's door a mark that it was passed."""
    async with open_stage(pool, dsn, tmp_path, routes=[replace(page, handler=reached) for page in PAGES]) as stage:
        yield stage


def filled(path: str, values: dict[str, str]) -> str:
    """The path with something plausible in each place; a pattern of its own wins over the name."""
    return re.sub(r"{(\w+)(:[^/]+)?}", lambda found: "1" if found[2] else values.get(found[1], "x"), path)


def test_every_operation_of_the_document_is_a_route_with_the_role_that_it_names():
    routes = {(route.method, route.path): route.role.value for route in api.ROUTES}
    described = {
        (method.upper(), path): operation["x-role"]
        for path, operations in api.API.document["paths"].items()
        for method, operation in operations.items()
    }

    assert described == {key: role for key, role in routes.items() if key[1] != "/api/openapi.json"}


def test_what_is_public_is_listed_here():
    public = {(route.method, route.path) for route in declared() if route.role is Access.PUBLIC}
    static = {(method, path) for method, path in public if method == "GET" and path.startswith("/static/")}

    assert len(static) == 1
    assert public - static == {
        ("GET", "/favicon.ico"),
        ("GET", "/healthz"),
        ("GET", "/keep/{code}"),
        ("GET", "/readyz"),
        ("GET", "/servers/client.json"),
        ("GET", "/servers/sign-in/{link}"),
        ("GET", "/servers/signed-in"),
        ("GET", "/sign-in"),
        ("GET", "/welcome/{code}"),
        ("POST", "/keep/{code}"),
        ("POST", "/language"),
        ("POST", "/servers/sign-in/{link}"),
        ("POST", "/session"),
        ("POST", "/welcome/{code}"),
    }


async def test_every_route_answers_each_person_as_it_declares(whole):
    root, bob = await whole.visitor("root", Role.ADMIN), await whole.visitor("bob")
    alice, carol = await whole.visitor("alice"), await whole.visitor("carol")
    await whole.stage.agent_grants.grant(alice.person.id, "ops", by=root.person)
    asked = await asked_by(whole, bob)
    session = (await whole.stage.sessions.of(bob.person.id))[0]
    values = {
        "agent": "ops",
        "card": asked.card_id,
        "conversation": "0" * 32,
        "person": str(bob.person.id),
        "person_id": str(bob.person.id),
        "request_id": str(asked.id),
        "session_id": str(session.id),
    }
    refused_objects = {"person_id", "request_id", "session_id"}
    people = {"anybody": whole.anybody, "without a grant": carol, "with a grant": alice, "admin": root}
    answers, wrong = 0, []
    routes = [route for route in (*api.ROUTES, *PAGES) if route.path not in OURS_TO_SIGN_IN]
    for route in routes:
        # What an admin may do comes last, since it changes who the others are.
        for who, visitor in people.items():
            path = filled(route.path, values)
            body = (
                {"json": _body(route)} if route.path.startswith("/api/") and route.method in {"PATCH", "POST"} else {}
            )
            status = (await visitor(route.method, path, **body)).status
            answers += 1
            named = refused_objects & set(re.findall(r"{(\w+)", route.path))
            if not _fits(route, who, status, names_somebody_else=bool(named)):
                wrong.append(f"{route.method} {path} as {who}: {status}")
        await whole.stage.people.enable(bob.person.id, by=root.person)

    assert wrong == []
    assert answers == 4 * len(routes)
    assert len(routes) > 100


def _body(route: Route) -> dict[str, str]:
    return {"choice": "approve"} if route.path.endswith("/decision") else {}


def _fits(route: Route, who: str, status: int, *, names_somebody_else: bool) -> bool:
    if status >= 500:
        return False
    if route.role is Access.PUBLIC or who == "admin":
        return status not in {401, 403}
    if who == "anybody":
        return status == 401
    if route.role is Role.ADMIN:
        return status == 403
    return status in {403, 404} if names_somebody_else else status not in {401, 403}
