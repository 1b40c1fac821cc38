"""Repositories taken over the network: from a real git server, and from hosts that want to harm or cannot serve."""

import asyncio
import hashlib
import random
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.capabilities.git_fetch import GitPlace, fetch_repository
from gateway.capabilities.git_pack import BLOB, COMMIT, TREE, GitObject, PackBroken, PackTooLarge, name_of, read_pack
from gateway.capabilities.reaching import Bounds
from gateway.capabilities.wrong import SourceWrong
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress
from governance.packages.refused import PackageRefused
from tests.platforms.git_host import commit, git, git_host, repository

ADVERTISED = "application/x-git-upload-pack-advertisement"
RESULT = "application/x-git-upload-pack-result"


@pytest.fixture(scope="module")
def commits(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("git")
    return {**repository(folder), "folder": str(folder)}


class Host:
    def __init__(self, server: TestServer, egress: Egress) -> None:
        self.egress = egress
        self.url = f"http://127.0.0.1:{server.port}/team/skills.git"

    async def fetch(self, *, bounds: Bounds = Bounds(), **place):  # noqa: B008
        return await fetch_repository(self.egress, GitPlace(url=self.url, **place), bounds)


@pytest.fixture
async def host(commits) -> AsyncIterator[Host]:
    async with (
        git_host(Path(commits["folder"])) as server,
        Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress,
    ):
        yield Host(server, egress)


def moved(place: str) -> web.Response:
    return web.Response(status=302, headers={"Location": place})


async def refusal(answer, **more) -> SourceWrong:
    """What is said of a host that answers so."""
    async with (
        git_host(Path("/nowhere"), answer) as server,
        Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress,
    ):
        with pytest.raises(SourceWrong) as caught:
            await Host(server, egress).fetch(**more)
    assert len(caught.value.said("zh")) > 10
    return caught.value


async def test_a_folder_of_a_tag_comes_with_its_files_and_their_modes(host: Host, commits) -> None:
    found = await host.fetch(ref="v1.0", folder="pdf")

    assert (found.commit, found.ref, found.is_tag) == (commits["first"], "v1.0", True)
    assert found.files == {"SKILL.md": (0o644, b"---\nname: pdf\n---\nRead.\n")}


async def test_a_commit_is_taken_by_its_whole_name_and_differences_are_resolved(host: Host, commits) -> None:
    found = await host.fetch(ref=commits["second"])

    assert found.commit == commits["second"]
    assert found.files["pdf/run.py"][0] == 0o755
    assert found.files["copy.txt"][1] == found.files["long.txt"][1] + b"more\n"
    assert found.elsewhere == ("big/model.bin",)


async def test_of_one_folder_only_its_files_come_where_the_host_can_leave_out_the_others(host: Host, commits) -> None:
    first = await host.fetch(ref=commits["second"], folder="pdf")
    few = Bounds(most_bytes=0)  # beside the megabyte of an envelope
    big = Path(commits["folder"]) / "work" / "big" / "video.bin"
    big.write_bytes(random.Random(1).randbytes(3 << 20))
    sha = commit(big.parent.parent, {}, "a video")
    git(big.parent.parent, "push", "-q", str(Path(commits["folder"], "team", "skills.git")), f"{sha}:refs/heads/video")

    assert (await host.fetch(ref="video", folder="pdf", bounds=few)).files == first.files
    with pytest.raises(SourceWrong) as caught:
        await host.fetch(ref="video", folder="big", bounds=few)
    assert caught.value.reason == "endless"


async def test_where_a_branch_ends_and_a_folder_begins_is_told_by_the_names_that_there_are(host: Host, commits) -> None:
    found = await host.fetch(joined="team/next/pdf/SKILL.md")

    assert (found.commit, found.ref, found.folder) == (commits["second"], "team/next", "pdf")
    assert sorted(found.files) == ["SKILL.md", "run.py"]


async def test_links_and_modules_are_refused_only_where_they_are_taken(host: Host) -> None:
    assert sorted((await host.fetch(folder="pdf")).files) == ["SKILL.md", "run.py"]
    with pytest.raises(PackageRefused) as link:
        await host.fetch(folder="links")
    with pytest.raises(SourceWrong) as module:
        await host.fetch(folder="modules")

    assert (link.value.reason, module.value.reason) == ("link", "module")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"ref": "nothing"}, "no_ref"),
        ({"joined": "nothing/pdf"}, "no_ref"),
        ({"folder": "no/such"}, "no_folder"),
        ({"folder": "links/out"}, "no_folder"),
        ({"ref": "0" * 40}, "host_says"),
    ],
)
async def test_what_is_not_there_is_told(host: Host, place, reason) -> None:
    with pytest.raises(SourceWrong) as caught:
        await host.fetch(**place)

    assert caught.value.reason == reason


