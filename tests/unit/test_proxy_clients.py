"""Real clients through a real proxy, by TLS: what is listed works without a question, and what is not is explained."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.layers import Layers
from agents.proxy import CommandProxies
from agents.sandbox import Sandbox
from agents.toolbox import toolbox
from agents.tools.tool import ToolContext, ToolResult
from governance.egress.egress import Egress
from governance.egress.hosts import LISTS, HostRule, NetworkReach, rules_of
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard
from governance.guard.policy import Policy
from governance.people.people import Person, Role
from governance.record.audit import Event
from governance.values.verdicts import Allowed, Ask, Effect, Verdict
from tests.conftest import unavailable
from tests.platforms.certificates import Authority
from tests.platforms.cgi import run_cgi
from tests.unit.proxy_stage import Names, a_sandbox, index, package

CODE, PACKAGES = "code.example.com", "pkgs.example.com"
ALICE = Person(id=UUID(int=7), name="alice", role=Role.OPERATOR)
PYTHON = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return a_sandbox()


def packed(folder: str, **files: str) -> bytes:
    """A compressed archive of those files below a folder, the same each time."""
    made = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name.replace('__', '/').replace('_', '.')}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


NODE = packed(
    "package",
    package_json=json.dumps({"name": "proxytest", "version": "1.0.0", "main": "index.js"}),
    index_js="module.exports = 'installed through the proxy'\n",
)
CRATE = packed(
    "proxytest-1.0.0",
    Cargo_toml='[package]\nname = "proxytest"\nversion = "1.0.0"\nedition = "2021"\n',
    src__lib_rs="pub fn word() {}\n",
)


async def packument(request: web.Request) -> web.Response:
    where = f"https://{request.host}/node/proxytest-1.0.0.tgz"
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(NODE).digest()).decode()}"
    version = {"name": "proxytest", "version": "1.0.0", "dist": {"tarball": where, "integrity": integrity}}
    return web.json_response({"name": "proxytest", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}})


async def node(_: web.Request) -> web.Response:
    return web.Response(body=NODE)


async def crates(request: web.Request) -> web.Response:
    return web.json_response({"dl": f"https://{request.host}/crates"})


async def crate_line(_: web.Request) -> web.Response:
    line = {"name": "proxytest", "vers": "1.0.0", "deps": [], "features": {}, "yanked": False}
    return web.Response(text=json.dumps({**line, "cksum": hashlib.sha256(CRATE).hexdigest()}))


async def crate(_: web.Request) -> web.Response:
    return web.Response(body=CRATE)


def a_repository(folder: Path) -> None:
    """A bare repository with one file, as `repo.git`."""
    work, bare = folder / "work", folder / "repo.git"
    work.mkdir()
    (work / "word.txt").write_text("cloned through the proxy\n")
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["clone", "-q", "--bare", ".", str(bare)]):
        subprocess.run(
            ["git", *who, *words], cwd=work, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
        )


@asynccontextmanager
async def serving(folder: Path, ca: Path) -> AsyncIterator[TestServer]:
    """A host of code and a registry of packages for Python, Node and Rust, on one port of this machine, by TLS."""

    async def git(request: web.Request) -> web.Response:
        return await run_cgi(request, ["git", "http-backend"], GIT_PROJECT_ROOT=str(folder), GIT_HTTP_EXPORT_ALL="1")

    authority = Authority()
    _keep(ca, authority.pem)
    app = web.Application()
    app.router.add_route("*", "/repo.git/{path:.*}", git)
    app.router.add_get("/simple/proxytest/", index)
    app.router.add_get("/files/{name}", package)
    app.router.add_get("/node/proxytest", packument)
    app.router.add_get("/node/proxytest-1.0.0.tgz", node)
    app.router.add_get("/index/config.json", crates)
    app.router.add_get("/index/pr/ox/proxytest", crate_line)
    app.router.add_get("/crates/proxytest/1.0.0/download", crate)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=authority.door(folder, (CODE, PACKAGES)))
    try:
        yield server
    finally:
        await server.close()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where an agent runs commands: they are judged, and then run with a proxy, as in life."""

    sandbox: Sandbox
    workspace: Path
    reach: NetworkReach
    reached: list[Event]

    async def judged(self, command: str) -> Verdict:
        async def reach_of(_: str, __: str) -> NetworkReach:
            return self.reach

        async def no_grant(_: ProposedCall) -> None:
            return None

        guard = Guard(Policy(), contained=True, find_grant=no_grant, protected=[], undoable=True, reach_of=reach_of)
        return await guard.judge(
            ProposedCall(
                person=ALICE,
                agent="builder",
                conversation="chat:1",
                tool="shell",
                arguments={"command": command, "network": True},
                effect=Effect.RUNS,
                subject="command",
                workspace=self.workspace,
            )
        )

    async def run(self, command: str) -> ToolResult:
        async def reach_of(_: str, __: str) -> NetworkReach:
            return self.reach

        async def record(_: ToolContext, events: Sequence[Event], __: Sequence[tuple[str, int, str]]) -> str:
            self.reached.extend(events)
            return ""

        names = Names(**{name.replace(".", "_"): "127.0.0.1" for name in (CODE, PACKAGES)})
        proxies = CommandProxies(reach_of=reach_of, record=record, resolver=names)
        layers = Layers(self.workspace.parent / "layers", self.sandbox)
        outgoing = self.workspace.parent / "outgoing"
        tools = toolbox(self.sandbox, Egress(), layers, outgoing=outgoing, proxies=proxies)
        tool = next(tool for tool in tools if tool.name == "shell")
        context = ToolContext(
            person=ALICE, agent="builder", conversation="chat:1", workspace=self.workspace, network=True
        )
        return await tool.run(context, {"command": command, "network": True})


