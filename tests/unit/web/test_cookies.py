"""The cookie that carries a session: where it is set, when it is read, and who is believed to be asking."""

import re

import pytest
from structlog.testing import capture_logs

from tests.unit.people_stage import PASSWORD
from tests.unit.web.stage import open_stage


@pytest.fixture
async def proxied(pool, dsn, tmp_path):
    """A server behind a proxy on this machine that speaks https to the outside."""
    settings = {"public_url": "https://nexora.example.org", "trusted_proxies": ["127.0.0.1"]}
    async with open_stage(pool, dsn, tmp_path, **settings) as stage:
        yield stage


def behind_proxy(address="203.0.113.5", host="nexora.example.org"):
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Host": host}


async def test_signing_in_on_this_machine_sets_a_plain_cookie_that_no_script_reads(web):
    await web.stage.person("alice")

    answer = await web.anybody("POST", "/session", json={"name": "Alice", "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 204
    assert re.match(r"nexora=ey[\w-]+\.[\w-]+\.[\w-]+;", cookie)
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=604800"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_signing_in_over_https_sets_a_host_cookie_and_takes_no_other(proxied):
    await proxied.stage.person("alice")
    visitor = proxied.anybody
    visitor.headers = behind_proxy()

    answer = await visitor("POST", "/session", json={"name": "alice", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    visitor.token = cookie.partition("=")[2].partition(";")[0]

    assert cookie.startswith("__Host-nexora=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert (await visitor("GET", "/api/me")).status == 401, "the plain name is not read over https"
    visitor.cookie = "__Host-nexora"
    me = await visitor("GET", "/api/me")
    assert (me.status, me.json["name"]) == (200, "alice")
    assert me.headers["Strict-Transport-Security"] == "max-age=31536000"
    alice = await proxied.stage.people.by_name("alice")
    assert "203.0.113.5" in {session.address for session in await proxied.stage.sessions.of(alice.id)}


async def test_no_password_is_taken_in_the_open(web):
    await web.stage.person("alice")
    elsewhere = {"Host": "nexora.lan:8088", "Origin": "http://nexora.lan:8088"}

    answer = await web.anybody("POST", "/session", json={"name": "alice", "password": PASSWORD}, headers=elsewhere)

    assert answer.status == 403
    assert "https" in answer.json["detail"]
    assert "Set-Cookie" not in answer.headers


async def test_a_forged_forwarding_header_neither_changes_nor_resets_anything(web):
    await web.stage.person("alice")
    for number in range(10):
        answer = await web.anybody(
            "POST",
            "/session",
            json={"name": f"name{number}", "password": "not this one"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": "203.0.113.9", "Forwarded": "for=1.2.3.4"},
        )
        assert answer.status in {401, 403}
    for number in range(10):
        await web.anybody("POST", "/session", json={"name": f"more{number}", "password": "not this one"})

    answer = await web.anybody("POST", "/session", json={"name": "alice", "password": PASSWORD})

    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 60
    rows = await web.stage.store.fetch("select distinct address from nexora_login_failures")
    assert [row[0] for row in rows if row[0].startswith("address:")] == ["address:127.0.0.1"]


async def test_the_nearest_address_that_no_proxy_has_is_the_visitor(proxied):
    await proxied.stage.person("alice")
    visitor = proxied.anybody
    visitor.headers = behind_proxy("198.51.100.66, 203.0.113.5")
    await visitor("POST", "/session", json={"name": "alice", "password": PASSWORD})

    event = await proxied.stage.last_event("web:session:created")
    assert event["address"] == "203.0.113.5"


async def test_people_behind_one_trusted_proxy_are_locked_out_one_by_one(proxied):
    await proxied.stage.person("alice")
    guesser, alice = proxied.anybody, proxied.anybody
    guesser.headers, alice.headers = behind_proxy("203.0.113.66"), behind_proxy("203.0.113.5")
    for number in range(10):
        await guesser("POST", "/session", json={"name": f"name{number}", "password": "not this one"})

    refused = await guesser("POST", "/session", json={"name": "alice", "password": PASSWORD})
    admitted = await alice("POST", "/session", json={"name": "alice", "password": PASSWORD})

    assert (refused.status, admitted.status) == (429, 204)
    assert "203.0.113.66" in refused.json["detail"]


async def test_a_proxy_that_the_settings_do_not_trust_is_logged_once(web):
    with capture_logs() as logs:
        for _ in range(3):
            await web.anybody("GET", "/sign-in", headers={"X-Forwarded-For": "203.0.113.5"})

    (told,) = [each for each in logs if each["event"] == "proxy_not_trusted"]
    assert (told["proxy"], told["set"]) == ("127.0.0.1", "server.trusted_proxies")


async def test_a_token_counts_in_the_cookie_only(web):
    alice = await web.visitor("alice")
    token = alice.token

    for path, headers in (
        (f"/api/me?token={token}", {}),
        (f"/api/me?nexora={token}", {}),
        ("/api/me", {"Authorization": f"Bearer {token}"}),
        ("/api/me", {"Cookie": f"__Host-nexora={token}"}),
    ):
        assert (await web.anybody("GET", path, headers=headers)).status == 401


async def test_signing_out_ends_the_session_for_good(web):
    alice = await web.visitor("alice")

    answer = await alice("DELETE", "/session")

    assert answer.status == 204
    assert 'nexora=""' in answer.headers["Set-Cookie"]
    assert (await alice("GET", "/api/me")).status == 401
    bob = await web.visitor("bob")
    answer = await bob("POST", "/session/end", data={})
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    assert (await bob("GET", "/api/me")).status == 401
