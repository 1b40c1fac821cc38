"""A file of 50 MB arrives whole in the workspace, or its sender reads in one sentence why it does not."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import FormData

from governance.people.people import Role
from tests.journeys.life import Life
from tests.journeys.town import town
from tests.journeys.workspace import slack_town
from tests.platforms.slack.workspace import BOT, GROUP

MEGABYTE = 2**20
LARGE = b"0123456789abcdef" * (50 * MEGABYTE // 16)


def arrived(here: Life, address: str, name: str = "log.txt") -> str:
    """The digest of a file in the workspace of a conversation; empty when it is not there."""
    folder = here.home / "workspaces" / hashlib.sha256(address.encode()).hexdigest()[:24]
    path = folder / "received" / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def leftovers(here: Life) -> list[Path]:
    return [path for path in (here.home / "workspaces").rglob("[!.]*") if path.is_file()]


@pytest.mark.parametrize("announced", [True, False])
async def test_telegram_hands_out_20_mb_so_a_larger_file_is_answered_with_that(
    dsn: str, tmp_path: Path, announced: bool
) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        here.send_file("alice", "log.txt", LARGE, size=len(LARGE) if announced else 0)
        await here.hears("alice", "log.txt is too large: at most 20 MB of it can be taken here.")

        assert here.model.requests == []
        assert leftovers(here) == []
        assert await here.store.fetchval("select count(*) from nexora_inbox where state <> 'done'") == 0


async def test_words_beside_a_file_that_is_too_large_are_answered_by_an_agent_who_knows_of_it(
    dsn: str, tmp_path: Path
) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        here.model.say("It is too large for me.")
        here.send_file("alice", "log.txt", LARGE, "what failed here?")
        await here.hears("alice", "It is too large for me.")

        told = here.model.requests[-1]["messages"][-1]["content"]
        assert told.startswith("what failed here?")
        assert "(The file log.txt could not be fetched" in told


async def test_a_chinese_speaker_reads_it_in_chinese(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        alice = await here.person("alice")
        await here.store.fetch("update nexora_users set language = 'zh' where id = $1", alice.id)
        here.send_file("alice", "log.txt", LARGE)

        await here.hears("alice", "log.txt 过大：此处最多接收 20 MB。")


async def test_a_file_of_50_mb_arrives_from_slack_whole(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        here.model.say("I have it.")
        thread = here.slack.say(
            f"<@{BOT}> keep this", room=GROUP, files=(here.slack.store("log.txt", LARGE, "text/plain"),)
        )
        await here.hears("I have it.", thread=thread, seconds=30)

        assert arrived(here, f"slack:{GROUP}:{thread}") == hashlib.sha256(LARGE).hexdigest()
        assert "received/log.txt" in here.model.requests[-1]["messages"][-1]["content"]


async def test_a_file_that_is_larger_than_that_is_answered_in_its_thread_and_none_of_it_stays(
    dsn: str, tmp_path: Path
) -> None:
    async with slack_town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        file = here.slack.store("log.txt", LARGE + b"!", "text/plain")
        here.slack.say(f"<@{BOT}>", room=GROUP, files=(file,))
        await here.hears("log.txt is too large: at most 50 MB of it can be taken here.", seconds=30)

        assert here.model.requests == []
        assert leftovers(here) == []


async def test_a_file_of_50_mb_left_in_the_console_arrives_whole_and_a_larger_one_is_refused(
    dsn: str, tmp_path: Path
) -> None:
    async with town(dsn, tmp_path / "home") as here:
        alice = await here.person("alice", Role.OPERATOR)
        here.model.say("I have it.")
        async with here.browser(alice) as browser:
            left = await browser("POST", "/console/files", data=form(LARGE))
            said = {"text": "keep this", "files": [left.json["id"]]}
            answer = await browser("POST", "/console/chat", json=said)
            refused = await browser("POST", "/console/files", data=form(LARGE + b"!"))

        room = await here.store.fetchval("select room from nexora_conversations")
        assert (left.status, answer.status, refused.status) == (201, 200, 413)
        assert "I have it." in answer.text
        assert "50" in refused.json["detail"]
        assert arrived(here, f"console:{room}:") == hashlib.sha256(LARGE).hexdigest()


def form(content: bytes) -> FormData:
    data = FormData()
    data.add_field("file", BytesIO(content), filename="log.txt", content_type="text/plain")
    return data
