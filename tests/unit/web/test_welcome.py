"""The pages that lead in: signing in by a form, the first admin's link, the link that sets a password."""

import re

import pytest

from governance.people import invitations
from governance.people.people import Role
from tests.unit.people_stage import PASSWORD
from tests.unit.web.stage import Answer

PAGE = {"Accept": "text/html"}
GOOD = "quite a long phrase"


async def first_link(web) -> str:
    async with web.stage.store.transaction() as work:
        code = await invitations.create(work, "first_admin", None, now=web.stage.clock())
    return f"/welcome/{code}"


def signed_in(web, answer: Answer):
    visitor = web.anybody
    visitor.token = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    return visitor


async def test_there_is_no_default_account(web):
    for name in ("admin", "root", "nexora", "administrator"):
        for password in ("admin", "password", "nexora", "changeme", "admin123"):
            answer = await web.anybody("POST", "/session", json={"name": name, "password": password})
            assert answer.status in {401, 429}
    assert await web.stage.people.page() == []


async def test_the_first_link_makes_an_admin_who_may_use_every_agent_and_then_is_gone(web):
    link = await first_link(web)
    for _ in range(3):  # a preview of the link, and looking twice, use nothing up
        form = await web.anybody("GET", link, headers=PAGE)
        assert form.status == 200
        assert 'type="password"' in form.text

    answer = await web.anybody("POST", link, data={"name": "root", "password": GOOD})

    assert (answer.status, answer.headers["Location"]) == (303, "/")
    me = (await signed_in(web, answer)("GET", "/api/me")).json
    assert (me["name"], me["role"], me["agents"]) == ("root", "admin", sorted(web.parts.specs.names()))
    assert (await web.anybody("GET", link, headers=PAGE)).status == 410
    assert (await web.anybody("POST", link, headers=PAGE, data={"name": "x", "password": GOOD})).status == 410
    assert len(await web.stage.people.page()) == 1


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        ({"Accept-Language": "fr"}, "en"),
        ({"Accept-Language": "fr", "Cookie": "nexora_language=zh"}, "zh"),
    ],
)
async def test_the_language_of_the_page_becomes_that_of_the_person(web, headers, language):
    link = await first_link(web)
    form = (await web.anybody("GET", link, headers={**PAGE, **headers})).text
    assert f'action="{link}?language={language}"' in form

    answer = await web.anybody("POST", link, data={"name": "root", "password": GOOD}, headers=headers)

    assert (await signed_in(web, answer)("GET", "/api/me")).json["language"] == language


async def test_a_link_in_a_language_leads_to_a_page_and_a_person_in_it(web):
    link = f"{await first_link(web)}?language=zh"
    english = {"Accept-Language": "en-GB"}
    page = await web.anybody("GET", link, headers={**PAGE, **english})
    answer = await web.anybody("POST", link, data={"name": "root", "password": GOOD}, headers=english)

    assert '<html lang="zh' in page.text
    assert (await signed_in(web, answer)("GET", "/api/me")).json["language"] == "zh"


@pytest.mark.parametrize(("chosen", "language"), [("en", "en"), ("zh", "zh"), ("", "de")])
async def test_no_link_overrules_the_language_that_was_chosen_for_somebody(web, chosen, language):
    people = web.stage.people
    alice, code = await people.create("alice", Role.OPERATOR, by=None, language=chosen)
    await people.describe(alice.id, by=None, display_name="Alice A.")
    german = {"Accept-Language": "de"}
    answer = await web.anybody("POST", f"/welcome/{code}", data={"password": GOOD}, headers=german)

    assert (alice.language, answer.status) == (chosen or "en", 303)
    assert (await people.get(alice.id)).language == language


async def test_a_form_that_is_filled_in_wrong_says_what_and_keeps_the_link(web):
    link = await first_link(web)

    for given, words in (
        ({"name": "root", "password": "short"}, "at least 8 characters"),
        ({"name": "root", "password": "password1"}, "among those that are tried first"),
        ({"name": "<script>", "password": GOOD}, "letters, digits"),
        ({"password": GOOD}, "letters, digits"),
    ):
        answer = await web.anybody("POST", link, data=given, headers=PAGE)
        assert answer.status in {409, 422}
        assert words in answer.text
        assert "<script>" not in answer.text.replace("</script>", "")
    chinese = await web.anybody(
        "POST", link, data={"name": "root", "password": "short"}, headers={**PAGE, "Accept-Language": "zh"}
    )
    assert "密码至少 8 个字符。" in chinese.text
    assert (await web.anybody("POST", link, data={"name": "root", "password": GOOD})).status == 303


async def test_another_site_cannot_use_a_link_or_sign_anybody_in(web):
    link = await first_link(web)
    evil = {"Sec-Fetch-Site": "cross-site"}

    assert (await web.anybody("POST", link, data={"name": "root", "password": GOOD}, headers=evil)).status == 403
    assert (await web.anybody("POST", "/session", data={"name": "a", "password": GOOD}, headers=evil)).status == 403
    assert await web.stage.people.page() == []


async def test_a_link_that_is_wrong_is_one_sentence(web):
    answer = await web.anybody("GET", "/welcome/nonsense", headers=PAGE)

    assert answer.status == 410
    assert "wrong, used or expired" in answer.text


async def test_the_form_signs_in_and_leads_on_to_our_own_pages_only(web):
    await web.stage.person("alice")
    form = await web.anybody("GET", "/sign-in?next=%2Fapprovals", headers=PAGE)
    assert re.search(r'name="next" value="/approvals"', form.text)

    for where, leads_to in (("/approvals", "/approvals"), ("//evil.example", "/"), ("javascript:alert(1)", "/")):
        given = {"name": "alice", "password": PASSWORD, "next": where}
        answer = await web.anybody("POST", "/session", data=given, headers=PAGE)
        assert (answer.status, answer.headers["Location"]) == (303, leads_to)
    alice = signed_in(web, answer)
    again = await alice("GET", "/sign-in?next=%2F%2Fevil.example", headers=PAGE)
    assert (again.status, again.headers["Location"]) == (303, "/")


async def test_a_wrong_password_is_said_on_the_form_and_after_ten_it_is_locked(web):
    await web.stage.person("alice")
    given = {"name": "alice", "password": "not this one"}

    for _ in range(10):
        answer = await web.anybody("POST", "/session", data=given, headers=PAGE)
        assert answer.status == 401
        assert "The name or the password is wrong." in answer.text
        assert "not this one" not in answer.text
    locked = await web.anybody("POST", "/session", data={**given, "password": PASSWORD}, headers=PAGE)

    assert (locked.status, locked.headers["Retry-After"]) == (429, "60")
    assert "Too many wrong passwords" in locked.text
    assert "Set-Cookie" not in locked.headers


async def test_a_form_with_ten_thousand_fields_is_too_large(web):
    fields = {f"field{number}": "x" for number in range(10_000)}

    assert (await web.anybody("POST", "/session", data=fields)).status == 413


async def test_a_wrong_name_leaves_the_first_link_what_it_is(web):
    link = await first_link(web)
    answer = await web.anybody("POST", link, headers=PAGE, data={"name": "no good name", "password": GOOD})

    assert answer.status == 422
    assert "Make the first admin" in answer.text
    assert 'value="no good name"' in answer.text
    assert "Welcome, no good name" not in answer.text


async def test_a_link_that_was_used_is_told_on_a_page_that_leads_to_signing_in(web):
    answer = await web.anybody("GET", "/welcome/gone", headers=PAGE)

    assert answer.status == 410
    assert "console.css" in answer.text
    assert "Go to the sign-in page" in answer.text
