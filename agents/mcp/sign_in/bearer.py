"""Puts the token of whoever asks on each request to a server, and notes when the server wants somebody to sign in."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import httpx2
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)

from agents.mcp.sign_in.terms import SignInChallenge

_UNKNOWN, _FORBIDDEN = 401, 403


class TokenSource(Protocol):
    """The tokens for one server and one person."""

    async def token(self) -> str:
        """The one to use now, renewed where it has ended; empty where nobody is signed in."""

    async def token_after(self, refused: str) -> str:
        """Another than the one that the server refused; empty where there is none."""


class Bearer(httpx2.Auth):
    """The token on each request. `note` hears what the server wants when it takes none."""

    def __init__(self, tokens: TokenSource, note: Callable[[SignInChallenge], None]) -> None:
        self._tokens = tokens
        self._note = note

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send it, and once more with a fresh token where the first is refused."""
        token = await self._tokens.token()
        answer = yield _with(request, token)
        if answer.status_code == _UNKNOWN and token:
            token = await self._tokens.token_after(token)
            if token:
                answer = yield _with(request, token)
        is_short = extract_field_from_www_auth(answer, "error") == "insufficient_scope"
        if answer.status_code == _UNKNOWN or (answer.status_code == _FORBIDDEN and is_short):
            self._note(
                SignInChallenge(
                    scope=extract_scope_from_www_auth(answer) or "",
                    metadata_url=extract_resource_metadata_from_www_auth(answer) or "",
                    is_step_up=answer.status_code == _FORBIDDEN,
                )
            )


def _with(request: httpx2.Request, token: str) -> httpx2.Request:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request
