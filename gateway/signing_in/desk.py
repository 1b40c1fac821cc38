"""Where people sign in to servers of others: a call asks, the person goes and comes back, the call goes on.

A link is for one person and one use, for ten minutes. It leads to a page of ours first, which says who is about to be
signed in where and binds the way back to that browser: so nobody signs in for somebody else who sent them a link.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from agents.mcp.definition import ActsAs, HttpTransport, ServerDefinition, SignInTerms
from agents.mcp.sign_in.terms import ClientAccount, SignInChallenge, SignInFailed, SignInPlace
from agents.tools.tool import ToolContext
from channels.base import NexoraError
from channels.locales import say
from channels.messages import Account, Address, Outbound, notice
from channels.text.plain import one_line
from channels.text.visible import visible
from gateway.queue.inbox import Bus
from gateway.signing_in.begun import LASTS, BegunSignIn, BegunSignIns, KeptBack, digest
from gateway.signing_in.tokens import ServerTokens
from governance.people.people import People, Person, Role
from governance.record.audit import Event, Status
from governance.record.transaction import Store

if TYPE_CHECKING:
    from agents.mcp.ending import ServerEnding
    from agents.mcp.sign_in.bearer import Bearer

_log = structlog.get_logger(__name__)
START, BACK, CLIENT = "/servers/sign-in/", "/servers/signed-in", "/servers/client.json"
"""Paths of ours: the page that a link opens, the way back, and what we say of ourselves to authorisation servers."""
MOST_SCOPES = 20
_SIGNED = "signed in"


class SignInRefusedHere(NexoraError):
    """A sign-in to a server does not go on here. `word` names the sentence for whoever is in front of the page."""

    def __init__(self, word: str, *, server: str = "") -> None:
        super().__init__(f"this sign-in does not go on: {word}")
        self.word = word
        self.server = server


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAt:
    """Where a person is told of a link, and to which account alone where others read along."""

    address: Address
    only_for: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSignIn:
    """What a person is told: where the link leads, to whom it asks, and for what."""

    id: UUID
    server: str
    host: str
    place: str
    scopes: tuple[str, ...]
    link: str

    def said(self, language: str, *, for_all: bool) -> str:
        """In words."""
        shown = {"server": visible(one_line(self.server)), "host": self.host, "place": self.place, "link": self.link}
        scopes = ", ".join(visible(one_line(each)) for each in self.scopes[:MOST_SCOPES])
        lines = [say("sign_in.ask_all" if for_all else "sign_in.ask", language, **shown)]
        lines += [say("sign_in.scopes", language, scopes=scopes)] if scopes else []
        return "\n".join([*lines, say("sign_in.link", language, **shown)])


class SignInDesk:
    """Begins and finishes sign-ins. `public_url` is the address under which browsers reach us."""

    def __init__(self, store: Store, bus: Bus, begun: BegunSignIns, tokens: ServerTokens, *, public_url: str) -> None:
        self._store = store
        self._bus = bus
        self._people = People(store)
        self._begun = begun
        self.tokens = tokens
        self._public_url = public_url.rstrip("/")
        self._follows: Callable[[str, Person], Awaitable[None]] = _nothing_follows

    def follow_with(self, follows: Callable[[str, Person], Awaitable[None]]) -> None:
        """Do this once somebody has signed in to a server."""
        self._follows = follows

    # For calls

    def bearer(self, server: ServerDefinition, person: Person | None, ending: "ServerEnding") -> "Bearer | None":
        """How requests to it are signed in (`agents.mcp.ways.SignIn`)."""
        if not isinstance(server.transport, HttpTransport) or not server.transport.signs_in:
            return None
        from agents.mcp.sign_in.bearer import Bearer  # noqa: PLC0415  # loads with the first server at an address

        owner = person.id if person is not None and server.acts_as is ActsAs.PERSON else None
        return Bearer(self.tokens.source(server, owner), ending.note)

    async def asked_by_call(self, server: ServerDefinition, challenge: SignInChallenge, context: ToolContext) -> str:
        """Ask the person of a call and wait until they have signed in (`agents.mcp.sign_in.asking.SignsIn`)."""
        person, to = context.person, _told_at(context)
        if to is None:
            return (
                f"{server.name} wants {person.label} to sign in, and there is nowhere to tell them of it alone. The "
                f"call did not run. Tell them to send `/mcp sign-in {server.name}` in a conversation of their own."
            )
        try:
            asked = await self.begin(server, challenge, person, to=to)
        except NexoraError as problem:
            return f"{server.name} wants {person.label} to sign in, which failed: {problem}. The call did not run."
        if asked is None:
            return (
                f"{server.name} needs to be signed in to by an admin, for everybody. The call did not run. Tell the "
                f"person to ask an admin for it: /mcp sign-in {server.name}"
            )
        if await self._finished(asked.id):
            return ""
        minutes = round(LASTS.total_seconds() / 60)
        return (
            f"The person was asked to sign in to {server.name} and did not within {minutes} minutes. The call did not "
            "run. Tell them to say again what they want."
        )

    async def _finished(self, number: UUID) -> bool:
        """Whether somebody has come back signed in, within the time."""
        try:
            async with asyncio.timeout(LASTS.total_seconds()), aclosing(self._bus.subscribe(_topic(number))) as items:
                async for _, body in items:
                    return body == _SIGNED
        except TimeoutError:
            return False
        return False

    # Beginning

    async def begin(
        self, server: ServerDefinition, challenge: SignInChallenge, person: Person, *, to: ToldAt | None = None
    ) -> AskedSignIn | None:
        """Begin one for a person, who is told at `to`; None where it takes an admin. Raises NexoraError."""
        for_all = server.acts_as is ActsAs.INSTALLATION
        if for_all and person.role is not Role.ADMIN:
            return None
        if not isinstance(server.transport, HttpTransport):
            raise SignInFailed(f"{server.name} is at no address")
        before = await self.tokens.given(server, None if for_all else person.id)
        async with self.tokens.client() as client:
            terms, granted = server.transport.oauth, before.scope if before else ""
            place = await client.place(server.transport.url, challenge, scopes=" ".join(terms.scopes), granted=granted)
            account = await self._account(server.name, terms, place)
            if account is None:
                account = await client.register(place, self._back)
                async with self._store.transaction() as work:
                    await self.tokens.keep_registered(work, server.name, account)
            to_open = client.asked(place, account)
        kept = KeptBack(place=place, client=account, url=to_open.url, verifier=to_open.verifier)
        async with self._store.transaction() as work:
            number, link = await self._begun.begin(work, server.name, person.id, kept, to_open.state, for_all=for_all)
            asked = AskedSignIn(
                id=number,
                server=server.name,
                host=urlsplit(server.transport.url).netloc,
                place=urlsplit(place.authorize_url).netloc,
                scopes=tuple(place.scope.split()),
                link=f"{self._public_url}{START}{link}",
            )
            detail = {"for_all": for_all, "host": asked.host, "place": asked.place, "scope": place.scope[:500]}
            work.record(_event("asked", person, server.name, detail))
            if to is not None:
                told = Outbound(
                    key=f"sign-in:{number}",
                    address=to.address,
                    parts=notice(asked.said(person.language, for_all=for_all)),
                    only_for=to.only_for,
                    in_language=person.language,
                )
                work.send(told, expires_at=self._store.now() + LASTS, urgent=True)
        return asked

    async def _account(self, server: str, terms: SignInTerms, place: SignInPlace) -> ClientAccount | None:
        """As what we are known there already: by the admin, by our own address, or since we registered."""
        if terms.client_id:
            from agents.mcp.sign_in.protocol import client_from_terms  # noqa: PLC0415  # has loaded by now

            secret = await self.tokens.configured_secret(server, terms.client_secret)
            return client_from_terms(place, terms.client_id, secret, self._back)
        if place.takes_metadata_url and self._public_url.startswith("https://"):
            return ClientAccount(client_id=self._public_url + CLIENT, issuer=place.issuer, redirect_uri=self._back)
        known = await self.tokens.registered(server)
        is_good = known is not None and known.issuer == place.issuer and known.redirect_uri == self._back
        return known if is_good else None

    @property
    def _back(self) -> str:
        return self._public_url + BACK

    @property
    def about_us(self) -> Mapping[str, object]:
        """What we say of ourselves to authorisation servers (OAuth Client ID Metadata Document)."""
        return {
            "client_id": self._public_url + CLIENT,
            "client_name": "Nexora",
            "redirect_uris": [self._back],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "web",
        }

    # Going and coming back

    async def opened(self, link: str, viewer: Person | None) -> tuple[BegunSignIn, Person]:
        """What a link is about, and for whom. Raises SignInRefusedHere."""
        begun = await self._begun.by_link(link)
        if begun is None or not self._begun.is_open(begun):
            raise SignInRefusedHere("over", server=begun.server if begun else "")
        if viewer is not None and viewer.id != begun.person:
            await self._store.record(_event("refused", viewer, begun.server, {"because": "person"}, Status.DENIED))
            raise SignInRefusedHere("person", server=begun.server)
        person = await self._people.get(begun.person)
        if person is None:
            raise SignInRefusedHere("over", server=begun.server)
        return begun, person

    async def go_on(self, link: str, viewer: Person | None, browser: str) -> BegunSignIn:
        """Bind it to this browser. Raises SignInRefusedHere."""
        begun, _ = await self.opened(link, viewer)
        if not await self._begun.go_on(begun, browser):
            raise SignInRefusedHere("over", server=begun.server)
        return begun

    async def come_back(self, given: Mapping[str, str], viewer: Person | None, browser: str) -> BegunSignIn:
        """Finish it with what the authorisation server sent along. Raises SignInRefusedHere."""
        begun, kept = await self._claimed(given, viewer, browser)
        try:
            async with self.tokens.client() as client:
                access = await client.trade(kept.place, kept.client, given["code"], kept.verifier)
            async with self._store.transaction() as work:
                person = await self._people.hold(work, begun.person)
                if not person.active:
                    raise SignInFailed("the person was shut out meanwhile")
                await self.tokens.keep(work, begun.server, begun.owner, access)
                work.record(
                    _event("done", person, begun.server, {"for_all": begun.for_all, "scope": access.scope[:500]})
                )
        except NexoraError as problem:
            await self._store.record(
                _event("refused", None, begun.server, {"because": str(problem)[:300]}, Status.DENIED)
            )
            await self._bus.emit(_topic(begun.id), ["refused"])
            raise SignInRefusedHere("failed", server=begun.server) from problem
        await self._bus.emit(_topic(begun.id), [_SIGNED])
        try:
            await self._follows(begun.server, person)
        except NexoraError as problem:
            _log.info("mcp_server_not_compared", server=begun.server, reason=str(problem))
        return begun

    async def _claimed(
        self, given: Mapping[str, str], viewer: Person | None, browser: str
    ) -> tuple[BegunSignIn, KeptBack]:
        """The sign-in of this state, used up by looking; whoever brings a wrong one is refused and recorded."""
        async with self._store.transaction() as work:
            begun = await self._begun.by_state(work, given.get("state", ""))
            word = "over" if begun is None else self._lack(begun, given, viewer, browser)
            because = "state" if begun is None else word if word != "over" else _over(begun)
            if begun is not None and begun.finished_at is None:
                await self._begun.finish(work, begun)
            if word:
                server = begun.server if begun else ""
                work.record(_event("refused", viewer, server, {"because": because}, Status.DENIED))
        if begun is None or word or begun.kept is None:
            if begun is not None and because != "replayed":
                await self._bus.emit(_topic(begun.id), ["refused"])
            raise SignInRefusedHere(word or "over", server=begun.server if begun else "")
        return begun, begun.kept

    def _lack(self, begun: BegunSignIn, given: Mapping[str, str], viewer: Person | None, browser: str) -> str:
        """Why it does not go on."""
        if not self._begun.is_open(begun) or begun.kept is None:
            return "over"
        if viewer is not None and viewer.id != begun.person:
            return "person"
        if begun.browser is None or not hmac.compare_digest(begun.browser, digest(browser)):
            return "browser"
        place, issuer = begun.kept.place, given.get("iss", "")
        if (issuer and issuer != place.issuer) or (not issuer and place.says_issuer):  # RFC 9207
            return "issuer"
        return "" if given.get("code") else "denied"

    # Leaving

    async def sign_out(self, server: str, person: Person, *, for_all: bool = False) -> bool:
        """Forget the tokens of that person, or those for everybody; False when there are none."""
        async with self._store.transaction() as work:
            was = await self.tokens.forget(work, server, None if for_all else person.id)
            if was:
                work.record(_event("ended", person, server, {"for_all": for_all}))
        return was


def _told_at(context: ToolContext) -> ToldAt | None:
    """Where the person of a call is told; the link is for nobody else's eyes."""
    only = None if context.is_direct else context.account
    if context.address is None or (only is None and not context.is_direct):
        return None
    return ToldAt(address=context.address, only_for=only)


async def _nothing_follows(server: str, person: Person) -> None:
    del server, person


def _topic(number: UUID) -> str:
    return f"sign-in:{number}"


def _over(begun: BegunSignIn) -> str:
    return "late" if begun.finished_at is None else "replayed"


def _event(
    what: str, person: Person | None, server: str, detail: Mapping[str, object], status: Status = Status.OK
) -> Event:
    return Event(
        tag=f"servers:sign_in:{what}",
        actor=str(person.id) if person else "system",
        actor_name=person.name if person else "",
        resource=server,
        status=status,
        detail=detail,
    )
