"""A stranger is called like somebody who is here: nobody is admitted, and the line that the admin reads admits them."""

import re
from pathlib import Path

from governance.people.people import Role
from tests.journeys.town import town


async def test_the_line_that_comes_with_the_refusal_admits_under_a_free_name_and_answers(
    dsn: str, tmp_path: Path
) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("root", Role.ADMIN)
        here.open_chat("Root")
        here.model.say("Half past four.")
        here.say("Root", "what time is the train?")
        await here.hears("root", "asks to come in")
        code = await here.store.fetchval("select code from nexora_approval_requests")

        here.say("root", f"/approve {code} assistant")
        refused = await here.hears("root", "Nobody was admitted.")
        assert await here.store.fetchval("select count(*) from nexora_users") == 1

        line = re.search(r"/admit \S+ new Root-2 assistant", refused.text)
        assert line is not None
        here.say("root", line[0])
        await here.hears("Root", "Half past four.")

        assert await here.store.fetchval("select display_name from nexora_users where name = 'Root-2'") == ""
