"""The requests by which one signs in: finds the place, makes itself known, trades a code for tokens, renews them.

Order and checks follow the flow of the SDK (mcp 2.3.0, `mcp/client/auth/oauth2.py`), whose pieces are used; not its
provider, which waits in memory between the link and the code, and puts what servers answer into its errors.
"""

import asyncio
import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx2
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    create_oauth_metadata_request,
    get_client_metadata_scopes,
    handle_auth_metadata_response,
    handle_protected_resource_response,
    issuers_match,
    union_scopes,
)
from mcp.shared._httpx_utils import next_request_within_origin
from mcp.shared.auth import OAuthMetadata, OAuthToken, ProtectedResourceMetadata
from mcp.shared.auth_utils import check_resource_allowed, resource_url_from_server_url
from pydantic import ValidationError

from agents.mcp.sign_in.terms import (
    ClientAccount,
    GivenAccess,
    SignInChallenge,
    SignInEnded,
    SignInFailed,
    SignInPlace,
)

REQUEST_SECONDS = 30.0
_HOPS = 5
_GRANTS = ["authorization_code", "refresh_token"]
_METHODS = ("client_secret_basic", "client_secret_post", "none")
_CODE = re.compile(r"[a-z_]{1,40}")
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

Judge = Callable[[str], str]
"""Why an address must not be opened; empty where it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationAsked:
    """What a person is sent to, and what has to be kept until they come back."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