@asynccontextmanager
async def desks(sandbox: Sandbox, top: Path, host: str, *more: str) -> AsyncIterator[tuple[Desk, Desk, str]]:
    """One whose agent has that host on its list, one whose agent has not, and the address of the host."""
    served, workspace = top / "served", top / "workspace"
    served.mkdir()
    workspace.mkdir()
    if host == CODE:
        a_repository(served)
    async with serving(served, workspace / "ca.pem") as server:
        listed = (HostRule(host=host, ports=(server.port,)), *rules_of(more, LISTS))
        desk = Desk(sandbox=sandbox, workspace=workspace, reach=NetworkReach(rules=listed), reached=[])
        other = Desk(
            sandbox=sandbox, workspace=workspace, reach=NetworkReach(rules=rules_of(["example.net"], {})), reached=[]
        )
        yield desk, other, f"{host}:{server.port}"


async def works(table: tuple[Desk, Desk, str], command: str, *, then: str, words: str, written: str = "") -> None:
    """Listed, it is free and does its work; unlisted, it asks, and run without that it says what was blocked.

    `written` is how people write the command, where this machine needs more words.
    """
    desk, other, place = table
    free, asks = await desk.judged(written or command), await other.judged(written or command)
    unlisted = await other.run(command)
    done = await desk.run(f"{command} && {then}")

    assert isinstance(free, Allowed), free
    assert isinstance(asks, Ask), asks
    assert not unlisted.ok
    assert f"Blocked: {place} (it is neither listed nor approved)" in unlisted.text
    assert f'call again with network=true and hosts=["{place}"]' in unlisted.text
    assert done.ok, done.text
    assert words in done.text
    assert {event.resource for event in desk.reached} == {place}


async def test_git_clones_from_a_listed_host(sandbox: Sandbox, tmp_path: Path):
    require_git()
    async with desks(sandbox, tmp_path, CODE) as table:
        place = table[2]
        await works(
            table,
            f"git -c http.sslCAInfo=ca.pem clone -q https://{place}/repo.git",
            then="cat repo/word.txt",
            words="cloned through the proxy",
        )


def require_git() -> None:
    if not shutil.which("git") or not Path(_output("git", "--exec-path"), "git-http-backend").exists():
        unavailable("there is no git with http-backend here")


def _keep(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("address", ["git@{host}:repo.git", "ssh://git@{host}:{port}/repo.git"])
async def test_git_over_ssh_reaches_only_a_host_that_is_listed_with_its_port(
    sandbox: Sandbox, tmp_path: Path, address: str
):
    """A server that greets as ssh does and hangs up: what matters is who was reached, and what is said."""
    require_ssh()
    heard: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-greeter\r\n")
        heard.append(await reader.readline())
        writer.write(b"Permission denied (publickey).\r\n")
        writer.close()

    workspace = tmp_path / "workspace"
    workspace.mkdir()
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1] if "{port}" in address else 22
        command = f"git clone -q {address.format(host=CODE, port=port)}"
        reach = NetworkReach(rules=(HostRule(host=CODE, ports=(port,)),))
        desk = Desk(sandbox=sandbox, workspace=workspace, reach=reach, reached=[])
        other = Desk(sandbox=sandbox, workspace=workspace, reach=NetworkReach(rules=rules_of([CODE], {})), reached=[])
        free, asks = await desk.judged(command), await other.judged(command)
        unlisted = await other.run(command)
        listed = await desk.run(command)

    assert isinstance(free, Allowed), free
    assert isinstance(asks, Ask), asks
    assert f"Blocked: {CODE}:{port}" in unlisted.text
    if port == 22:
        assert "ssh passes only where an admin lists the host with port 22; use an https:// address" in unlisted.text
        assert not heard, "nobody is at port 22 of this machine"
    else:
        assert heard
        assert heard[0].startswith(b"SSH-2.0-")
    assert not listed.ok


