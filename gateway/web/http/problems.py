"""Answers that say no: problem details (RFC 9457) in the reader's language, never a trace, a path or a version."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from channels.base import NexoraError, NotStored
from channels.locales import knows, say
from gateway.web.http.language import language_of
from gateway.web.http.route import DRAWS
from governance.accounts.accounts import AlreadyLinked, CodeWrong, OwnAdmission, TooManyCodes
from governance.accounts.sentences import sentence_of
from governance.people.agent_grants import DurationUnknown, ExpiryPast
from governance.people.names import NameRefused
from governance.people.wrong import LastAdmin, NameWrong, OwnRole, PersonExists, PersonMissing
from governance.record.transaction import DatabaseAway
from governance.secrets.names import SecretForbidden, SecretLinkUsed, SecretMissing, SecretRefused, SecretWrong
from governance.sign_in.attempts import LockedOut, TooManyAttempts
from governance.sign_in.passwords import PasswordRefused
from governance.sign_in.sign_in import LinkUsed, SignInRefused
from governance.sign_in.tokens import TokenMissing, TooManyTokens

STATUS_OF: Mapping[type[NexoraError], int] = {
    AlreadyLinked: 409,
    CodeWrong: 404,
    DatabaseAway: 503,
    DurationUnknown: 422,
    ExpiryPast: 409,
    LastAdmin: 409,
    LinkUsed: 410,
    LockedOut: 429,
    TooManyAttempts: 429,
    NameRefused: 409,
    NameWrong: 422,
    NotStored: 503,
    OwnAdmission: 403,
    OwnRole: 409,
    PasswordRefused: 409,
    PersonExists: 409,
    PersonMissing: 404,
    SecretForbidden: 403,
    SecretLinkUsed: 410,
    SecretMissing: 404,
    TokenMissing: 404,
    TooManyTokens: 409,
    SecretRefused: 403,
    SecretWrong: 422,
    SignInRefused: 401,
    TooManyCodes: 429,
}


class Problem(NexoraError):
    """The request cannot be answered."""

    def __init__(self, status: int, *, detail: str = "", errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors


def status_of(error: NexoraError) -> int | None:
    """The HTTP status of an error that a person can cause; None for one that is ours."""
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), None)


def wants_page(request: web.Request) -> bool:
    """Whether somebody reads the answer in a browser."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def problem(
    request: web.Request,
    status: int,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    error_id: str = "",
) -> web.Response:
    """The answer, as a page with a way on for a browser and as problem details for everybody else."""
    title = HTTPStatus(status).phrase
    words = detail or (say(key, language_of(request), id=error_id) if knows(key := f"problem.{status}") else title)
    if wants_page(request):
        return request.app[DRAWS](request, "problem.html", status=status, number=status, words=words)
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": words}
    if errors:
        body["errors"] = list(errors)
    if error_id:
        body["id"] = error_id
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/problem+json")


def problem_of(request: web.Request, error: NexoraError) -> web.Response | None:
    """The answer to an error that a person can cause; None for one that is ours."""
    if isinstance(error, Problem):
        return problem(request, error.status, error.detail, errors=error.errors)
    status = status_of(error)
    if status is None:
        return None
    answer = problem(request, status, sentence_of(error, language_of(request)))
    if isinstance(error, LockedOut):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "5"
    return answer
