"""Signing in to a server, as requests alone: where, what is refused before anybody goes there, what is told."""

from contextlib import asynccontextmanager

import httpx2
import pytest

from agents.mcp.definition import DefinitionInvalid, HttpTransport, as_stored
from agents.mcp.ending import ServerEnding
from agents.mcp.http import GuardedTransport
from agents.mcp.reading import definition_of
from agents.mcp.sign_in.protocol import SignInClient, client_from_terms
from agents.mcp.sign_in.terms import ClientAccount, SignInChallenge, SignInEnded, SignInFailed, SignInPlace
from governance.egress.egress import AllowList, Egress, judge_url
from governance.values.verdicts import Refused
from tests.platforms.mcp.signing_in import SigningIn

BACK = "https://nexora.example/servers/signed-in"


@asynccontextmanager
async def signing_in(**behaviour):
    server = SigningIn(**behaviour)
    await server.start()
    allow = AllowList.of([server.place])

    def judged(url: str) -> str:
        verdict = judge_url(url, allow)
        return str(verdict.because) if isinstance(verdict, Refused) else ""

    async with (
        Egress(allow, per_host=0) as egress,
        httpx2.AsyncClient(transport=GuardedTransport(egress, ServerEnding()), trust_env=False) as http,
    ):
        yield server, SignInClient(http, judged, lambda: 1000.0)
    await server.stop()


async def asked(server: SigningIn, client: SignInClient, challenge: SignInChallenge | None = None):
    """The place, our account there, and where the person goes."""
    place = await client.place(
        f"{server.base}/mcp", challenge or SignInChallenge(scope="read"), scopes="", granted="old"
    )
    account = await client.register(place, BACK)
    return place, account, client.asked(place, account)


async def code_of(url: str) -> str:
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return httpx2.URL((await browser.get(url)).headers["Location"]).params["code"]


async def test_a_code_is_traded_once_for_tokens_that_are_renewed_once(capsys):
    async with signing_in() as (server, client):
        place, account, to_open = await asked(server, client)
        code = await code_of(to_open.url)
        with pytest.raises(SignInFailed) as wrong:
            await client.trade(place, account, code, "x" * 64)
        given = await client.trade(place, account, code, to_open.verifier)
        fresh = await client.renew(given)
        with pytest.raises(SignInEnded) as again:
            await client.renew(given)

    assert (given.scope, given.ends_at, given.server_url) == ("read", 4600.0, f"{server.base}/mcp")
    assert fresh.token != given.token
    assert server.refused == ["wrong verifier or address", "renewal used twice"]
    assert "invalid_grant" in str(again.value)
    assert code not in str(wrong.value)
    assert given.token not in repr(given) + repr(fresh)
    assert given.token not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"metadata_url": "http://127.0.0.2:1/metadata"}, "127.0.0.2"),
        ({"metadata_url": "http://169.254.169.254/latest"}, "169.254.169.254"),
        ({"pkce": False}, "PKCE"),
    ],
)
async def test_a_server_leads_us_to_no_inner_address_and_to_nobody_without_pkce(behaviour, words):
    async with signing_in(**behaviour) as (server, client):
        challenge = SignInChallenge(scope="read", metadata_url=server.metadata_url)
        with pytest.raises(SignInFailed, match=words):
            await asked(server, client, challenge)

    assert not server.clients


async def test_more_scopes_are_asked_beside_those_of_before():
    async with signing_in() as (server, client):
        place, _, to_open = await asked(server, client, SignInChallenge(scope="write", is_step_up=True))

    assert place.scope == "old write"
    assert "scope=old+write" in to_open.url


def test_an_account_of_the_admins_proves_itself_as_the_server_takes_it():
    place = SignInPlace(server_url="https://a.example", issuer="i", authorize_url="", token_url="")
    post = SignInPlace(
        **{**{name: getattr(place, name) for name in place.__slots__}, "methods": ("client_secret_post",)}
    )

    assert client_from_terms(place, "n", "secret", BACK).method == "client_secret_basic"
    assert client_from_terms(post, "n", "secret", BACK).method == "client_secret_post"
    assert client_from_terms(place, "n", "", BACK) == ClientAccount(client_id="n", issuer="i", redirect_uri=BACK)


def test_a_definition_names_the_secret_of_the_installation_and_holds_none():
    given = {
        "url": "https://a.example/mcp",
        "oauth": {"client_id": "n", "client_secret": "secret:KEY", "scopes": "a b"},
    }
    server = definition_of("desk", given)
    stored = as_stored(server)

    assert isinstance(server.transport, HttpTransport)
    assert server.transport.oauth.scopes == ("a", "b")
    assert server.secrets == ("KEY",)
    assert definition_of("desk", stored) == server
    assert not HttpTransport(url="https://a.example", headers={"authorization": "x"}).signs_in
    with pytest.raises(DefinitionInvalid, match="secret:NAME"):
        definition_of("desk", {**given, "oauth": {"client_id": "n", "client_secret": "in the open"}})
