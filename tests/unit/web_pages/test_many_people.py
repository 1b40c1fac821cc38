"""Pages and lists of ten thousand people stay small: a page at a time, found by a part of a name."""

import re

import pytest

from channels.messages import Account
from gateway.web.api import routes as api
from gateway.web.console import routes as console_pages
from governance.people.people import Role
from tests.unit.people_stage import WEB
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest.fixture
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=(*api.ROUTES, *console_pages.ROUTES)) as stage:
        await stage.parts.store.fetch(
            "insert into nexora_users (id, name, display_name, role, language, created_at) select gen_random_uuid(), "
            "'p' || lpad(n::text, 5, '0'), 'Person ' || n, 'operator', 'en', now() from generate_series(1, 10000) n"
        )
        await stage.parts.store.fetch(
            "insert into nexora_agent_grants (id, user_id, agent, granted_at) "
            "select gen_random_uuid(), id, 'assistant', now() from nexora_users"
        )
        yield stage


async def pages_of(visitor, path):
    """Every page that the links `More` lead to."""
    while path:
        page = (await visitor("GET", path, headers=HTML)).text
        yield page
        found = re.search(r'<p><a href="([^"]+)">More</a>', page)
        path = found[1].replace("&amp;", "&") if found else ""


async def test_a_page_shows_fifty_and_leads_to_the_next(web):
    root = await web.visitor("root", Role.ADMIN)
    for path in ("/people", "/agents"):
        names, pages = [], 0
        async for page in pages_of(root, path):
            names += [
                "".join(each)
                for each in re.findall(r"<strong>Person \d+ \((p\d{5})\)</strong>|Person \d+ \((p\d{5})\)</th>", page)
            ]
            pages += 1
            assert len(page) < 100_000
            if pages == 3:
                break
        assert names == [f"p{number:05}" for number in range(1, 151)], path


async def test_somebody_is_found_by_a_part_of_the_name_or_of_an_account(web):
    root = await web.visitor("root", Role.ADMIN)
    alice = await web.visitor("alice")
    await web.stage.link(Account(channel="telegram", id="7", name="Wonderland"), alice.person)

    async def found(path):
        return re.findall(
            r"<strong>Person \d+ \((p\d{5})\)</strong>|<strong>(alice)</strong>",
            (await root("GET", path, headers=HTML)).text,
        )

    assert await found("/people?search=erson%20998") == [(f"p{n:05}", "") for n in (998, *range(9980, 9990))]
    assert await found("/people?search=wonder") == [("", "alice")]
    assert "telegram: Wonderland" in (await root("GET", "/people?search=WONDER", headers=HTML)).text
    nobody = (await root("GET", "/people?search=%25%27%00", headers=HTML)).text
    assert "Nobody is called anything like this." in nobody
    assert "more people" not in nobody


async def test_a_field_offers_the_persons_whose_name_was_begun(web):
    root = await web.visitor("root", Role.ADMIN)
    await web.parts.people.disable((await web.parts.people.by_name("p00123")).id, by=root.person, origin=WEB)
    offered = (await root("GET", "/people/names?person=p0012", headers=HTML)).text

    assert re.findall(r'value="(p\d+)"', offered) == [f"p{n:05}" for n in range(120, 130) if n != 123]
    assert (await (await web.visitor("alice"))("GET", "/people/names?person=p", headers=HTML)).status == 403


async def test_a_grant_is_given_by_name_and_ended_where_it_stands(web):
    root = await web.visitor("root", Role.ADMIN)
    given = {"person": "p00042", "agent": "ops", "lasts": ""}
    shown = (await root("POST", "/agents", data=given, headers=HTML)).text
    person = await web.parts.people.by_name("P00042")
    assert sorted(person.agents) == ["assistant", "ops"]
    assert "may use ops until it is revoked" in shown
    assert re.findall(r"Person \d+ \((p\d{5})\)</th>", shown) == ["p00042"]

    await root("POST", "/agents", data={"act": "revoke", "person": str(person.id), "agent": "ops"}, headers=HTML)
    assert sorted((await web.parts.people.by_name("p00042")).agents) == ["assistant"]
    unknown = (await root("POST", "/agents", data={**given, "person": "nobody"}, headers=HTML)).text
    assert "There is no such person." in unknown


async def test_the_api_gives_a_page_at_a_time_and_all_pages_together_everything(web):
    root = await web.visitor("root", Role.ADMIN)
    people = (await root("GET", "/api/people?limit=200")).json
    assert len(people) == 200
    after = (await root("GET", f"/api/people?limit=200&after={people[-1]['name']}")).json
    assert after[0]["name"] == "p00201"
    assert [each["name"] for each in (await root("GET", "/api/people?search=p09999")).json] == ["p09999"]

    grants = (await root("GET", "/api/grants?limit=150")).json
    later = (await root("GET", "/api/grants?after_person=p00150&after_agent=assistant&limit=1")).json
    assert len(grants) == 150
    assert (grants[-1]["person"], later[0]["person"]) == ("p00150", "p00151")
    for path in ("/api/people?limit=1000", "/api/grants?limit=0", "/api/accounts?limit=201"):
        assert (await root("GET", path)).status == 422


async def test_accounts_come_a_page_at_a_time_and_none_is_passed_over(web):
    root = await web.visitor("root", Role.ADMIN)
    await web.parts.store.fetch(
        "insert into nexora_accounts (channel, account_id, name, state, changed_at) "
        "select 'telegram', lpad(n::text, 4, '0'), 'Somebody ' || n, 'waiting', now() from generate_series(1, 1500) n"
    )
    seen, asked = [], "/api/accounts?limit=200"
    while accounts := (await root("GET", asked)).json:
        seen += [each["id"] for each in accounts]
        asked = f"/api/accounts?limit=200&after_channel={accounts[-1]['channel']}&after_id={accounts[-1]['id']}"
    assert seen == [f"{number:04}" for number in range(1, 1501)]

    page = (await root("GET", "/people", headers=HTML)).text
    assert page.count('class="request"') == 50
    assert "More wait than are shown here" in page
