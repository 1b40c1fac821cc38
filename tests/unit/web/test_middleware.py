"""The door: cookies, other sites, headers, sizes, and errors that tell a person enough and an attacker nothing."""

import asyncio
import io
import re

import pytest
from aiohttp import web as aiohttp_web
from yarl import URL

from gateway.web.console.pages import render
from gateway.web.http.auth import safe_next
from gateway.web.http.middleware import Middleware
from gateway.web.http.route import Access, Route
from gateway.web.http.server import RouteUndeclared, build
from governance.people.people import Role
from tests.unit.web.stage import open_stage

FORM = "application/x-www-form-urlencoded"


async def failing(_):
    raise ZeroDivisionError("secret of /srv/nexora/file.py")


async def failing_midway(request):
    answer = aiohttp_web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"half")
    raise ZeroDivisionError


async def echo(request):
    return aiohttp_web.json_response(len(await request.read()))


async def page(_):
    return aiohttp_web.Response(text="a page")


ROUTES = (
    Route("GET", "/failing", failing, Access.PUBLIC),
    Route("GET", "/midway", failing_midway, Access.PUBLIC),
    Route("POST", "/small", echo, Access.PUBLIC, max_bytes=100),
    Route("POST", "/large", echo, Access.PUBLIC, form=True, max_bytes=3_000_000),
    Route("GET", "/page", page, Access.SIGNED_IN, page=True),
)


@pytest.fixture
async def odd(pool, dsn, tmp_path):
    """A server with routes that misbehave."""
    async with open_stage(pool, dsn, tmp_path, routes=ROUTES) as stage:
        yield stage


async def test_a_route_that_does_not_say_who_may_call_it_cannot_be_built(web):
    door = Middleware(web.parts.settings, web.parts.sessions, web.parts.store)
    for role in (None, "", "admin!", True):
        with pytest.raises(RouteUndeclared, match="GET /x"):
            build(door, [Route("GET", "/x", page, role)], (), draws=render)


async def test_being_on_this_machine_or_claiming_a_role_opens_nothing(web):
    claims = {"X-User": "root", "X-Role": "admin", "X-Forwarded-User": "root", "Authorization": "Bearer admin"}

    assert (await web.anybody("GET", "/api/people", headers=claims)).status == 401
    alice = await web.visitor("alice")
    assert (await alice("GET", "/api/people", headers=claims)).status == 403
    assert (await alice("POST", "/api/me", headers={"X-HTTP-Method-Override": "GET"}, json={})).status == 405