def require_ssh() -> None:
    if not shutil.which("git") or not shutil.which("ssh", path="/usr/local/bin:/usr/bin:/bin"):
        unavailable("there is no ssh where commands could see it")


async def test_a_command_that_ssh_refuses_for_want_of_a_key_is_told_what_to_use(sandbox: Sandbox, tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    desk = Desk(sandbox=sandbox, workspace=workspace, reach=NetworkReach(rules=rules_of([CODE], {})), reached=[])
    refused = await desk.run("echo 'git@code: Permission denied (publickey).' >&2; exit 255")

    assert "(ssh has no key here, and none is given to it: use an https:// address" in refused.text


async def test_pip_installs_from_a_listed_index(sandbox: Sandbox, tmp_path: Path):
    async with desks(sandbox, tmp_path, PACKAGES) as table:
        place = table[2]
        await works(
            table,
            f"{PYTHON} -m pip install -q --no-cache-dir --retries 0 --cert ca.pem --target lib "
            f"--index-url https://{place}/simple proxytest",
            then=f"PYTHONPATH=lib {PYTHON} -c 'import proxytest; print(proxytest.WORD)'",
            words="installed through the proxy",
            written=f"pip install --index-url https://{place}/simple proxytest",
        )


async def test_npm_installs_from_a_listed_registry(sandbox: Sandbox, tmp_path: Path):
    if not shutil.which("npm", path="/usr/local/bin:/usr/bin:/bin"):
        unavailable("there is no npm where commands could see it")
    async with desks(sandbox, tmp_path, PACKAGES) as table:
        place = table[2]
        await works(
            table,
            f"npm install --no-audit --no-fund --fetch-retries 0 --cafile ca.pem --registry https://{place}/node "
            "proxytest",
            then="node -p 'require(\"proxytest\")'",
            words="installed through the proxy",
        )


async def test_cargo_fetches_from_a_listed_registry(sandbox: Sandbox, tmp_path: Path):
    cargo = a_cargo()
    async with desks(sandbox, tmp_path, PACKAGES, "package registries") as table:
        desk, _, place = table
        shutil.copy(cargo, desk.workspace / "cargo")
        about = _output(str(cargo.with_name("rustc")), "-vV")
        (desk.workspace / "rustc").write_text(f"#!/bin/sh\ncat <<'END'\n{about}\nEND\n")
        (desk.workspace / "rustc").chmod(0o755)
        a_project(desk.workspace, f"sparse+https://{place}/index/")
        await works(
            table,
            "RUSTC=$PWD/rustc CARGO_HTTP_CAINFO=$PWD/ca.pem CARGO_NET_RETRY=0 "
            "./cargo vendor -q --respect-source-config",
            then="ls vendor/proxytest/src",
            words="lib.rs",
            written="cargo vendor",
        )


def a_cargo() -> Path:
    """A cargo that is not one of rustup's pointers, with the compiler beside it."""
    found = shutil.which("cargo")
    if found and shutil.which("rustup"):
        found = _output("rustup", "which", "cargo")
    if not found or not Path(found).with_name("rustc").is_file():
        unavailable("there is no cargo here")
    return Path(found).resolve()


def a_project(folder: Path, registry: str) -> None:
    """A project that needs one package, which it looks for in that registry."""
    package = '[package]\nname = "mine"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nproxytest = "1.0"\n'
    (folder / "Cargo.toml").write_text(package)
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").write_text("")
    (folder / ".cargo").mkdir()
    config = f'[source.crates-io]\nreplace-with = "own"\n[source.own]\nregistry = "{registry}"\n'
    (folder / ".cargo" / "config.toml").write_text(config)
