"""Somebody takes back what their agent asked for, with the button of their own card, in a private chat and a thread."""

import json
from pathlib import Path

from governance.people.people import Role
from tests.journeys.town import town
from tests.journeys.workspace import slack_town
from tests.platforms.model import Call, Reply

COMMAND = "python3 -c 'print(1)' /etc/passwd"


async def test_the_button_in_the_private_chat_ends_it_on_the_card_of_the_admin(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        await here.person("root", Role.ADMIN)
        here.model.call("shell", command=COMMAND)
        here.model.say("I have asked for approval.")
        here.model.say("Taken back, then.")
        here.say("alice", "do it")
        card = await here.hears("root", "wants to run shell")
        own = await here.hears("alice", "Waiting for root")

        here.press("alice", own, "Withdraw")
        await here.hears("alice", "Taken back, then.")

        told = here.model.requests[-1]["messages"][-1]["content"]
        assert "withdrawn" in told
        await here.telegram.until(lambda: not here.telegram.chats.find(here.people["root"], card.id).keyboard)
        assert "Withdrawn: shell" in here.telegram.chats.find(here.people["root"], card.id).text
        assert "Withdrawn: shell" in here.telegram.chats.find(here.people["alice"], own.id).text
        assert (await here.tags()).count("approvals:request:cancelled") == 1
        assert await here.store.fetchval("select count(*) from nexora_decisions") == 0


async def test_in_a_thread_the_button_counts_for_whoever_asked_alone(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        await here.person("root", Role.ADMIN)
        call = Call(name="shell", arguments=json.dumps({"command": COMMAND}))
        here.model.script(Reply(text="Let me see.", calls=(call,)))
        here.model.say("I have asked for approval.")
        thread = here.asks("alice", "do it")
        card = await here.hears("wants to run shell", thread=thread)
        private = await here.hears("wants to run shell", room=here.direct("root"))
        await here.hears("I have asked for approval.", thread=thread)

        here.press("root", card, "Withdraw")
        await here.whispers("root", "Only who asked may press Withdraw")
        here.model.say("Taken back, then.")
        here.press("alice", card, "Withdraw")
        await here.whispers("alice", "Withdrawn.")
        await here.hears("Taken back, then.", thread=thread)
        await here.until_stored("select count(*) = 0 from nexora_outbox where state <> 'done'")

        for copy in (card, private):
            assert here.sight(copy).text.startswith("❖ Withdrawn: shell")
            assert here.sight(copy).buttons == []
        assert (
            await here.store.fetchval("select status from nexora_approval_requests where kind = 'tool_call'")
            == "cancelled"
        )
        assert (await here.tags()).count("approvals:request:cancelled") == 1
