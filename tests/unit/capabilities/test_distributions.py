"""Plugins by the name of their distribution: what they need comes along, what we have does not; nothing is built."""

from pathlib import Path

import pytest

from agents.plugins.package import read_plugin
from agents.plugins.refused import PluginRefused
from gateway.capabilities.sources import Sources, Where
from gateway.capabilities.wrong import SourceWrong
from governance.egress.egress import Egress
from governance.values.capability_kinds import CapabilityKind
from tests.platforms.wheels import wheel

PLUGIN = CapabilityKind.PLUGIN


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of distributions in the place of an index, as pip's own settings name one."""
    folder = tmp_path / "index"
    folder.mkdir()
    needed = {**wheel("tried-sky", needs="tried-air aiohttp>=3"), **wheel("tried-air", offers="")}
    for name, content in needed.items():
        (folder / name).write_bytes(content)
    (folder / "tried_source-1.0.tar.gz").write_bytes(b"setup.py would run")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


async def test_a_distribution_comes_with_what_it_needs_beyond_ours(index: Path) -> None:
    taken = await Sources(Egress()).take("pypi:tried-sky==1.0", PLUGIN, where=Where())

    plugin = read_plugin(taken.package)
    assert [each.name for each in plugin.wheels] == ["tried-sky", "tried-air"]
    assert (taken.name, taken.version, taken.publisher, taken.pinned) == ("tried-sky", "1.0", "Somebody", False)
    assert sorted(plugin.tools) == ["double", "shout"]


async def test_a_wheel_that_is_attached_brings_what_it_needs(index: Path) -> None:
    name, content = next(iter(wheel("tried-sea", needs="tried-air").items()))

    taken = await Sources(Egress()).take("attached:", PLUGIN, where=Where(attached={name: content}))

    assert [each.name for each in read_plugin(taken.package).wheels] == ["tried-sea", "tried-air"]
    assert not taken.pinned


async def test_what_exists_as_source_alone_or_cannot_live_with_ours_is_refused(index: Path) -> None:
    for content in wheel("tried-old", needs="aiohttp<3").values():
        (index / "tried_old-1.0-py3-none-any.whl").write_bytes(content)
    for name in ("tried-source", "tried-old"):
        with pytest.raises(PluginRefused) as caught:
            await Sources(Egress()).take(f"pypi:{name}", PLUGIN, where=Where())
        assert caught.value.reason == "not_found"


async def test_only_plugins_are_distributions() -> None:
    with pytest.raises(SourceWrong) as caught:
        await Sources(Egress()).take("pypi:tried-sky", CapabilityKind.SKILL, where=Where())

    assert caught.value.reason == "only_plugins"
