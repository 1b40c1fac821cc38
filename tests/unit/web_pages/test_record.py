"""The pages of the record and of usage, and who may call which route of the console."""

import re

import pytest
from aiohttp import ClientSession
from yarl import URL

from channels.base import Deed, Lack
from gateway.signing_in.desk import BACK, CLIENT, START
from gateway.web.console import routes as console_pages
from governance.people.people import Role
from governance.record.audit import Event
from tests.browser.house import open_house
from tests.platforms.console import Page
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest.fixture
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def test_usage_is_drawn_with_a_chart_and_a_table_of_the_same_figures(web):
    alice = await web.visitor("alice")
    page = (await alice("GET", "/usage?by=model&days=90", headers=HTML)).text
    asked = [each["by"] for each in web.parts.usage.asked]

    assert asked == ["model", "day"]
    assert '<svg viewBox="0 0 720 220" role="img" aria-labelledby="chart-title chart-desc">' in page
    assert "15 tokens in 90 days" in page
    assert re.search(r">a label</th><td class=\"figure\">12</td><td class=\"figure\">3</td>", page)
    assert "$0.0001" in page


async def test_wrong_choices_fall_back_to_the_usual_ones(web):
    alice = await web.visitor("alice")
    answer = await alice("GET", "/usage?by=password&days=100000", headers=HTML)

    assert answer.status == 200
    assert [each["by"] for each in web.parts.usage.asked] == ["day"]


async def test_the_record_is_read_filtered_and_shown_as_words(web):
    admin = await web.visitor("bob", Role.ADMIN)
    hostile = "<img src=x onerror=alert(1)>"
    await web.parts.store.record(Event(tag="test:thing:done", resource=hostile, detail={"why": hostile}))
    page = (await admin("GET", "/audit?tag=test:", headers=HTML)).text

    assert "test:thing:done" in page
    assert "session:created" not in page
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2


async def test_a_long_record_comes_in_pages_that_miss_nothing(pool, dsn, tmp_path):
    async with open_house(pool, dsn, tmp_path) as house:
        await house.person("bob", Role.ADMIN)
        await house.parts.store.record(*[Event(tag="test:thing:done", resource=f"thing {n}.") for n in range(60)])
        cookies = {"nexora": await house.token("bob")}
        async with ClientSession(house.url, cookies=cookies) as bob:
            async with bob.get("/audit?tag=test:") as answer:
                page = await answer.text()
            more = re.search(r'href="(/audit\?tag=test%3A&amp;before=[^"]+)"', page)
            assert more is not None
            address = URL(more[1].replace("&amp;", "&"), encoded=True)
            async with bob.get(address, headers={"HX-Request": "true"}) as answer:
                part = await answer.text()
    shown = [re.findall(r"thing (\d+)\.", text) for text in (page, part)]

    assert [len(each) for each in shown] == [50, 10]
    assert {int(number) for each in shown for number in each} == set(range(60))
    assert "<html" not in part
    assert "before=" not in part


async def test_only_admins_verify_the_record_and_are_told_what_came_out(web):
    admin, alice = await web.visitor("bob", Role.ADMIN), await web.visitor("alice")
    told = await admin("POST", "/audit/verify", headers=HTML)
    refused = await alice("POST", "/audit/verify", headers=HTML)

    assert told.status == 200
    assert 'class="said' in told.text
    assert re.search(r"\d{4}.* \d\d:\d\d.*[Ll]ines: \d+, writers: \d+", told.text)
    assert refused.status == 403


async def test_nobody_without_a_session_reaches_more_than_what_is_public(web):
    public = {"/static/{version}/{name}", "/keep/{code}", "/language", "/favicon.ico"}
    public |= {f"{START}{{link}}", BACK, CLIENT}  # each is for whoever has its link: tests/journeys/test_server_sign_in
    for route in console_pages.ROUTES:
        if route.path in public:
            continue
        path = re.sub(r"\{\w+(:\\d\{[\d,]+\})?\}", "1", route.path)
        answer = await web.anybody(route.method, path, headers=HTML)

        assert answer.status in {303, 401}, route.path
        if answer.status == 303:
            assert answer.headers["Location"].startswith("/sign-in?next="), route.path


async def test_the_page_of_channels_says_what_one_that_is_up_cannot_do_and_how_that_is_mended(web):
    admin = await web.visitor("bob", Role.ADMIN)
    repair = {"en": "Add the scope files:write.", "zh": "请添加权限 files:write。"}
    lack = Lack(word="missing_scope <b>files:write", repair=repair, only_here=True)
    web.parts.channels["chat"]._lacks.refused(Deed.FILES, "C1", lack)
    page = (await admin("GET", "/channels", headers=HTML)).text

    assert "cannot send files in C1" in page
    assert "missing_scope &lt;b&gt;files:write. Add the scope files:write." in page


async def test_no_page_holds_a_script_or_a_style_of_its_own(web):
    admin = await web.visitor("bob", Role.ADMIN)
    for path in ("/approvals", "/people", "/agents", "/channels", "/account", "/usage", "/audit"):
        page = (await admin("GET", path, headers=HTML)).text

        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", page), path


def test_the_reader_of_pages_notices_what_is_active():
    with pytest.raises(AssertionError):
        Page().feed("<p><script>x</script></p>")
