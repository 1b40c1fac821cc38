"""`nexora check --online` on every fake platform: what is right is taken, what is wrong told in its own words."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.models.providers.settings import ModelSettings
from channels.running import catalogue
from gateway.run.check import Row
from gateway.run.check_online import ask
from gateway.settings.model import ROOT, ChannelSettings, Configuration, ServerSettings, Settings
from tests.contract.asked import needs
from tests.contract.drivers import Power
from tests.contract.stage import Stage
from tests.platforms.certificates import Authority
from tests.platforms.mattermost.server import TOKEN, FakeMattermost
from tests.platforms.model import FakeModel


async def row_of(stage: Stage, options: Mapping[str, Any]) -> Row:
    """What is said of the platform with these settings; the models only rehearse."""
    given = catalogue.load(stage.kind).Options.model_validate(options)
    settings = Settings(models=ModelSettings(use=("rehearsal",)), server=ServerSettings(public_url=stage.url))
    channels = {"here": ChannelSettings(kind=stage.kind, options=given)}
    rows = {row.what: row for row in await ask(Configuration(settings=settings, channels=channels))}
    assert [row.is_well for what, row in rows.items() if what.startswith("model rehearsal")] == [True]
    return rows["channel here"]


@needs(Power.CREDENTIALS)
async def test_what_the_platform_takes_is_well(stage: Stage) -> None:
    row = await row_of(stage, stage.driver.options(stage.mode))

    assert row.is_well, row.says
    assert row.says == "online: the platform takes these settings"


@needs(Power.CREDENTIALS)
async def test_what_the_platform_refuses_is_wrong_in_its_own_words(stage: Stage) -> None:
    row = await row_of(stage, stage.driver.wrong_options(stage.mode))

    assert not row.is_well
    assert stage.driver.refusal in row.says


async def of_model(fake: FakeModel, key: str) -> Row:
    given = {"use": ["fake/fake-1"], "attempts": 1}
    given["providers"] = {"fake": {"base_url": fake.url, "api_key": key}}
    settings = Settings(models=ModelSettings.model_validate(given))
    [row] = [row for row in await ask(Configuration(settings=settings)) if row.what == "model fake/fake-1"]
    return row


async def test_a_model_is_asked_and_its_refusal_told_in_the_providers_words() -> None:
    async with FakeModel() as fake:
        right = await of_model(fake, fake.key)
        wrong = await of_model(fake, "sk-wrong")

    assert (right.is_well, right.says) == (True, f"online: it answers; fake/fake-1 is asked at {fake.url}")
    assert not wrong.is_well
    assert "Incorrect API key" in wrong.says


async def test_a_model_that_is_not_there_is_told() -> None:
    async with FakeModel() as fake:
        url, key = fake.url, fake.key
    settings = ModelSettings.model_validate(
        {"use": ["gone/m"], "attempts": 1, "providers": {"gone": {"base_url": url, "api_key": key}}}
    )
    rows = await ask(Configuration(settings=Settings(models=settings)))

    assert [row.what for row in rows if not row.is_well] == ["model gone/m"]


def run(home: Path, text: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command itself."""
    (home / "nexora.yaml").write_text(text, encoding="utf-8")
    known = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return subprocess.run(
        [sys.executable, "-m", "gateway", "check", "--online"],
        env={**known, "NEXORA_HOME": str(home), "NEXORA_CONFIG": str(home / "nexora.yaml"), **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_command_prints_a_line_for_each_and_its_code_tells(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    fake = FakeMattermost(tls=authority.door(tmp_path, names_its_issuer=False))
    await fake.start()
    channel = f'{{kind: mattermost, url: "{fake.base}", tls: {{strict: false}}, token: '
    right = f"models: {{use: [rehearsal]}}\nchannels:\n  chat: {channel}{TOKEN}}}\n"
    wrong = f"{right}  other: {channel}{'wrong' * 5}}}\n"
    trusting = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    try:
        well = await asyncio.to_thread(run, tmp_path, right, **trusting)
        ill = await asyncio.to_thread(run, tmp_path, wrong, **trusting)
    finally:
        await fake.stop()

    assert (well.returncode, well.stdout.count("online: ")) == (0, 2), well.stdout + well.stderr
    assert "Everything is well." in well.stdout
    assert ill.returncode == 1
    [said] = [line for line in ill.stdout.splitlines() if line.startswith("WRONG")]
    assert said.split()[:3] == ["WRONG", "channel", "other"]
    assert "Invalid or expired session, please login again. (401)" in said
