"""Persons, their accounts and who asks to come in. For admins only."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from channels.base import NexoraError
from channels.locales import closest, say
from channels.messages import Account, Address
from gateway.web.console.conversations import account_of
from gateway.web.console.pages import Said, form_of, noticed, render
from gateway.web.http.language import language_of
from gateway.web.http.problems import status_of
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.accounts.accounts import Accounts
from governance.accounts.admissions import NEW
from governance.accounts.sentences import sentence_of
from governance.approvals.decide import Approvals
from governance.approvals.requests import Choice
from governance.approvals.shown.copies import PRIVATE
from governance.people.name_book import everybody
from governance.people.names import doubts
from governance.people.people import People, Person, Role
from governance.people.wrong import OwnRole, PersonMissing
from governance.record.transaction import Store

PAGE = 50
ASKING = 50
CHOICES = 12
LONGEST_SEARCH = 100
NAME_FIELDS = ("person", "search")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of persons uses."""

    store: Store
    people: People
    accounts: Accounts
    approvals: Approvals
    public_url: str


async def people(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def create(request: web.Request) -> web.Response:
    """A new person and the one-time link that lets them choose a password; it is shown once."""
    needs, form = needs_of(request, Needs), await form_of(request)
    try:
        made, code = await needs.people.create(
            form.get("name", "").strip(),
            Role.ADMIN if form.get("role") == Role.ADMIN else Role.OPERATOR,
            by=request[PERSON],
            display_name=form.get("display_name", "")[:100],
            language=closest(form.get("language", ""), default=""),
            origin=request[ORIGIN],
        )
    except NexoraError as error:
        return await _show(request, _problem(request, error))
    return await _show(request, _link(request, made, code))


async def change(request: web.Request) -> web.Response:
    """Change a person's role or status, or make another one-time link."""
    needs, by = needs_of(request, Needs), request[PERSON]
    origin, act = request[ORIGIN], request.match_info["act"]
    try:
        person = await _person(request)
        if act == "link":
            code = await needs.people.reset(person.id, by=by, origin=origin)
            return await _show(request, _link(request, person, code))
        if act in {role.value for role in Role}:
            is_sure = (await form_of(request)).get("sure") == "yes"
            await needs.people.set_role(person.id, Role(act), by=by, is_sure=is_sure, origin=origin)
        elif act == "disable":
            await needs.people.disable(person.id, by=by, origin=origin)
        elif act == "enable":
            await needs.people.enable(person.id, by=by, origin=origin)
        elif act == "shown":
            shown = (await form_of(request)).get("display_name", "")[:100]
            person = await needs.people.describe(person.id, by=by, display_name=shown, origin=origin)
        else:
            raise web.HTTPNotFound
    except OwnRole as error:
        words = sentence_of(error, language_of(request))
        return await _show(request, Said(words=words, is_problem=True, sure=request.path))
    except NexoraError as error:
        return await _show(request, _problem(request, error))
    return await _show(request, noticed(request, "people.changed", name=person.label))


async def unlink(request: web.Request) -> web.Response:
    """Part an account from its person."""
    needs, form = needs_of(request, Needs), await form_of(request)
    account = Account(channel=form.get("channel", ""), id=form.get("account", ""))
    done = await needs.accounts.unlink(account, by=request[PERSON], origin=request[ORIGIN])
    return await _show(request, noticed(request, "people.unlinked" if done else "people.not_linked"))


async def admit(request: web.Request) -> web.Response:
    """Let an account in as a new operator or as somebody who is there, or refuse it."""
    needs, by, form = needs_of(request, Needs), request[PERSON], await form_of(request)
    account = Account(channel=form.get("channel", ""), id=form.get("account", ""), name=form.get("name", ""))
    known = await needs.accounts.get(account)
    if known is None or known.state not in {"waiting", "refused"}:
        return await _show(request, noticed(request, "people.not_waiting"))
    as_whom, named, called = form.get("as", ""), form.get("person", ""), form.get("called", "").strip()
    origin = request[ORIGIN]
    try:
        if as_whom in {"new", "refuse"} and known.request_id is not None and known.state == "waiting":
            asked = await needs.approvals.get(known.request_id)
            if asked is None:
                return await _show(request, noticed(request, "people.not_waiting"))
            choice = Choice.APPROVE if as_whom == "new" else Choice.DENY
            reason = f"{NEW}{called}" if called and as_whom == "new" else ""
            outcome = await needs.approvals.decide(
                by, account_of(by), card_id=asked.card_id, choice=choice, reason=reason
            )
            return await _show(request, Said(words=outcome.sentence))
        async with needs.store.transaction() as work:
            if as_whom == "new":
                await needs.accounts.admit_new(work, known.account, by, called, origin=origin)
            elif as_whom == "refuse":
                await needs.accounts.refuse(work, known.account, by, origin=origin)
            else:
                person = await needs.people.by_name(named.strip())
                if person is None:
                    raise PersonMissing
                address = Address(channel=account.channel, room=PRIVATE + account.id)
                link = await needs.accounts.admit_as(work, known.account, person, by, address=address, origin=origin)
                if not link.is_done:
                    return await _show(request, noticed(request, "people.confirms", name=person.label))
    except NexoraError as error:
        return await _show(request, _problem(request, error))
    return await _show(request, noticed(request, "people.changed", name=known.account.name or known.account.id))


async def _person(request: web.Request) -> Person:
    try:
        number = UUID(request.match_info["person"])
    except ValueError as error:
        raise web.HTTPNotFound from error
    person = await needs_of(request, Needs).people.get(number, even_disabled=True)
    if person is None:
        raise PersonMissing
    return person


def _problem(request: web.Request, error: NexoraError) -> Said:
    """What a person did wrong, as a sentence; what is our own fault goes on."""
    if status_of(error) is None:
        raise error
    return Said(words=sentence_of(error, language_of(request)), is_problem=True)


def _link(request: web.Request, person: Person, code: str) -> Said:
    url = f"{needs_of(request, Needs).public_url}/welcome/{code}"
    return Said(words=say("console.people.link", language_of(request), name=person.label), once=url)


async def names(request: web.Request) -> web.Response:
    """Choices of a field that asks for a person: active ones in whose name the typed words occur."""
    search = next((request.query[field] for field in NAME_FIELDS if field in request.query), "")
    found = await needs_of(request, Needs).people.page(search=search[:LONGEST_SEARCH], limit=CHOICES, only_active=True)
    return render(request, "names.html", people=found)


async def _show(request: web.Request, said: Said) -> web.Response:
    needs = needs_of(request, Needs)
    search, people, more = await page_of_people(request, "/people")
    asking = await needs.accounts.asking(ASKING + 1)
    linked: dict[UUID, list[object]] = {}
    for each in await needs.accounts.of_people([person.id for person in people]):
        if each.person_id is not None:
            linked.setdefault(each.person_id, []).append(each)
    return render(
        request,
        "people.html",
        said=said,
        people=people,
        search=search,
        more=more,
        linked=linked,
        waiting=[each for each in asking[:ASKING] if each.state == "waiting"],
        refused=[each for each in asking[:ASKING] if each.state == "refused"],
        are_more_asking=len(asking) > ASKING,
        doubts=doubts(await everybody(needs.store), language_of(request)),
    )


async def page_of_people(
    request: web.Request, path: str, *, search: str = "", only_active: bool = False
) -> tuple[str, list[Person], str]:
    """What is searched for, given or by the query, a page of those found, and the address of the next or nothing."""
    search = (search or request.query.get("search", "")).strip()[:LONGEST_SEARCH]
    people = await needs_of(request, Needs).people.page(
        search=search, after=request.query.get("after", ""), limit=PAGE + 1, only_active=only_active
    )
    if len(people) <= PAGE:
        return search, people, ""
    shown = people[:PAGE]
    asked = {"search": search, "after": shown[-1].name}
    return search, shown, f"{path}?{urlencode({key: value for key, value in asked.items() if value})}"


ROUTES = (
    Route("GET", "/people", people, Role.ADMIN, page=True),
    Route("GET", "/people/names", names, Role.ADMIN, page=True),
    Route("POST", "/people", create, Role.ADMIN, page=True, form=True),
    Route("POST", "/people/accounts/unlink", unlink, Role.ADMIN, page=True, form=True),
    Route("POST", "/people/accounts/admit", admit, Role.ADMIN, page=True, form=True),
    Route("POST", "/people/{person}/{act}", change, Role.ADMIN, page=True, form=True),
)
