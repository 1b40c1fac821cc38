"""The API of persons: oneself, everybody (admins), and where people are signed in."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from gateway.web.api.openapi import Operation
from gateway.web.api.types import (
    Limit,
    LinkOut,
    NewPerson,
    OwnChange,
    PasswordChange,
    PersonChange,
    PersonCreated,
    PersonOut,
    SessionOut,
    Words,
)
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, SESSION, needs_of
from governance.people.people import Origin, People, Person, Role
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of persons uses."""

    people: People
    sessions: Sessions
    sign_in: SignIn
    public_url: str


async def show_me(request: web.Request) -> PersonOut:
    """Who is signed in, with the agents granted."""
    return PersonOut.of(request[PERSON])


async def change_me(request: web.Request, change: OwnChange) -> PersonOut:
    """Change the name that others read, one's language or one's time zone."""
    me = request[PERSON]
    people = needs_of(request, Needs).people
    return PersonOut.of(
        await people.describe(
            me.id,
            by=me,
            display_name=change.display_name,
            language=change.language,
            time_zone=change.time_zone,
            origin=_origin(request),
        )
    )


async def change_password(request: web.Request, change: PasswordChange) -> None:
    """Change one's password, which ends all other sessions."""
    await needs_of(request, Needs).sign_in.change_password(
        request[SESSION], change.current, change.new, origin=_origin(request)
    )


async def list_people(
    request: web.Request, search: Words = "", after: Words = "", limit: Limit = 100
) -> list[PersonOut]:
    """Everybody by name, or those in whose name or account's name `search` occurs, a page at a time.

    `after` is the last name of the page before.
    """
    people = await needs_of(request, Needs).people.page(search=search, after=after, limit=limit)
    return [PersonOut.of(person) for person in people]


async def create_person(request: web.Request, person: NewPerson) -> PersonCreated:
    """Add a person, who sets the password through the link."""
    created, code = await needs_of(request, Needs).people.create(
        person.name,
        person.role,
        by=request[PERSON],
        display_name=person.display_name,
        language=person.language or "",
        time_zone=person.time_zone,
        origin=_origin(request),
    )
    return PersonCreated(person=PersonOut.of(created), link=_link(request, code))


async def show_person(request: web.Request, person_id: UUID) -> PersonOut:
    """One person."""
    return PersonOut.of(await _person(request, person_id))


async def change_person(request: web.Request, person_id: UUID, change: PersonChange) -> PersonOut:
    """Change a person's name, language, time zone or role."""
    people, me, origin = needs_of(request, Needs).people, request[PERSON], _origin(request)
    await _person(request, person_id)
    if change.role is not None:
        await people.set_role(person_id, change.role, by=me, is_sure=change.sure, origin=origin)
    return PersonOut.of(
        await people.describe(
            person_id,
            by=me,
            display_name=change.display_name,
            language=change.language,
            time_zone=change.time_zone,
            origin=origin,
        )
    )


async def disable_person(request: web.Request, person_id: UUID) -> PersonOut:
    """Shut a person out at once, with sessions, grants and requests."""
    return PersonOut.of(
        await needs_of(request, Needs).people.disable(person_id, by=request[PERSON], origin=_origin(request))
    )


async def enable_person(request: web.Request, person_id: UUID) -> PersonOut:
    """Let a person in again, without the grants of before."""
    return PersonOut.of(
        await needs_of(request, Needs).people.enable(person_id, by=request[PERSON], origin=_origin(request))
    )


async def create_password_link(request: web.Request, person_id: UUID) -> LinkOut:
    """A one-time link that sets this person's password anew."""
    code = await needs_of(request, Needs).people.reset(person_id, by=request[PERSON], origin=_origin(request))
    return LinkOut(link=_link(request, code))


async def list_sessions(request: web.Request, person: UUID | None = None) -> list[SessionOut]:
    """One's own sessions; for admins those of `person`."""
    me = request[PERSON]
    if person is not None and person != me.id and me.role is not Role.ADMIN:
        raise Problem(HTTPStatus.NOT_FOUND)
    sessions = await needs_of(request, Needs).sessions.of(person or me.id)
    return [SessionOut.of(session, request[SESSION].id) for session in sessions]


async def end_session(request: web.Request, session_id: UUID) -> None:
    """End a session: one's own, or for admins anybody's."""
    me, sessions = request[PERSON], needs_of(request, Needs).sessions
    owner = await sessions.owner(session_id)
    if owner is None or (owner != me.id and me.role is not Role.ADMIN):
        raise Problem(HTTPStatus.NOT_FOUND)
    if not await sessions.end(session_id, owner, by=me, origin=_origin(request)):
        raise Problem(HTTPStatus.NOT_FOUND)


async def end_other_sessions(request: web.Request) -> None:
    """End all one's sessions but this one."""
    await needs_of(request, Needs).sessions.end_others(request[SESSION], origin=_origin(request))


async def end_sessions_of_person(request: web.Request, person_id: UUID) -> None:
    """End all sessions of a person; an admin's own current one stays."""
    await _person(request, person_id)
    await needs_of(request, Needs).sessions.end_of(
        person_id, by=request[PERSON], but=request[SESSION].id, origin=_origin(request)
    )


async def _person(request: web.Request, person_id: UUID) -> Person:
    person = await needs_of(request, Needs).people.get(person_id, even_disabled=True)
    if person is None:
        raise Problem(HTTPStatus.NOT_FOUND)
    return person


def _origin(request: web.Request) -> Origin:
    return request[ORIGIN]


def _link(request: web.Request, code: str) -> str:
    return f"{needs_of(request, Needs).public_url}/welcome/{code}"


OPERATIONS = (
    Operation("GET", "/api/me", show_me),
    Operation("PATCH", "/api/me", change_me),
    Operation("POST", "/api/me/password", change_password, problems=(409, 429)),
    Operation("GET", "/api/people", list_people, Role.ADMIN),
    Operation("POST", "/api/people", create_person, Role.ADMIN, status=201, problems=(409,)),
    Operation("GET", "/api/people/{person_id}", show_person, Role.ADMIN),
    Operation("PATCH", "/api/people/{person_id}", change_person, Role.ADMIN, problems=(409,)),
    Operation("POST", "/api/people/{person_id}/disable", disable_person, Role.ADMIN, problems=(409,)),
    Operation("POST", "/api/people/{person_id}/enable", enable_person, Role.ADMIN),
    Operation("POST", "/api/people/{person_id}/password-link", create_password_link, Role.ADMIN, status=201),
    Operation("POST", "/api/people/{person_id}/end-sessions", end_sessions_of_person, Role.ADMIN),
    Operation("GET", "/api/sessions", list_sessions, problems=(404,)),
    Operation("DELETE", "/api/sessions/{session_id}", end_session),
    Operation("POST", "/api/sessions/end-others", end_other_sessions),
)