async def test_a_repository_that_is_not_there_is_told(host: Host) -> None:
    host.url = host.url.replace("skills", "other")

    with pytest.raises(SourceWrong) as caught:
        await host.fetch()

    assert caught.value.reason == "no_repository"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (lambda: web.Response(status=401), "password"),
        (lambda: web.Response(status=500), "status"),
        (lambda: web.Response(text="<html>hello"), "no_repository"),
        (lambda: web.Response(body=b"zzzz", content_type=ADVERTISED), "garbled"),
        (lambda: web.Response(body=b"000eversion 1\n0000", content_type=ADVERTISED), "old_git"),
        (lambda: web.Response(body=b"0010ERR no money", content_type=ADVERTISED), "host_says"),
        (lambda: moved("http://169.254.169.254/latest"), "open_line"),
        (lambda: moved("https://169.254.169.254/latest"), "inside"),
    ],
)
async def test_a_host_that_is_no_git_server_is_told(response, reason) -> None:
    assert (await refusal(lambda _: response())).reason == reason


async def test_a_host_that_hangs_is_left() -> None:
    async def hangs(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    assert (await refusal(hangs, bounds=Bounds(seconds=0.2))).reason == "silent"


async def test_a_host_that_sends_without_end_is_left() -> None:
    async def floods(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("refs"):
            return web.Response(body=b"000eversion 2\n0000", content_type=ADVERTISED)
        response = web.StreamResponse(headers={"Content-Type": RESULT})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"\0" * 65_536)
        except ConnectionError:
            return response

    assert (await refusal(floods, ref="1" * 40, bounds=Bounds(most_bytes=1 << 20))).reason == "endless"


def packed(*entries: bytes, count: int | None = None) -> bytes:
    body = struct.pack(">4sII", b"PACK", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def entry(kind: int, size: int, content: bytes, between: bytes = b"") -> bytes:
    head, rest = [kind << 4 | size & 15], size >> 4
    while rest:
        head[-1] |= 0x80
        head.append(rest & 0x7F)
        rest >>= 7
    return bytes(head) + between + zlib.compress(content)


BASE = GitObject(BLOB, b"0123456789")
BASE_ENTRY = entry(BLOB, 10, BASE.content)


@pytest.mark.parametrize(
    "pack",
    [
        b"PACK",
        packed(BASE_ENTRY)[:-1] + b"x",
        packed(BASE_ENTRY, count=2),
        packed(BASE_ENTRY + b"more"),
        packed(entry(BLOB, 9, BASE.content)),
        packed(entry(BLOB, 11, BASE.content)),
        packed(entry(5, 1, b"x")),
        packed(entry(6, 3, b"\x0a\x01\x90", b"\x05")),
        packed(entry(7, 3, b"\x0a\x01\x90", b"?" * 20)),
        packed(BASE_ENTRY, entry(7, 4, b"\x0a\x05\x91\x08", name_of(BASE))),
        packed(BASE_ENTRY, entry(7, 3, b"\x0a\x01\x00", name_of(BASE))),
        packed(b"\x80" * 30),
    ],
)
def test_a_pack_that_is_broken_or_lies_is_refused(pack: bytes) -> None:
    with pytest.raises(PackBroken):
        read_pack(pack)


def test_a_pack_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    swells = b"\x0a" + b"\x80\x80\x80\x80\x01" + b"\x90\x0a"

    with pytest.raises(PackTooLarge):
        read_pack(packed(entry(BLOB, 1 << 28, b"\0")))
    with pytest.raises(PackTooLarge):
        read_pack(packed(BASE_ENTRY, entry(7, len(swells), swells, name_of(BASE))))
    with pytest.raises(PackTooLarge):
        read_pack(packed(count=1 << 30))


async def test_folders_that_hold_each_other_a_thousandfold_are_refused() -> None:
    """A few small objects can name more files than there are atoms."""
    one = GitObject(TREE, b"")
    objects = [one]
    for _ in range(12):
        lines = b"".join(b"40000 %02d\0" % number + name_of(one) for number in range(40))
        one = GitObject(TREE, lines)
        objects.append(one)
    last = GitObject(COMMIT, b"tree " + name_of(one).hex().encode() + b"\n\nbomb")
    pack = packed(*(entry(each.kind, len(each.content), each.content) for each in (*objects, last)))

    async def bomb(request: web.Request) -> web.Response:
        if request.path.endswith("refs"):
            return web.Response(body=b"000eversion 2\n0000", content_type=ADVERTISED)
        line = b"\x01" + pack
        return web.Response(body=b"000dpackfile\n%04x%b0000" % (len(line) + 4, line), content_type=RESULT)

    async with (
        git_host(Path("/nowhere"), bomb) as server,
        Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress,
    ):
        with pytest.raises(PackageRefused) as caught:
            await Host(server, egress).fetch(ref=name_of(last).hex())

    assert caught.value.reason == "entries"