SENT_FROM = [
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "none"}, 200),
    ({"Sec-Fetch-Site": "", "Origin": "OWN"}, 200),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "OWN"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": ""}, 403),
    ({"Sec-Fetch-Site": "", "Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "", "Origin": "http://evil.example"}, 403),
    ({"Sec-Fetch-Site": "", "Origin": "OWN.evil.example"}, 403),
    ({"Sec-Fetch-Site": "", "Origin": "http://evil.OWNHOST"}, 403),
    ({"Sec-Fetch-Site": "", "Origin": "https://OWNHOST"}, 403),
]


async def test_other_sites_change_nothing(web):
    alice = await web.visitor("alice")
    own = str(web.server.make_url("/")).rstrip("/")
    host = own.partition("://")[2]

    for number, (given, status) in enumerate(SENT_FROM):
        headers = {name: value.replace("OWNHOST", host).replace("OWN", own) for name, value in given.items()}
        wanted = f"changed by {number}"
        answer = await alice("PATCH", "/api/me", headers=headers, json={"display_name": wanted})
        person = await web.stage.people.get(alice.person.id)

        assert answer.status == status, given
        assert (person.display_name == wanted) is (status == 200), given
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


async def test_json_in_disguise_is_refused(web):
    alice = await web.visitor("alice")

    for kind in ("text/plain", FORM, "multipart/form-data", "application/xml", "text/json"):
        answer = await alice("PATCH", "/api/me", data=b'{"display_name": "changed"}', headers={"Content-Type": kind})
        assert answer.status == 415, kind
    assert (await web.stage.people.get(alice.person.id)).display_name == ""


async def test_the_platforms_own_doors_are_not_ours_to_guard(web):
    answer = await web.anybody("POST", "/channels/chat/door", headers={"Sec-Fetch-Site": ""}, data=b"anything")

    assert (answer.status, answer.text) == (200, "the platform's own door")


async def test_every_answer_carries_the_headers_that_protect_its_reader(odd):
    alice = await odd.visitor("alice")

    for visitor, path in (
        (alice, "/api/me"),
        (alice, "/page"),
        (odd.anybody, "/api/me"),
        (odd.anybody, "/nowhere"),
        (odd.anybody, "/failing"),
        (odd.anybody, "/channels/chat/door"),
    ):
        headers = (await visitor("GET", path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        for closed in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert closed in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "nexora"
        assert "Strict-Transport-Security" not in headers


async def test_an_error_of_ours_shows_a_number_and_nothing_else(odd, capsys):
    answer = await odd.anybody("GET", "/failing")

    assert answer.status == 500
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert re.fullmatch(r"[0-9a-f]{12}", answer.json["id"])
    assert answer.json["id"] in answer.json["detail"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json["id"] in capsys.readouterr().out


async def test_an_error_in_the_middle_of_an_answer_cuts_it_off(odd):
    with pytest.raises(Exception, match=r"payload is not completed|disconnected"):
        await odd.anybody("GET", "/midway")


async def test_a_body_beyond_its_limit_is_refused(odd):
    visitor = odd.anybody
    json_kind = {"Content-Type": "application/json"}

    assert (await visitor("POST", "/small", data=b"1" * 100, headers=json_kind)).json == 100
    assert (await visitor("POST", "/small", data=b"1" * 101, headers=json_kind)).status == 413
    assert (await visitor("POST", "/small", data=_pieces(101), headers=json_kind)).status == 413
    large = await visitor("POST", "/large", data=io.BytesIO(b"1" * 2_900_000), headers={"Content-Type": FORM})
    assert large.json == 2_900_000


async def _pieces(count):
    """A body whose length is not said before."""
    for _ in range(count):
        yield b"1"
        await asyncio.sleep(0)


async def test_a_deep_or_broken_body_is_the_sender_s_mistake(web):
    alice = await web.visitor("alice")

    for body in (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b'"x"',
        b'{"language": "\\ud800"}',
    ):
        answer = await alice("PATCH", "/api/me", data=body, headers={"Content-Type": "application/json"})
        assert answer.status in {415, 422}, body[:20]


async def test_variants_of_a_path_open_nothing(web):
    alice = await web.visitor("alice")

    for path in (
        "/api/people/",
        "//api/people",
        "/api//people",
        "/API/people",
        "/api/People",
        "/api/people;x=1",
        "/api/./people",
        "/api/x/../people",
        "/api%2fpeople",
        "/%61pi/people",
        "/api/people%00",
        "/api/people%20",
        "/api/people.json",
    ):
        assert (await web.anybody("GET", path)).status in {400, 401, 404}, path
        assert (await alice("GET", path)).status in {400, 403, 404}, path


async def test_a_page_sends_people_to_sign_in_and_back(odd):
    asking = {"Accept": "text/html"}

    answer = await odd.anybody("GET", "/page?a=1&b=2", headers=asking)
    where = URL(answer.headers["Location"])
    assert (answer.status, where.path, dict(where.query)) == (303, "/sign-in", {"next": "/page?a=1&b=2"})
    part = await odd.anybody("GET", "/page", headers={**asking, "HX-Request": "true"})
    assert (part.status, part.headers["HX-Redirect"]) == (401, "/sign-in")
    assert (await odd.anybody("GET", "/page")).status == 401
    alice = await odd.visitor("alice")
    assert (await alice("GET", "/page", headers=asking)).text == "a page"


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\r\nSet-Cookie: x=1",
        "evil.example",
        " //evil.example",
        "/\t/evil.example",
        "",
    ],
)
def test_nobody_is_led_to_another_site(where):
    assert safe_next(where) == "/"


def test_people_are_led_to_where_they_wanted():
    assert safe_next("/people?tab=2") == "/people?tab=2"


async def test_refusals_are_recorded_without_flooding_the_record(web):
    alice = await web.visitor("alice")
    before = len(await web.stage.tags())
    for _ in range(30):
        assert (await alice("GET", "/api/people")).status == 403
    broken = web.anybody
    broken.token = "eyJhbGciOiJub25lIn0.e30."
    for _ in range(30):
        assert (await broken("GET", "/api/me", headers={"User-Agent": "a knocker"})).status == 401
    for _ in range(30):
        assert (await web.anybody("GET", "/api/me")).status == 401

    assert (await web.stage.tags())[before:] == ["web:request:refused"] * 2
    event = await web.stage.last_event("web:request:refused")
    assert (event["status"], event["address"], event["user_agent"]) == ("denied", "127.0.0.1", "a knocker")
    web.stage.clock.move(seconds=61)
    await alice("GET", "/api/people")
    event = await web.stage.last_event("web:request:refused")
    assert event["actor"] == str(alice.person.id)
    assert '"times":30' in event["detail"]


async def test_a_thousand_kinds_of_refusal_make_a_bounded_number_of_lines(web):
    broken = web.anybody
    before = len(await web.stage.tags())
    paths = [operation for operation in web.server.app.router.resources() if operation.canonical.startswith("/api/")]
    for number in range(12):
        broken.token = f"junk{number}"
        for resource in paths:
            await broken("GET", resource.canonical.replace("{", "").replace("}", ""))

    assert len(await web.stage.tags()) - before <= len(paths)


async def test_a_database_that_is_away_is_said_so(web, pool):
    alice = await web.visitor("alice")
    await pool.close()

    answer = await alice("GET", "/api/me")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_words_follow_the_reader_s_language(web):
    answer = await web.anybody("GET", "/api/me", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert answer.json["detail"] == "请先登录。"
    root = await web.visitor("root", Role.ADMIN)
    await root("PATCH", "/api/me", json={"language": "zh"})

    answer = await root("POST", f"/api/people/{root.person.id}/disable")

    assert (answer.status, answer.json["detail"]) == (409, "这是最后一位已启用的管理员，请先指定另一位管理员。")
