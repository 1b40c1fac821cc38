"""The API of chat accounts: linking them in both directions, and parting them. Admission is a request like others."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from channels.messages import Account
from gateway.web.api.openapi import Operation
from gateway.web.api.types import AccountNamed, AccountOut, CodeGiven, CodeOut, Limit, Words
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.accounts.accounts import CODE_TTL, Accounts
from governance.people.people import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of accounts uses."""

    accounts: Accounts


async def list_accounts(
    request: web.Request, after_channel: Words = "", after_id: Words = "", limit: Limit = 100
) -> list[AccountOut]:
    """One's own accounts; for admins all that were heard of, by channel and id, a page at a time.

    `after_channel` and `after_id` are those of the last account of the page before.
    """
    me, accounts = request[PERSON], needs_of(request, Needs).accounts
    if me.role is Role.ADMIN:
        known = await accounts.page(after=(after_channel, after_id), limit=limit)
    else:
        known = await accounts.of(me.id)
    return [AccountOut.of(each) for each in known]


async def create_link_code(request: web.Request) -> CodeOut:
    """A code to type in chat, which links the account that types it."""
    code = await needs_of(request, Needs).accounts.code_for_person(request[PERSON])
    return CodeOut(code=code, command=f"/link {code}", expires_in_seconds=int(CODE_TTL.total_seconds()))


async def look_up_link_code(request: web.Request, given: CodeGiven) -> AccountOut:
    """Which account a code from chat would link, to be shown before linking it."""
    needs = needs_of(request, Needs)
    account = await needs.accounts.account_of_code(request[PERSON], given.code, origin=request[ORIGIN])
    return AccountOut(channel=account.channel, id=account.id, name=account.name, state="unlinked")


async def link_account(request: web.Request, given: CodeGiven) -> AccountOut:
    """Link the account that was given this code in chat; `waiting` until one's other chats have said yes."""
    needs, me = needs_of(request, Needs), request[PERSON]
    link = await needs.accounts.link_from_console(me, given.code, origin=request[ORIGIN])
    account = link.account
    if not link.is_done:
        return AccountOut(channel=account.channel, id=account.id, name=account.name, state="waiting")
    return AccountOut(
        channel=account.channel, id=account.id, name=account.name, state="linked", person_id=me.id, person=me.name
    )


async def unlink_account(request: web.Request, account: AccountNamed) -> None:
    """Part an account from its person: one's own, or for admins anybody's."""
    needs, me = needs_of(request, Needs), request[PERSON]
    named = Account(channel=account.channel, id=account.id)
    known = await needs.accounts.get(named)
    if known is None or known.person_id is None or (known.person_id != me.id and me.role is not Role.ADMIN):
        raise Problem(HTTPStatus.NOT_FOUND)
    if not await needs.accounts.unlink(named, by=me, origin=request[ORIGIN]):
        raise Problem(HTTPStatus.NOT_FOUND)


OPERATIONS = (
    Operation("GET", "/api/accounts", list_accounts),
    Operation("POST", "/api/accounts/code", create_link_code, status=201),
    Operation("POST", "/api/accounts/look-up", look_up_link_code, problems=(404, 429)),
    Operation("POST", "/api/accounts/link", link_account, problems=(404, 409, 429)),
    Operation("POST", "/api/accounts/unlink", unlink_account, problems=(404,)),
)
