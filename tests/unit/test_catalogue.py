"""Kinds of channel are found by name, and cost nothing until they are used."""

import subprocess
import sys

import pytest

from channels import options
from channels.running import catalogue

BUILD = """
import asyncio, sys
from datetime import UTC, datetime
import aiohttp
from channels.running import catalogue
from channels.base import Surroundings

assert "telegram" in catalogue.kinds()
adapter = catalogue.load("telegram")
settings = adapter.Options(token="123456789:A")
assert not {name for name in sys.modules if name.split(".")[0] in {"telegram", "slack_bolt", "slack_sdk"}}

async def main():
    async with aiohttp.ClientSession() as http:
        channel = adapter.build("tg", settings, Surroundings(http=http, now=lambda: datetime.now(UTC)))
        print(channel.name, "telegram" in sys.modules, "httpx" in sys.modules)

asyncio.run(main())
"""


def test_every_kind_has_settings_and_a_way_to_build_it() -> None:
    for kind in catalogue.kinds():
        adapter = catalogue.load(kind)

        assert issubclass(adapter.Options, options.ChannelOptions)
        assert callable(adapter.build)


def test_the_vocabulary_is_no_kind_of_channel() -> None:
    assert not {"base", "messages", "options", "catalogue", "split", "supervisor"} & set(catalogue.kinds())


def test_an_unknown_kind_is_answered_with_what_was_probably_meant() -> None:
    with pytest.raises(catalogue.UnknownChannelKind, match="did you mean telegram"):
        catalogue.load("telegramm")
    with pytest.raises(catalogue.UnknownChannelKind, match="known kinds: "):
        catalogue.load("fax")


def test_no_sdk_loads_before_a_channel_is_built_and_httpx_never() -> None:
    done = subprocess.run([sys.executable, "-c", BUILD], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["tg", "True", "False"]
