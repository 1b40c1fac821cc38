"""Grants in the console's form: for a time that is understood, or for good, and never the one for the other."""

from datetime import timedelta

import pytest
import pytest_asyncio

from channels.times import Precision, moment
from gateway.web.console import routes as console_pages
from governance.people.people import Role
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}
UNDERSTOOD = (
    "Write for how long as 8h (hours) or 3d (days), at most 366 days; left out, it lasts until it is taken back."
)


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def granted(web, lasts: str, language: str = "en"):
    """The page after the form was sent, and the grants that stand."""
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    form = {"person": str(alice.person.id), "agent": "assistant", "lasts": lasts}
    page = await root("POST", "/agents", data=form, headers={**HTML, "Accept-Language": language})
    return page.text, await web.parts.agent_grants.of(alice.person.id)


@pytest.mark.parametrize("lasts", ["soon", "0", "8x", "-3", "1000000", "367d"])
async def test_a_time_that_is_not_understood_grants_nothing(web, lasts):
    page, grants = await granted(web, lasts)

    assert UNDERSTOOD in page
    assert grants == []


async def test_a_time_ends_the_grant_and_the_answer_says_when(web):
    page, [grant] = await granted(web, " 8h ")

    assert grant.expires_at == web.stage.clock() + timedelta(hours=8)
    assert f"alice may use assistant until {moment(grant.expires_at, 'en', precision=Precision.DATED)}." in page


async def test_without_a_time_the_answer_says_that_it_lasts(web):
    page, [grant] = await granted(web, "")

    assert grant.expires_at is None
    assert "alice may use assistant until it is revoked." in page