class SignInClient:
    """Speaks with authorisation servers over `http`, which judges each address. Every method raises SignInFailed.

    `judge` judges what only the person's browser opens. `now` is Unix time.
    """

    def __init__(self, http: httpx2.AsyncClient, judge: Judge, now: Callable[[], float] = time.time) -> None:
        self._http = http
        self._judge = judge
        self._now = now

    async def place(self, server_url: str, challenge: SignInChallenge, *, scopes: str, granted: str) -> SignInPlace:
        """Where one signs in to a server. `scopes` are asked where it names none, `granted` those of before."""
        resource = await self._resource(server_url, challenge)
        issuer = str(resource.authorization_servers[0]) if resource else _origin(server_url)
        found = await self._metadata(server_url, issuer, is_told=resource is not None)
        wanted = get_client_metadata_scopes(challenge.scope or scopes or None, resource, found, _GRANTS) or ""
        if challenge.is_step_up:
            wanted = union_scopes(granted or None, wanted) or ""
        place = _place(server_url, issuer, found, resource, wanted)
        self._require_safe(place)
        return place

    async def register(self, place: SignInPlace, redirect_uri: str) -> ClientAccount:
        """Make the installation known there (RFC 7591)."""
        if not place.register_url:
            raise SignInFailed(
                "its authorisation server takes nobody that it does not know; register Nexora there with the redirect "
                f"address {redirect_uri} and put `oauth: {{client_id: …}}` into the server's definition"
            )
        wanted = {
            "client_name": "Nexora",
            "redirect_uris": [redirect_uri],
            "grant_types": _GRANTS,
            "response_types": ["code"],
            "application_type": "native" if urlsplit(redirect_uri).scheme == "http" else "web",
            **({"scope": place.scope} if place.scope else {}),
        }
        answer = await self._answered(httpx2.Request("POST", place.register_url, json=wanted))
        given = _object(answer)
        if answer.status_code not in {200, 201} or not given.get("client_id"):
            raise SignInFailed(f"registering there was refused ({_why(answer)})")
        secret = str(given.get("client_secret") or "")
        method = str(given.get("token_endpoint_auth_method") or ("client_secret_basic" if secret else "none"))
        if method not in _METHODS or (method != "none" and not secret):
            raise SignInFailed("its authorisation server wants a way to prove who we are that is not spoken here")
        return ClientAccount(
            client_id=str(given["client_id"]),
            client_secret=secret,
            method=method,
            issuer=place.issuer,
            redirect_uri=redirect_uri,
        )

    def asked(self, place: SignInPlace, client: ClientAccount) -> AuthorizationAsked:
        """The address at which the person signs in, with a state and a verifier of its own."""
        verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        given = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        given |= {"resource": place.resource} if place.resource else {}
        given |= {"scope": place.scope} if place.scope else {}
        if "offline_access" in place.scope.split():
            given["prompt"] = "consent"  # OpenID Connect Core, Offline Access
        separator = "&" if urlsplit(place.authorize_url).query else "?"
        url = f"{place.authorize_url}{separator}{urlencode(given)}"
        return AuthorizationAsked(url=url, state=state, verifier=verifier)

    async def trade(self, place: SignInPlace, client: ClientAccount, code: str, verifier: str) -> GivenAccess:
        """The tokens for the code that the person brought back."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "client_id": client.client_id,
            "code_verifier": verifier,
        }
        answer = await self._tokens(place.token_url, place.resource, client, form)
        if answer.status_code not in {200, 201}:
            raise SignInFailed(f"its authorisation server gave no token ({_why(answer)})")
        empty = GivenAccess(
            server_url=place.server_url,
            token="",
            scope=place.scope,
            token_url=place.token_url,
            resource=place.resource,
            client=client,
        )
        return _given(answer, empty, self._now())

    async def renew(self, given: GivenAccess) -> GivenAccess:
        """Fresh tokens. Raises SignInEnded where there are none to be had."""
        if not given.renewal:
            raise SignInEnded("the sign-in has ended")
        form = {"grant_type": "refresh_token", "refresh_token": given.renewal, "client_id": given.client.client_id}
        answer = await self._tokens(given.token_url, given.resource, given.client, form)
        if 400 <= answer.status_code < 500 and answer.status_code not in {408, 429}:  # noqa: PLR2004  # what HTTP calls them
            raise SignInEnded(f"the sign-in has ended ({_why(answer)})")
        if answer.status_code != 200:  # noqa: PLR2004  # as above
            raise SignInFailed(f"its authorisation server does not renew the sign-in ({_why(answer)})")
        return _given(answer, given, self._now())

    async def _resource(self, server_url: str, challenge: SignInChallenge) -> ProtectedResourceMetadata | None:
        """What the server says of itself (RFC 9728); nothing from servers of the edition 2025-03-26."""
        failed = 0
        for url in build_protected_resource_metadata_discovery_urls(challenge.metadata_url or None, server_url):
            answer = await self._answered(create_oauth_metadata_request(url))
            failed = answer.status_code if answer.status_code == 429 or answer.status_code >= 500 else failed  # noqa: PLR2004
            found = await handle_protected_resource_response(answer)
            if found is None:
                continue
            wanted = resource_url_from_server_url(server_url)
            if not check_resource_allowed(requested_resource=wanted, configured_resource=str(found.resource)):
                raise SignInFailed("it says that it is another server than the one that was approved")
            return found
        if failed:
            raise SignInFailed(f"it does not say where one signs in (HTTP {failed})")
        return None

    async def _metadata(self, server_url: str, issuer: str, *, is_told: bool) -> OAuthMetadata | None:
        """What the authorisation server says of itself (RFC 8414)."""
        for url in build_oauth_authorization_server_metadata_discovery_urls(issuer if is_told else None, server_url):
            is_heard, found = await handle_auth_metadata_response(
                await self._answered(create_oauth_metadata_request(url))
            )
            if not is_heard:
                break
            if found is None:
                continue
            if not (str(found.issuer) == issuer or (not is_told and issuers_match(str(found.issuer), issuer))):
                raise SignInFailed("its authorisation server says that it is another one")
            if "S256" not in (found.code_challenge_methods_supported or ()):
                raise SignInFailed("its authorisation server does not protect codes (PKCE with S256)")
            return found
        if is_told:
            raise SignInFailed("its authorisation server does not say how one signs in")
        return None

    def _require_safe(self, place: SignInPlace) -> None:
        """Nothing is sent in the open for a server that is not, and nobody's browser is sent to inner addresses."""
        urls = [url for url in (place.authorize_url, place.token_url, place.register_url) if url]
        if urlsplit(place.server_url).scheme == "https" and any(urlsplit(url).scheme != "https" for url in urls):
            raise SignInFailed("its authorisation server has an address without https")
        for url in urls:
            if because := self._judge(url):
                raise SignInFailed(because)

    async def _tokens(self, url: str, resource: str, client: ClientAccount, form: Mapping[str, str]) -> httpx2.Response:
        given = {**form, **({"resource": resource} if resource else {})}
        headers = dict(_FORM)
        if client.method == "client_secret_basic":
            pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif client.method == "client_secret_post":
            given["client_secret"] = client.client_secret
        return await self._answered(httpx2.Request("POST", url, data=given, headers=headers))

    async def _answered(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read; redirects are followed within their origin alone."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                for _ in range(_HOPS):
                    answer = await self._http.send(request, follow_redirects=False)
                    onward = next_request_within_origin(answer)
                    if onward is None:
                        return answer
                    request = onward
                raise SignInFailed("its authorisation server redirects without end")
        except TimeoutError as problem:
            raise SignInFailed(f"{request.url.host} did not answer within {REQUEST_SECONDS:g} s") from problem
        except httpx2.HTTPError as problem:
            raise SignInFailed(f"{request.url.host} was not reached: {str(problem)[:200]}") from problem


def client_from_terms(place: SignInPlace, client_id: str, secret: str, redirect_uri: str) -> ClientAccount:
    """The account that an admin made for the installation."""
    method = "none"
    if secret:
        method = "client_secret_post" if place.methods == ("client_secret_post",) else "client_secret_basic"
    return ClientAccount(
        client_id=client_id, client_secret=secret, method=method, issuer=place.issuer, redirect_uri=redirect_uri
    )


def _place(
    server_url: str,
    issuer: str,
    found: OAuthMetadata | None,
    resource: ProtectedResourceMetadata | None,
    scope: str,
) -> SignInPlace:
    named = str(resource.resource) if resource else ""
    if found is None:  # the edition 2025-03-26: fixed paths beside the server
        base = _origin(server_url)
        return SignInPlace(
            server_url=server_url,
            issuer=issuer,
            authorize_url=urljoin(base, "/authorize"),
            token_url=urljoin(base, "/token"),
            register_url=urljoin(base, "/register"),
            resource=named,
            scope=scope,
        )
    return SignInPlace(
        server_url=server_url,
        issuer=str(found.issuer),
        authorize_url=str(found.authorization_endpoint),
        token_url=str(found.token_endpoint),
        register_url=str(found.registration_endpoint or ""),
        resource=named,
        scope=scope,
        methods=tuple(found.token_endpoint_auth_methods_supported or ()),
        takes_metadata_url=found.client_id_metadata_document_supported is True,
        says_issuer=found.authorization_response_iss_parameter_supported is True,
    )


def _given(answer: httpx2.Response, before: GivenAccess, now: float) -> GivenAccess:
    """What the answer gives; scope and renewal stay where it says nothing of them (RFC 6749, sections 5.1 and 6)."""
    try:
        found = OAuthToken.model_validate_json(answer.content)
    except ValidationError:
        raise SignInFailed("its authorisation server answered in a form that the protocol does not know") from None
    return replace(
        before,
        token=found.access_token,
        renewal=found.refresh_token or before.renewal,
        ends_at=now + found.expires_in if found.expires_in else 0.0,
        scope=found.scope if found.scope is not None else before.scope,
    )


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _why(answer: httpx2.Response) -> str:
    """Status and error code: the rest of what a server answers may hold what must not be shown."""
    code = str(_object(answer).get("error") or "")
    return f"HTTP {answer.status_code}, {code}" if _CODE.fullmatch(code) else f"HTTP {answer.status_code}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
