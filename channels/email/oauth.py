"""What the servers are shown to let us in: a password, or an access token that is fetched and kept while it is good."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.base import ChannelDown, ChannelRefused
from channels.email.options import Options
from channels.sayings import saying
from channels.shared.certificates import why

_SPARE = timedelta(seconds=60)
_TIMEOUT = ClientTimeout(total=20)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Password:
    """A password, shown by SASL PLAIN (RFC 4616)."""

    value: str
    mechanism: ClassVar[str] = "PLAIN"

    def answer(self, user: str) -> bytes:
        """What SASL sends."""
        return f"\0{user}\0{self.value}".encode()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AccessToken:
    """An access token, shown by XOAUTH2 (developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""

    value: str
    mechanism: ClassVar[str] = "XOAUTH2"

    def answer(self, user: str) -> bytes:
        """What SASL sends."""
        return f"user={user}\x01auth=Bearer {self.value}\x01\x01".encode()


Credentials = Password | AccessToken


class Keys:
    """Hands out credentials. Tokens are fetched when there is none, when one runs out, and when one was refused."""

    def __init__(self, options: Options, http: ClientSession, now: Callable[[], datetime]) -> None:
        self._options = options
        self._http = http
        self._now = now
        self._token = ""
        self._until = now()
        secret = options.oauth_refresh_token
        self._refresh = secret.get_secret_value() if secret else ""

    @property
    def are_renewable(self) -> bool:
        """Whether asking again after a refusal can help."""
        return self._options.password is None

    def forget(self) -> None:
        """The servers refused the token."""
        self._token = ""

    async def get(self) -> Credentials:
        """Raises ChannelDown, or ChannelRefused when the token URL refuses us."""
        if self._options.password is not None:
            return Password(value=self._options.password.get_secret_value())
        if not self._token or self._now() >= self._until - _SPARE:
            await self._fetch()
        return AccessToken(value=self._token)

    async def _fetch(self) -> None:
        options = self._options
        form = {"client_id": options.oauth_client_id, "grant_type": "client_credentials"}
        if self._refresh:
            form |= {"grant_type": "refresh_token", "refresh_token": self._refresh}
        if options.oauth_client_secret:
            form["client_secret"] = options.oauth_client_secret.get_secret_value()
        if options.oauth_scope:
            form["scope"] = options.oauth_scope
        try:
            async with self._http.post(
                options.oauth_token_url or "", data=form, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                status, told = answer.status, await answer.json(content_type=None)
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(saying("unreachable", platform="oauth_token_url", why=why(error))) from None
        if status in {400, 401, 403} and isinstance(told, dict):
            words = f"{told.get('error', status)} {told.get('error_description', '')}".strip()
            raise ChannelRefused(saying("refuses", platform="oauth_token_url", words=words[:300]))
        if status != 200 or not isinstance(told, dict) or not isinstance(told.get("access_token"), str):  # noqa: PLR2004 -- the status of success
            raise ChannelDown(saying("no_token", setting="oauth_token_url", status=status))
        self._token = told["access_token"]
        self._refresh = str(told.get("refresh_token") or self._refresh)
        self._until = self._now() + timedelta(seconds=float(told.get("expires_in") or 3600))
