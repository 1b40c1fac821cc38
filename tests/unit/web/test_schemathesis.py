"""Requests that nobody thought of, made from the OpenAPI document, as three kinds of people: none may break it.

Every answer must be one that the document describes, and what the document forbids must be refused.
"""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.web.api.routes import API
from governance.people.people import Role
from tests.unit.web.stage import OURS, asked_by

EXAMPLES = 10
CHECKS = (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
"""`negative_data_rejection` is added for signed-in people: who may not do a thing is told so, not what was wrong."""
OPEN = {name: part for name, part in API.document.items() if name != "security"}
"""Without the part on cookies: the tests send their own, and each kind of person is a test."""
OPERATIONS = [each.ok() for each in schemathesis.openapi.from_dict(OPEN).get_all_operations()]


@pytest.fixture
async def people(web):
    """An admin, an operator with a grant, an operator without one, and somebody whose cookie is not ours."""
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    bob = await web.visitor("bob")
    await web.stage.agent_grants.grant(alice.person.id, "ops", by=root.person)
    junk = web.anybody
    junk.token = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"
    return {"admin": root, "operator": bob, "operator with a grant": alice, "nobody": junk}


@pytest.fixture
async def real(web, people):
    """Ids that are there, for each parameter of a path."""
    carol = await web.visitor("carol")
    await web.stage.agent_grants.grant(carol.person.id, "ops", by=None)
    asked = await asked_by(web, carol)
    session = (await web.stage.sessions.of(carol.person.id))[0]
    return {
        "agent": "ops",
        "code": "AB23",
        "kind": "skill",
        "name": "weekly-figures",
        "owner": "me",
        "number": "P1",
        "person_id": str(carol.person.id),
        "request_id": str(asked.id),
        "session_id": str(session.id),
    }


def strategies_of(operation, real):
    """What fits the document, what does not, and what fits and names somebody who is there."""
    described = API.document["paths"][operation.path][operation.method.lower()]
    yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if described["parameters"] or "requestBody" in described:  # what takes nothing can be given nothing wrong
        yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    named = {each["name"]: real[each["name"]] for each in described["parameters"] if each["in"] == "path"}
    if named:
        yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=named)


def try_everything(visitor, real, tried, checks):
    """Runs in a thread, since the tool speaks HTTP without a loop."""
    base = str(visitor.base).rstrip("/")
    cookies = {visitor.cookie: visitor.token}
    for operation in OPERATIONS:
        for strategy in strategies_of(operation, real):

            @seed(20_300_506)
            @settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy)
            def one(case):
                answer = case.call(base_url=base, cookies=cookies, headers=OURS, timeout=10)
                tried.append((case.operation.label, answer.status_code))
                case.validate_response(answer, checks=list(checks))

            one()


@pytest.mark.parametrize("who", ["admin", "operator", "operator with a grant", "nobody"])
async def test_nothing_that_can_be_sent_breaks_the_api(people, real, who):
    tried = []
    checks = (*CHECKS, negative_data_rejection) if who == "admin" else CHECKS

    await asyncio.to_thread(try_everything, people[who], real, tried, checks)

    assert {label for label, _ in tried} == {operation.label for operation in OPERATIONS}
    statuses = {status for _, status in tried}
    assert not [status for status in statuses if status >= 500]
    if who == "nobody":
        assert statuses == {401}
    else:
        served = {label for label, status in tried if status < 300}
        assert len(served) >= (20 if who == "admin" else 8), sorted(served)
        assert 401 not in {status for label, status in tried if "password" not in label}
