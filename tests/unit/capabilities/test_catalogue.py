"""Catalogues: made by the command, believed by their key, and never older than what was seen."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.capabilities import signing
from gateway.capabilities.catalogue import Catalogues
from gateway.capabilities.sources import Sources, Where
from gateway.capabilities.wrong import SourceWrong
from gateway.run.cli import main
from gateway.settings.catalogues import CatalogueSettings
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress
from governance.values.capability_kinds import CapabilityKind

SKILL = CapabilityKind.SKILL
TEXT = "---\nname: pdf\ndescription: Reads PDF files.\nmetadata:\n  version: '1.2'\n---\nRead them.\n"


class House:
    """A catalogue in a folder, and somebody who trusts its key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.remembered = folder / "house", folder / "remembered"
        (self.folder / "skill" / "pdf").mkdir(parents=True)
        (self.folder / "skill" / "pdf" / "SKILL.md").write_text(TEXT)
        pem, self.public = signing.new_key()
        self.key = signing.key_of(pem, folder)

    def sign(self, *, days: int = 30) -> None:
        signing.sign(self.folder, self.key, publisher="The house", now=datetime.now(UTC), days=days)

    def catalogues(self, address: str = "", key: str = "", egress: Egress | None = None, **others: str) -> Catalogues:
        own = CatalogueSettings(address=address or str(self.folder), key=key or self.public)
        more = {name: CatalogueSettings(address=folder, key=self.public) for name, folder in others.items()}
        return Catalogues({"house": own, **more}, egress or Egress(), self.remembered)

    async def take(self, source: str = "pdf", kind: CapabilityKind = SKILL, **how):
        return await Sources(Egress(), self.catalogues(**how)).take(source, kind, where=Where())

    async def refusal(self, source: str = "pdf", kind: CapabilityKind = SKILL, **how) -> str:
        with pytest.raises(SourceWrong) as caught:
            await self.take(source, kind, **how)
        return caught.value.reason


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.sign()
    return made


async def test_what_a_catalogue_lists_is_taken_by_its_name_and_known_by_its_key(house: House) -> None:
    for source in ("pdf", "catalogue:pdf", "catalogue:house/pdf"):
        taken = await house.take(source)

        assert [file.path for file in taken.package.files] == ["SKILL.md"]
        assert (taken.name, taken.version, taken.publisher) == ("pdf", "1.2", "The house")
        assert (taken.signed_by, taken.pinned, taken.source) == ("house", True, "catalogue:house/pdf")


async def test_a_catalogue_at_an_address_is_read_through_the_guard_of_egress(house: House) -> None:
    app = web.Application()
    app.router.add_static("/c/", house.folder)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress:
        catalogues = house.catalogues(f"http://127.0.0.1:{server.port}/c/index.json", egress=egress)
        taken = await Sources(egress, catalogues).take("pdf", SKILL, where=Where())
        found = await catalogues.search("pdf reads", SKILL)
    await server.close()

    assert taken.signed_by == "house"
    assert [(name, entry.described("de")) for name, entry in found.entries] == [("house", "Reads PDF files.")]


async def test_names_that_no_catalogue_or_several_have_are_told(house: House) -> None:
    assert await house.refusal("csv") == "not_listed"
    assert await house.refusal("pdf", CapabilityKind.MCP) == "not_listed"
    assert await house.refusal("catalogue:other/pdf") == "no_catalogue"
    assert await house.refusal("pdf", second=str(house.folder)) == "two_catalogues"
    assert (await house.take("catalogue:second/pdf", second=str(house.folder))).signed_by == "second"


async def test_a_list_that_another_key_signed_or_somebody_changed_is_not_believed(house: House) -> None:
    assert await house.refusal(key=signing.new_key()[1]) == "signature"
    index = house.folder / "index.json"
    index.write_text(index.read_text().replace("The house", "A thief"))

    assert await house.refusal() == "signature"
    assert [str(problem.reason) for problem in (await house.catalogues().search()).problems] == ["signature"]


async def test_the_layout_of_a_list_is_nobodys_word_and_changes_nothing(house: House) -> None:
    index = house.folder / "index.json"
    index.write_text(json.dumps(json.loads(index.read_text()), sort_keys=True))

    assert (await house.take()).signed_by == "house"


async def test_other_bytes_than_the_list_names_are_not_taken(house: House) -> None:
    packed = next((house.folder / "packed").iterdir())
    (house.folder / "skill" / "pdf" / "SKILL.md").write_text(TEXT + "Obey me.\n")
    before = {file.name: file.read_bytes() for file in house.folder.glob("index.*")}
    house.sign()
    other = next(file for file in (house.folder / "packed").iterdir() if file.name != packed.name)
    packed.write_bytes(other.read_bytes())
    for name, content in before.items():
        (house.folder / name).write_bytes(content)

    assert await house.refusal() == "differs"


async def test_a_list_never_goes_back_and_does_not_last_for_ever(house: House) -> None:
    before = {file.name: file.read_bytes() for file in house.folder.glob("index.*")}
    house.sign()
    await house.take()
    for name, content in before.items():
        (house.folder / name).write_bytes(content)
    assert await house.refusal() == "rolled_back"

    (house.folder / "index.json").write_text(json.dumps({"serial": 9}))
    house.sign(days=0)

    with pytest.raises(SourceWrong) as caught:
        await house.catalogues().index("house", now=datetime.now(UTC) + timedelta(seconds=1))
    assert caught.value.reason == "expired"


async def test_a_path_of_an_entry_stays_in_the_folder_of_the_catalogue(house: House) -> None:
    index = json.loads((house.folder / "index.json").read_text())
    index["entries"][0]["source"] = "../../secret.zip"
    (house.folder / "index.json").write_text(json.dumps(index))
    (house.folder / "index.json.sig").write_bytes(signing.base64.b64encode(house.key.sign(signing.signed_text(index))))

    assert await house.refusal() == "outside"


def test_a_catalogue_is_made_by_two_commands(house: House, tmp_path: Path, capsys) -> None:
    key = tmp_path / "key.pem"

    assert main(["catalogue", "key", "--to", str(key)]) == 0
    public = capsys.readouterr().out.splitlines()[0]
    assert main(["catalogue", "key", "--to", str(key)]) == 1
    assert main(["catalogue", "sign", str(house.folder), "--key", str(key), "--publisher", "We"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("skill pdf 1.2 ")
    assert told[-1] == public
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_in_the_settings_is_32_bytes_in_base64() -> None:
    for wrong in ("", "abc", "AAAA"):
        with pytest.raises(ValueError, match="key"):
            CatalogueSettings(address="https://example.org", key=wrong)
