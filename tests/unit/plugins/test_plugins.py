"""Plugins: read as values, loaded only as approved, never in the place of what is there, never the end of a start."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from agents.plugins.loading import load, taken_names
from agents.plugins.package import PLUGIN, plugin_package, read_plugin
from agents.plugins.plugins import Plugins
from agents.plugins.refused import PluginRefused
from agents.tools.tool import ToolContext
from governance.packages.package import FILE_MODE, Package, PackageFile
from governance.people.people import Person, Role
from governance.values.verdicts import Effect
from tests.platforms.wheels import CODE, wheel

ALICE = Person(id=UUID(int=1), name="alice", role=Role.OPERATOR)


def packed(name: str, **how) -> Package:
    return plugin_package(wheel(name, **how), own=name)


def names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def refusal(package) -> str:
    with pytest.raises(PluginRefused) as caught:
        read_plugin(package())
    assert caught.value.said("zh") != caught.value.said("en")
    return caught.value.reason


@pytest.fixture(autouse=True)
def path_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("tried_"):
            del sys.modules[name]


async def test_the_tools_of_a_plugin_bear_its_name_and_ask_unless_they_say_what_they_do(tmp_path: Path) -> None:
    plugins = Plugins(tmp_path / "plugins")

    assert await plugins.add("tried-one", packed("tried-one")) is None
    double, shout = await plugins.tools_for("helper", ALICE)

    assert (double.name, double.effect, double.server) == ("tried-one__double", Effect.NONE, "tried-one")
    assert (shout.name, shout.effect) == ("tried-one__shout", Effect.UNKNOWN)
    context = ToolContext(person=ALICE, agent="helper", conversation="c", workspace=tmp_path)
    assert (await double.run(context, {"number": 4})).text == "8"


async def test_what_is_removed_is_offered_no_longer_and_rules_decide_who_is_offered_it(tmp_path: Path) -> None:
    async def only_helper(plugin: str, agent: str, _: Person) -> bool:
        return (plugin, agent) == ("tried-two", "helper")

    plugins = Plugins(tmp_path, only_helper)
    await plugins.follow({"tried-two": packed("tried-two")})
    assert len(await plugins.tools_for("helper", ALICE)) == 2
    assert await plugins.tools_for("other", ALICE) == []

    await plugins.follow({})

    assert await plugins.tools_for("helper", ALICE) == []
    assert "tried_two" in sys.modules  # until a restart


async def test_a_plugin_that_fails_is_told_with_its_last_line_and_others_go_on(tmp_path: Path) -> None:
    plugins = Plugins(tmp_path)
    broken = packed("tried-broken", code="raise RuntimeError('no weather today')")

    await plugins.follow({"tried-broken": broken, "tried-three": packed("tried-three")})

    assert list(plugins.loaded) == ["tried-three"]
    assert "RuntimeError: no weather today" in plugins.problems["tried-broken"].said("en")
    assert "tried_broken" not in sys.modules


async def test_a_plugin_whose_import_does_not_end_is_stopped_before_it_reaches_the_gateway(tmp_path: Path) -> None:
    plugin = read_plugin(packed("tried-slow", code="import threading\nthreading.Event().wait()"))

    with pytest.raises(PluginRefused) as caught:
        await load(plugin, tmp_path, seconds=0.3)

    assert caught.value.reason == "slow"
    assert "tried_slow" not in sys.modules


async def test_code_that_was_changed_on_the_disk_is_not_what_is_loaded(tmp_path: Path) -> None:
    package = packed("tried-four")
    place = tmp_path / package.digest
    place.mkdir()
    (place / "tried_four.py").write_text("raise SystemExit('stolen')")

    assert await Plugins(tmp_path).add("tried-four", package) is None
    assert (place / "tried_four.py").read_text() == CODE


async def test_code_that_nobody_approves_any_more_is_removed_at_the_next_start(tmp_path: Path) -> None:
    old, new = packed("tried-eight"), packed("tried-nine")
    await Plugins(tmp_path).add("tried-eight", old)
    (tmp_path / "notes").mkdir()

    await Plugins(tmp_path).follow({"tried-nine": new})

    assert names_in(tmp_path) == {"notes", new.digest}


@pytest.mark.parametrize("module", ["governance/__init__.py", "json.py", "aiohttp/__init__.py"])
async def test_nothing_that_is_there_is_ever_shadowed(tmp_path: Path, module: str) -> None:
    plugins = Plugins(tmp_path)

    problem = await plugins.add("tried-five", packed("tried-five", **{module: "x = 1"}))

    assert problem is not None
    assert problem.reason == "shadows"


async def test_another_version_of_what_is_in_memory_waits_for_a_restart(tmp_path: Path) -> None:
    plugins = Plugins(tmp_path)
    await plugins.add("tried-six", packed("tried-six"))

    problem = await plugins.add("tried-six", packed("tried-six", version="2.0", code=CODE + "\n"))

    assert problem is not None
    assert problem.reason == "restart"
    assert await plugins.tools_for("helper", ALICE) == []


def test_what_python_and_we_are_made_of_is_taken(tmp_path: Path) -> None:
    assert {"agents", "json", "sys", "aiohttp", "pydantic"} <= taken_names(tmp_path)


def test_what_is_no_plugin_is_refused_with_a_reason() -> None:
    assert refusal(lambda: packed("tried-none", offers="")) == "offers_nothing"
    assert refusal(lambda: packed("tried-kind", offers="[nexora.channels]\nX = tried_kind\n")) == "bad_name"
    assert refusal(lambda: packed("tried-hook", **{"x.pth": "import x"})) == "start_hook"
    assert refusal(lambda: plugin_package({"a-1.tar.gz": b""}, own="a")) == "no_wheel"
    assert refusal(lambda: plugin_package(wheel("tried-a"), own="tried-b")) == "lacks"
    assert refusal(lambda: Package(files=())) == "form"


def test_a_wheel_that_is_not_the_one_that_is_listed_is_refused() -> None:
    package, other = packed("tried-seven"), wheel("tried-seven", code=CODE + "#")
    name, content = next(iter(other.items()))
    changed = [file for file in package.files if file.path == PLUGIN]
    changed.append(PackageFile(path=name, mode=FILE_MODE, content=content))

    assert refusal(lambda: Package(files=tuple(changed))) == "differs"
    listed = json.loads(changed[0].content)
    assert [one["name"] for one in listed["distributions"]] == ["tried-seven"]
