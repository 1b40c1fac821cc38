"""Where packages come from: every way to name a source, what is read from it, and who may name which."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import NexoraError
from gateway.capabilities.git_fetch import GitPlace
from gateway.capabilities.source_text import (
    AttachedFile,
    Distribution,
    IndexName,
    LocalPath,
    WebFile,
    canonical,
    form_of,
)
from gateway.capabilities.sources import Sources, Where
from gateway.capabilities.wrong import SourceWrong
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress
from governance.packages.refused import PackageRefused
from governance.values.capability_kinds import CapabilityKind
from tests.platforms.git_host import git_host, repository

SKILL, AGENT, MCP = CapabilityKind.SKILL, CapabilityKind.AGENT, CapabilityKind.MCP
TEXT = b"---\nname: pdf\n---\nRead.\n"
HUB = "https://github.com/acme/skills"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("https://example.org/a.zip", WebFile(url="https://example.org/a.zip")),
        (HUB, GitPlace(url=HUB)),
        (f"{HUB}/", GitPlace(url=HUB)),
        (f"{HUB}.git", GitPlace(url=f"{HUB}.git")),
        (f"{HUB}@v1#pdf", GitPlace(url=HUB, ref="v1", folder="pdf")),
        (f"{HUB}/tree/main/skills/pdf", GitPlace(url=HUB, joined="main/skills/pdf")),
        (f"{HUB}/blob/main/pdf/SKILL.md", GitPlace(url=HUB, joined="main/pdf/SKILL.md")),
        (f"{HUB}/commit/{COMMIT}", GitPlace(url=HUB, ref=COMMIT)),
        (f"{HUB}/archive/refs/heads/main.zip", WebFile(url=f"{HUB}/archive/refs/heads/main.zip")),
        (f"{HUB}/releases/download/v1/pdf.skill", WebFile(url=f"{HUB}/releases/download/v1/pdf.skill")),
        (
            "https://gitee.com/acme/skills/tree/master/a",
            GitPlace(url="https://gitee.com/acme/skills", joined="master/a"),
        ),
        ("https://gitlab.com/a/b/c", GitPlace(url="https://gitlab.com/a/b/c")),
        ("https://gitlab.com/a/b/c/-/tree/main/d", GitPlace(url="https://gitlab.com/a/b/c", joined="main/d")),
        ("https://codeberg.org/a/b/src/branch/x/d", GitPlace(url="https://codeberg.org/a/b", joined="x/d")),
        (
            f"https://codeberg.org/a/b/src/commit/{COMMIT}/d",
            GitPlace(url="https://codeberg.org/a/b", ref=COMMIT, folder="d"),
        ),
        ("https://bitbucket.org/a/b/src/main/d", GitPlace(url="https://bitbucket.org/a/b", joined="main/d")),
        (
            "git+https://code.corp.example/x.git@v1#a/b",
            GitPlace(url="https://code.corp.example/x.git", ref="v1", folder="a/b"),
        ),
        ("git+https://h.example/x@a/b#subdirectory=c", GitPlace(url="https://h.example/x", ref="a/b", folder="c")),
        ("pypi:nexora-weather==1.2", Distribution(name="nexora-weather", version="1.2")),
        ("catalogue:pdf", IndexName(name="pdf")),
        ("catalogue:house/pdf", IndexName(name="pdf", catalogue="house")),
        ("pdf", IndexName(name="pdf")),
        ("attached:pdf.zip", AttachedFile(name="pdf.zip")),
        ("./pdf", LocalPath(path="./pdf")),
        ("pdf.zip", LocalPath(path="pdf.zip")),
    ],
)
def test_a_source_is_read_as_people_write_it(source: str, form) -> None:
    assert form_of(source) == form
    if not (isinstance(form, GitPlace) and form.joined):
        assert form_of(canonical(form)) == form


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "empty"),
        ("ssh://git@example.org/x", "scheme"),
        ("git@github.com:acme/skills", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("git+file:///srv/x", "scheme"),
        ("git+https://me:secret@example.org/x", "user_in_url"),
        ("git+https://example.org/x@--upload-pack=ls", "no_ref"),
        ("https://github.com/acme", "no_repository"),
        (f"{HUB}/issues/3", "no_repository"),
        ("pypi:a b", "distribution"),
        ("two words", "unknown"),
    ],
)
def test_what_is_no_source_is_told_with_what_to_write(source: str, reason: str) -> None:
    with pytest.raises(SourceWrong) as caught:
        form_of(source)

    assert caught.value.reason == reason
    assert "secret" not in str(caught.value)


async def served(request: web.Request) -> web.Response:
    bodies = {
        "pdf-1.0.zip": zipped({"pdf-main/SKILL.md": TEXT, "pdf-main/run.py": b"print()"}),
        "SKILL.md": TEXT,
        "helper.yaml": b"name: helper\n",
        "broken.zip": b"PK\x03\x04 no",
        "notes.txt": b"notes",
    }
    name = request.match_info["name"]
    if name == "page":
        return web.Response(text="<html>", content_type="text/html")
    return web.Response(body=bodies[name]) if name in bodies else web.Response(status=int(name))


class Place:
    def __init__(self, server: TestServer, egress: Egress) -> None:
        self.base, self.sources = f"http://127.0.0.1:{server.port}", Sources(egress)

    async def take(self, source: str, kind: CapabilityKind = SKILL, **where):
        return await self.sources.take(source, kind, where=Where(**where))

    async def refusal(self, source: str, kind: CapabilityKind = SKILL, **where) -> str:
        with pytest.raises(NexoraError) as caught:
            await self.take(source, kind, **where)
        assert isinstance(caught.value, SourceWrong | PackageRefused)
        return caught.value.reason


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    app = web.Application()
    app.router.add_get("/{name}", served)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress:
        yield Place(server, egress)
    await server.close()


def paths(taken) -> list[str]:
    return [file.path for file in taken.package.files]


async def test_an_archive_is_taken_without_the_one_folder_that_holds_everything(place: Place) -> None:
    taken = await place.take(f"{place.base}/pdf-1.0.zip")

    assert paths(taken) == ["SKILL.md", "run.py"]
    assert (taken.name, taken.publisher, taken.pinned) == ("pdf-1-0", "127.0.0.1", False)


async def test_one_file_is_a_package_of_its_kind(place: Place) -> None:
    assert paths(await place.take(f"{place.base}/SKILL.md")) == ["SKILL.md"]
    assert paths(await place.take(f"{place.base}/helper.yaml", AGENT)) == ["helper.yaml"]
    assert await place.refusal(f"{place.base}/SKILL.md", AGENT) == "neither"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("page", "page"), ("404", "status"), ("401", "password"), ("broken.zip", "broken"), ("notes.txt", "neither")],
)
async def test_what_an_address_gives_instead_is_told(place: Place, name: str, reason: str) -> None:
    assert await place.refusal(f"{place.base}/{name}") == reason


async def test_servers_inside_that_nobody_listed_are_not_asked(place: Place) -> None:
    assert await place.refusal("https://169.254.169.254/a.zip") == "inside"
    assert await place.refusal("http://example.org/a.zip") == "open_line"


async def test_what_is_attached_is_taken_as_it_is(place: Place) -> None:
    files = {"pdf.zip": zipped({"SKILL.md": TEXT})}

    for source in ("attached:pdf.zip", "attached:", "pdf.zip"):
        taken = await place.take(source, attached=files)
        assert (paths(taken), taken.source, taken.pinned) == (["SKILL.md"], "attached:pdf.zip", True)
    assert await place.refusal("attached:other.zip", attached=files) == "not_attached"


async def test_a_path_is_of_this_machine_only_at_its_terminal(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "pdf"
    folder.mkdir()
    (folder / "SKILL.md").write_bytes(TEXT)

    at_terminal = await place.take("./pdf", is_terminal=True, folder=tmp_path)

    assert (paths(at_terminal), at_terminal.name, at_terminal.source) == (["SKILL.md"], "pdf", str(folder))
    assert await place.refusal(str(folder)) == "no_paths"
    assert await place.refusal("./other", is_terminal=True, folder=tmp_path) == "unreadable"


async def test_a_path_in_a_chat_stays_inside_the_workspace(place: Place, tmp_path: Path) -> None:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    for folder in (workspace / "pdf", outside):
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_bytes(TEXT)
    (workspace / "out").symlink_to(outside)
    (workspace / "linked").mkdir()
    (workspace / "linked" / "SKILL.md").symlink_to(outside / "SKILL.md")
    (workspace / "pdf.zip").write_bytes(zipped({"pdf/SKILL.md": TEXT}))

    assert paths(await place.take("./pdf", workspace=workspace)) == ["SKILL.md"]
    assert paths(await place.take("pdf.zip", workspace=workspace)) == ["SKILL.md"]
    assert await place.refusal("../outside", workspace=workspace) == "outside"
    assert await place.refusal("./out", workspace=workspace) == "outside"
    assert await place.refusal("./linked", workspace=workspace) == "link"


async def test_a_repository_is_pinned_by_a_commit_and_told_by_its_tag(tmp_path: Path) -> None:
    commits = repository(tmp_path)
    async with git_host(tmp_path) as server, Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress:
        sources, url = Sources(egress), f"http://127.0.0.1:{server.port}/team/skills.git"
        tagged = await sources.take(f"git+{url}@v1.0#pdf", SKILL, where=Where())
        exact = await sources.take(f"git+{url}@{commits['second']}#pdf", SKILL, where=Where())
        all_of_it = await sources.take(f"git+{url}@{commits['second']}", SKILL, where=Where())

    assert (tagged.name, tagged.version, tagged.pinned, tagged.commit) == ("pdf", "v1.0", False, commits["first"])
    assert (exact.pinned, exact.source) == (True, f"git+{url}@{commits['second']}#pdf")
    assert "big/model.bin" in all_of_it.notes[0].said("zh")
