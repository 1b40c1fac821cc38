"""One's own account: language, password, where one is signed in, one's chat accounts, and tokens for programs."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from channels.base import NexoraError
from channels.locales import languages, listed, say
from channels.messages import Account
from channels.times import zone_called, zone_of
from gateway.web.console.pages import Said, form_of, noticed, render
from gateway.web.http.language import language_of
from gateway.web.http.problems import status_of
from gateway.web.http.route import ORIGIN, PERSON, SESSION, Route, needs_of
from governance.accounts.accounts import Accounts
from governance.accounts.sentences import sentence_of
from governance.people.people import People, Role
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn
from governance.sign_in.tokens import LONGEST_DAYS, LONGEST_NAME, AccessTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of one's own account uses. `public_url` is where programs find us."""

    accounts: Accounts
    people: People
    sessions: Sessions
    sign_in: SignIn
    tokens: AccessTokens
    public_url: str


async def account(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def change(request: web.Request) -> web.Response:
    """Change one thing of one's own account."""
    act = _ACTS.get(request.match_info["act"])
    if act is None:
        raise web.HTTPNotFound
    try:
        said = await act(request, await form_of(request))
    except NexoraError as error:
        if status_of(error) is None:
            raise
        said = Said(words=sentence_of(error, language_of(request)), is_problem=True)
    return await _show(request, said)


async def _name(request: web.Request, form: dict[str, str]) -> Said:
    needs, person = needs_of(request, Needs), request[PERSON]
    language, named = form.get("language", ""), form.get("time_zone")
    zone = None if named is None else zone_called(named) if named.strip() else ""
    if zone is None and named is not None:
        return Said(words=say("command.timezone.unknown", language_of(request), zone=named[:60]), is_problem=True)
    changed = await needs.people.describe(
        person.id,
        by=person,
        display_name=form.get("display_name", "")[:100],
        language=language if language in languages() else person.language,
        time_zone=zone,
        origin=request[ORIGIN],
    )
    request[PERSON] = changed
    return noticed(request, "account.saved")


async def _password(request: web.Request, form: dict[str, str]) -> Said:
    needs = needs_of(request, Needs)
    await needs.sign_in.change_password(
        request[SESSION],
        form.get("current", ""),
        form.get("password", ""),
        origin=request[ORIGIN],
    )
    return noticed(request, "account.password_changed")


async def _end(request: web.Request, form: dict[str, str]) -> Said:
    needs, person = needs_of(request, Needs), request[PERSON]
    try:
        number = UUID(form.get("session", ""))
    except ValueError as error:
        raise web.HTTPNotFound from error
    await needs.sessions.end(number, person.id, by=person, origin=request[ORIGIN])
    return noticed(request, "account.session_ended")


async def _code(request: web.Request, _: dict[str, str]) -> Said:
    code = await needs_of(request, Needs).accounts.code_for_person(request[PERSON])
    return Said(words=say("console.account.type_in_chat", language_of(request)), once=f"/link {code}")


async def _look_up(request: web.Request, form: dict[str, str]) -> Said:
    needs = needs_of(request, Needs)
    found = await needs.accounts.account_of_code(request[PERSON], form.get("code", ""), origin=request[ORIGIN])
    words = say("console.account.is_it_you", language_of(request), name=found.name or found.id, channel=found.channel)
    return Said(words=words, code=form.get("code", ""))


async def _link(request: web.Request, form: dict[str, str]) -> Said:
    needs = needs_of(request, Needs)
    link = await needs.accounts.link_from_console(request[PERSON], form.get("code", ""), origin=request[ORIGIN])
    word, asked = "account.linked" if link.is_done else "account.asked", listed(link.asked, language_of(request))
    linked = link.account
    return noticed(request, word, name=linked.name or linked.id, channel=linked.channel, asked=asked)


async def _unlink(request: web.Request, form: dict[str, str]) -> Said:
    needs, person = needs_of(request, Needs), request[PERSON]
    given = Account(channel=form.get("channel", ""), id=form.get("account", ""))
    known = await needs.accounts.get(given)
    if known is None or known.person_id != person.id:
        return noticed(request, "people.not_linked")
    await needs.accounts.unlink(given, by=person, origin=request[ORIGIN])
    return noticed(request, "people.unlinked")


async def _make_token(request: web.Request, form: dict[str, str]) -> Said:
    needs, person = needs_of(request, Needs), request[PERSON]
    given, name = form.get("days", ""), form.get("name", "").strip()
    if not name or not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= LONGEST_DAYS:
        words = say("console.account.token_wrong", language_of(request), most=LONGEST_DAYS)
        return Said(words=words, is_problem=True)
    token = await needs.tokens.create(person, name=name, days=int(given), by=person, origin=request[ORIGIN])
    return Said(words=say("console.account.token_made", language_of(request)), once=token)


async def _revoke_token(request: web.Request, form: dict[str, str]) -> Said:
    needs, person = needs_of(request, Needs), request[PERSON]
    await needs.tokens.revoke(form.get("token", ""), by=person, of=person.id, origin=request[ORIGIN])
    return noticed(request, "account.token_revoked")


_ACTS = {
    "code": _code,
    "end": _end,
    "link": _link,
    "look-up": _look_up,
    "name": _name,
    "password": _password,
    "revoke-token": _revoke_token,
    "token": _make_token,
    "unlink": _unlink,
}


async def _show(request: web.Request, said: Said) -> web.Response:
    needs, person = needs_of(request, Needs), request[PERSON]
    return render(
        request,
        "account.html",
        said=said,
        accounts=await needs.accounts.of(person.id),
        sessions=await needs.sessions.of(person.id),
        session=request[SESSION],
        tokens=await needs.tokens.list(person.id),
        most_days=LONGEST_DAYS,
        most_name=LONGEST_NAME,
        endpoint=f"{needs.public_url}/mcp",
        zone=zone_of("", person.language),
    )


ROUTES = (
    Route("GET", "/account", account, Role.OPERATOR, page=True),
    Route("POST", "/account/{act}", change, Role.OPERATOR, page=True, form=True),
)
