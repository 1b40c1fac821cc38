"""Gateways with data folders of their own on one database: one sign-in, one record, and one folder of files."""

import secrets
from functools import partial
from pathlib import Path

import pytest

from gateway.upkeep.shared_folder import FolderElsewhere
from governance.audit.checkpoints import Checkpoints
from governance.keys.audit_keys import TrustedKeys
from governance.keys.keys import Keyring, KeysLocked
from governance.keys.master_key import MasterKey
from governance.people.people import People, Role
from governance.record.audit import Event
from governance.record.transaction import Store
from governance.sign_in.sessions import Sessions
from tests.journeys.life import CLI, Life, living, neighbour_of
from tests.journeys.test_killed import Street, street
from tests.journeys.test_neighbours import has_read
from tests.journeys.town import running, town
from tests.platforms.telegram import ALICE
from tests.unit.old_home import SESSION, old_home
from tests.unit.web.stage import Visitor

__all__ = ["street"]

LINE = Event(tag="test:line:written")


async def is_whole(visitor: Visitor) -> bool:
    """What somebody reads in the console who has the record verified."""
    answer = await visitor("POST", "/audit/verify")
    assert answer.status == 200
    return "The record is whole" in answer.text


async def test_who_signed_in_at_one_gateway_is_signed_in_at_the_other_and_the_record_of_both_is_whole(
    dsn: str, tmp_path: Path
) -> None:
    async with (
        town(dsn, tmp_path / "home") as here,
        living(dsn, neighbour_of(here.home), here.model, {}, shared_folder=here.home) as other,
    ):
        there = Life(gateway=other, model=here.model, home=here.home.with_name("other"))
        pat = await here.person("pat", Role.ADMIN)
        async with here.browser(pat) as signed_in, there.browser(pat) as elsewhere:
            elsewhere.token = signed_in.token
            assert (await elsewhere("GET", "/api/me")).status == 200
            for gateway in (here.gateway, other):
                await gateway.store.record(LINE)
                assert await gateway.checkpoints.write()
            await here.gateway.checkpoints.write()
            assert await is_whole(signed_in)
            assert await is_whole(elsewhere)


async def test_a_gateway_without_the_master_key_does_not_start_and_says_what_to_copy(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        with pytest.raises(KeysLocked, match=r"none here: copy keys/master\.key .* to .*stranger/keys/master\.key"):
            async with living(dsn, tmp_path / "stranger", here.model, {}):
                pass
        await here.person("pat")
        here.model.say("Hello Pat.")
        here.say("pat", "hello")
        await here.hears("pat", "Hello Pat.")


async def test_after_the_move_of_older_keys_nobody_signs_in_again_and_the_record_is_whole(
    store: Store, dsn: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    own = old_home(home)
    then = Keyring(
        session=SESSION,
        signing=own,
        trusted=TrustedKeys({own.name: own.public}),
        master=MasterKey(secrets.token_bytes(32)),
    )
    pat, _ = await People(store).create("pat", Role.ADMIN, by=None, origin=CLI)
    async with store.transaction() as work:
        token = await Sessions(store, then.session).open(work, pat.id, origin=CLI)
    assert await Checkpoints(store, home, then).write()

    async with town(dsn, home) as here, here.browser(pat) as visitor:
        visitor.token = token
        assert (await visitor("GET", "/api/me")).status == 200
        await here.gateway.checkpoints.write()
        assert await is_whole(visitor)
        assert "gateway:keys:moved" in await here.tags()


async def test_a_gateway_with_files_of_its_own_does_not_start_beside_another(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        with pytest.raises(FolderElsewhere, match=r"works on this database .* shared_folder in the settings of each"):
            async with living(dsn, neighbour_of(here.home), here.model, {}):
                pass


async def test_a_file_that_one_gateway_wrote_is_read_at_the_other(street: Street, tmp_path: Path) -> None:
    await street.admit(ALICE)
    shared = tmp_path / "shared"
    async with running(street.dsn, street.home, street.telegram, street.model, shared_folder=shared):
        street.model.call("write_file", path="note.txt", content="written at the first")
        await answered(street, "write it down", "It is written.")
    other = neighbour_of(street.home)
    async with running(street.dsn, other, street.telegram, street.model, shared_folder=shared):
        street.model.call("read_file", path="note.txt")
        await answered(street, "read it", "I have read it.")

    told = [each["content"] for each in street.model.requests[-1]["messages"] if each["role"] == "tool"]
    assert "written at the first" in told[-1]
    assert not (street.home / "workspaces").exists()
    assert not (other / "workspaces").exists()


async def answered(street: Street, words: str, answer: str) -> None:
    street.model.say(answer)
    street.telegram.chats.say(int(ALICE["id"]), ALICE, text=words)
    await street.telegram.until(partial(has_read, street, int(ALICE["id"]), answer))
