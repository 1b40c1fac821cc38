"""The image and what runs it: its steps replayed in a bare folder, its files held against one another."""

import asyncio
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gateway.settings.model import ROOT, VARIABLES
from gateway.settings.sources import examine

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
READY_SECONDS = 60


def steps(word: str) -> list[str]:
    """What follows each instruction of that name, lines that go on joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{word} (.*)$", joined, flags=re.MULTILINE)


def ignored() -> list[str]:
    return [
        line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
    ]


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """The folder that the image has, from the files that its build takes, in the environment that is there already."""
    inside = tmp_path / "nexora"
    inside.mkdir()
    for step in steps("COPY"):
        if step.startswith("--from"):
            continue
        *sources, target = shlex.split(step)
        for source in sources:
            assert f"!{source}" in ignored(), "the build is not given what it copies"
            place = inside / target if len(sources) == 1 and target != "./" else inside / source
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    for folder, _, _ in os.walk(inside):
        Path(folder).chmod(0o555)
    yield inside
    for folder, _, _ in os.walk(inside):
        Path(folder).chmod(0o755)


async def test_what_the_image_holds_is_enough_to_serve_and_its_health_check_says_so(
    image: Path, dsn: str, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{image}:{sysconfig.get_path('purelib')}",
        "NEXORA_HOME": str(tmp_path / "data"),
        "NEXORA_DB_URL": dsn,
        "NEXORA_PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Without `site` the environment knows nothing of this checkout, so that only what was copied is there.
    command = [sys.executable, "-S", "-P", "-m", "gateway", *shlex.split(steps("CMD")[-1].strip("[]"))]
    gateway = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await is_healthy(environment):
                assert gateway.returncode is None, (await gateway.stderr.read()).decode()
                await asyncio.sleep(0.2)
        gateway.send_signal(signal.SIGTERM)
        async with asyncio.timeout(READY_SECONDS):
            await gateway.communicate()
        assert gateway.returncode == 0
        assert not await is_healthy(environment)
    finally:
        if gateway.returncode is None:
            gateway.kill()
            await gateway.wait()


async def is_healthy(environment: dict[str, str]) -> bool:
    """What the image's own health check says."""
    check = re.search(r"CMD (\[.*\])", steps("HEALTHCHECK")[0])
    program, *arguments = yaml.safe_load(check[1])
    assert program == "/opt/nexora-env/bin/python"
    ran = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    return await ran.wait() == 0


def test_the_image_has_no_fault_that_a_linter_finds() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        pytest.fail("hadolint is missing from the environment")
    if linter is None:
        pytest.skip("hadolint is not made for this machine")
    ran = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("", 0)


def test_every_name_in_the_compose_file_leads_somewhere() -> None:
    services, secrets = COMPOSE["services"], COMPOSE["secrets"]
    for service in services.values():
        assert set(service.get("secrets", [])) <= set(secrets)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", [])) <= set(services)
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume
    gateway = services["gateway"]
    assert (DEPLOY / gateway["build"]["context"] / gateway["build"]["dockerfile"]).is_file()
    variables = {name for name in gateway["environment"] if name.startswith("NEXORA_")} - {"NEXORA_CONFIG"}
    assert variables <= set(VARIABLES)
    assert "ports" not in gateway, "only the proxy is open to others"
    assert "ports" not in services["database"]


def test_the_secrets_are_made_once_and_are_those_that_compose_and_the_settings_name(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "container-secrets", tmp_path)
    made = subprocess.run([tmp_path / "container-secrets"], capture_output=True, text=True, check=True)
    folder = tmp_path / "secrets"
    named = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}

    assert {each.name for each in folder.iterdir()} == named
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "master_key" in made.stderr
    again = subprocess.run([tmp_path / "container-secrets"], capture_output=True, text=True, check=False)
    assert (again.returncode, "already" in again.stderr) == (1, True)

    settings = (DEPLOY / "container.yaml").read_text(encoding="utf-8").replace("/run/secrets", str(folder))
    config = tmp_path / "nexora.yaml"
    config.write_text(settings, encoding="utf-8")
    configuration, problems = examine({"NEXORA_CONFIG": str(config)})
    assert problems == []
    password = (folder / "database_password").read_text()
    assert configuration.settings.dsn == f"postgresql://nexora:{password}@database/nexora"
    assert configuration.settings.keys.master
    mounted = {volume.split(":")[1] for volume in COMPOSE["services"]["gateway"]["volumes"]}
    for place in (configuration.settings.agents.folder, configuration.settings.approvals.policy):
        assert f"/etc/nexora/{place.relative_to(tmp_path)}" in mounted
    subnet = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert [str(network) for network in configuration.settings.server.trusted_proxies] == [subnet]
