"""The documents say what the code does: variables, channels, traits, commands, tags, errors; and no link leads nowhere.

That the example shows every setting is held by `unit/test_settings.py`, that the list of commands is whole by
`unit/commands`; here is what stands between the pages and the code.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from agents.models.providers.known import PROVIDERS
from channels.base import Rate, Traits
from channels.running import catalogue
from channels.text.grammar import names_in_all
from gateway.commands.table import TABLE
from gateway.run.cli import build_parser
from gateway.settings.model import OTHER_VARIABLES, VARIABLES, Settings
from governance.people.people import Origin

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh.md")
PAGES = [ROOT / name for name in READMES] + sorted((ROOT / "docs").rglob("*.md"))
PRODUCT = [path for floor in ("gateway", "agents", "governance", "channels") for path in (ROOT / floor).rglob("*.py")]
FENCE = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
SETTING = re.compile(r"#(?=\w|  +\w+:)")
"""A line of an example that sets something."""
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
TAG = re.compile(r"`([a-z]+:[a-z_]+:[a-z_]+)`")
FOR_DEVELOPERS = {"NEXORA_TEST_REQUIRE_ALL"}
IN_THE_SCRIPT = {"bench", "bundle", "test"}
"""Commands of `./nexora` that need no gateway and stand in the script itself."""


def text_of(place: str | Path) -> str:
    return (ROOT / place).read_text(encoding="utf-8")


def names(pages: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in pages]


def anchors_of(page: Path) -> set[str]:
    """The fragments that lead to the headings of a page, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, target: str) -> bool:
    place, _, fragment = target.partition("#")
    found = (page.parent / place).resolve() if place else page
    if not found.is_relative_to(ROOT) or not found.exists():
        return True
    return bool(fragment) and fragment not in anchors_of(found)


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_inside_the_documents_leads_somewhere(page):
    inside = [target for target in LINK.findall(FENCE.sub("", text_of(page))) if "://" not in target]

    assert [target for target in inside if leads_nowhere(page, target)] == []


def test_every_page_can_be_reached_from_the_readme():
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.is_dir() and page.is_relative_to(ROOT / "docs"):
            waiting += page.glob("*.md")
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [(page.parent / target.partition("#")[0]).resolve() for target in LINK.findall(text_of(page))]

    assert names([page for page in PAGES if page not in reached]) == []


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_no_page_names_a_machine_or_a_registry(page):
    text = text_of(page)
    hosts = re.findall(r"p[y]pi\.org|pythonh[o]sted|npm[j]s|d[o]cker\.io|gh[c]r\.io|deb\.d[e]bian|cr[a]tes\.io", text)
    paths = re.findall(r"(?<![\w./])/(?:work|home|Users|tmp)/\w+", text)

    assert hosts + paths == []


# Commands of the shell


def commands_of_the_program() -> set[str]:
    listed = build_parser().format_help()
    return set(re.findall(r"^    (\w+)(?: |$)", listed, flags=re.MULTILINE))


def test_the_two_commands_of_the_readme_exist():
    script = text_of("nexora")

    assert "up" in commands_of_the_program()
    assert all(re.search(rf"^    {name}\)$", script, flags=re.MULTILINE) for name in IN_THE_SCRIPT)
    assert all(f"./nexora {name}" in text_of(readme) for readme in READMES for name in ("up", "test"))


def test_every_command_that_a_page_tells_to_type_exists():
    known = commands_of_the_program() | IN_THE_SCRIPT
    typed = {
        (name, command)
        for name, page in zip(names(PAGES), PAGES, strict=True)
        for command in re.findall(r"(?:`|^|\s)(?:\./)?nexora (\w+)(?=[`\s].*)", code_in(text_of(page)), re.MULTILINE)
    }

    assert {command for _, command in typed} >= {"up", "test", "check", "link", "user"}
    assert sorted(f"{page}: nexora {command}" for page, command in typed if command not in known) == []


def code_in(text: str) -> str:
    """What is set as code, fenced or not, each on a line of its own."""
    fenced = [found.group() for found in FENCE.finditer(text)]
    return "\n".join([*fenced, *(f"`{code}`" for code in CODE.findall(FENCE.sub("", text)))])


# Settings


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_names_every_environment_variable(readme):
    text = text_of(readme)
    keys = {key for provider in PROVIDERS.values() for key in provider.keys}

    assert len(keys) > 5
    assert (
        sorted(name for name in {*VARIABLES, *OTHER_VARIABLES} - FOR_DEVELOPERS | keys if f"`{name}`" not in text) == []
    )


def test_no_page_names_a_variable_that_nothing_reads():
    used = text_of("nexora") + text_of(".ci/run") + "".join(map(text_of, PRODUCT))
    named = {name for page in PAGES for name in re.findall(r"\bNEXORA_[A-Z_]+\b", text_of(page))}

    assert sorted(name for name in named if name not in used and name not in OTHER_VARIABLES) == []


def settings_below(model: type[BaseModel], place: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{place}.{name}".lstrip(".")
        yield here
        for inner in (field.annotation, *get_args(field.annotation)):
            if inspect.isclass(inner) and issubclass(inner, BaseModel):
                yield from settings_below(inner, here)


def test_every_setting_that_a_page_names_exists():
    known = set(settings_below(Settings))
    groups = "|".join(sorted(name for name in Settings.model_fields if name not in {"channels", "language"}))
    named = {
        (name, setting)
        for name, page in zip(names(PAGES), PAGES, strict=True)
        for setting in re.findall(rf"`((?:{groups})\.[a-z_.]+)(?:: [^`]*)?`", text_of(page))
        if not setting.endswith((".py", ".yaml", ".sql"))
    }

    assert {setting for _, setting in named} >= {"models.use", "server.trusted_proxies", "sandbox.level"}
    assert sorted(f"{page}: {setting}" for page, setting in named if setting not in known) == []


def test_both_examples_show_the_same_settings():
    """Whoever adds a setting explains it in both, for what a Chinese administrator reads must be whole."""
    english, chinese = (
        [line for line in text_of(f"config/nexora.example{suffix}.yaml").splitlines() if SETTING.match(line)]
        for suffix in ("", ".zh")
    )

    assert len(english) > 100
    assert english == chinese


# Channels


def shown(value: object) -> str:
    """A trait as the table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Rate):
        return f"{value.count} in {value.seconds:g} s"
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def declared(kind: str) -> Traits:
    package = importlib.import_module(f"channels.{kind}")
    source = package if hasattr(package, "TRAITS") else importlib.import_module(f"channels.{kind}.adapter")
    found: Any = source.TRAITS
    assert isinstance(found, Traits)
    return found


def table_rows(page: str) -> Iterator[list[str]]:
    for line in text_of(page).splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("kind", catalogue.kinds())
@pytest.mark.parametrize("suffix", ["", ".zh"])
def test_the_page_of_a_channel_shows_every_trait_as_declared(kind, suffix):
    told = {row[0].strip("`"): row[1] for row in table_rows(f"docs/channels/{kind}{suffix}.md") if len(row) == 2}
    true = {name: shown(getattr(declared(kind), name)) for name in Traits.__dataclass_fields__}

    assert {name: told.get(name) for name in true} == true


def test_every_trait_is_explained():
    page = text_of("docs/channels.md")

    assert [name for name in Traits.__dataclass_fields__ if f"`{name}`" not in page] == []


@pytest.mark.parametrize("kind", catalogue.kinds())
@pytest.mark.parametrize("suffix", ["", ".zh"])
def test_each_channel_has_a_page_that_names_each_of_its_settings(kind, suffix):
    page = text_of(f"docs/channels/{kind}{suffix}.md")
    options = catalogue.load(kind).Options.model_fields

    assert [name for name in options if f"`{name}`" not in page] == []


# Chat commands


def test_every_command_in_chat_that_a_page_names_exists():
    known = {name for command in ("help", *(each.name for each in TABLE)) for name in names_in_all(command)}
    botfather = {"newbot", "setjoingroups", "setprivacy", "token"}
    others = {"invite", "name", "nexora", "命令"}
    named = {
        (name, command)
        for name, page in zip(names(PAGES), PAGES, strict=True)
        for command in re.findall(r"`(?:@\w+ |/nexora )?/([a-z]+|[\u4e00-\u9fff]+)(?=[ `@])", text_of(page))
    }

    assert {command for _, command in named} >= {"approve", "deny", "grants", "link", "stop", "批准", "授权列表"}
    places = {"root", "tmp"}
    strange = {(page, name) for page, name in named if name not in known | botfather | others | places}
    assert sorted(f"{page}: /{name}" for page, name in strange) == []


def test_every_command_in_chat_is_documented_with_its_usage():
    page = text_of("docs/commands.md").replace("\\|", "|")

    assert [command.name for command in TABLE if f"`{command.usage('en')}`" not in page] == []


# The record


def tags_built() -> Iterator[tuple[str, re.Pattern[str]]]:
    """A pattern for each place at which a line of the record is made."""
    sources = "|".join(get_args(Origin.__dataclass_fields__["source"].type))
    for path in PRODUCT:
        for node in ast.walk(ast.parse(text_of(path))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            if called.endswith(".event") and node.args and isinstance(node.args[0], ast.Constant):
                yield place, re.compile(rf"(?:{sources}):{node.args[0].value}")
            elif called.rpartition(".")[2] == "Event":
                told = next((word.value for word in node.keywords if word.arg == "tag"), None)
                yield from ((place, pattern) for pattern in patterns(told))


def patterns(tag: ast.expr | None) -> Iterator[re.Pattern[str]]:
    if isinstance(tag, ast.IfExp):
        yield from (*patterns(tag.body), *patterns(tag.orelse))
    elif isinstance(tag, ast.Constant):
        yield re.compile(re.escape(tag.value))
    elif isinstance(tag, ast.JoinedStr) and isinstance(tag.values[0], ast.Constant):
        pieces = [re.escape(one.value) if isinstance(one, ast.Constant) else "[a-z_]+" for one in tag.values]
        yield re.compile("".join(pieces))


def test_every_tag_that_the_code_makes_is_documented_and_no_other():
    made = list(tags_built())
    documented = {tag for row in table_rows("docs/governance.md") for tag in TAG.findall(row[0])}
    silent = [f"{place} {tag.pattern}" for place, tag in made if not any(map(tag.fullmatch, documented))]
    invented = {tag for tag in documented if not any(pattern.fullmatch(tag) for _, pattern in made)}

    assert len(made) > 30
    assert silent == []
    assert sorted(invented) == []


# Architecture and decisions


def errors_in_the_code() -> set[tuple[str, str, str]]:
    """Each error of ours: its name, the one it is a kind of, and where it lives. Those of adapters are their own."""
    adapters = {ROOT / "channels" / kind for kind in catalogue.kinds()}
    classes = [
        (node.name, [ast.unparse(base).rpartition(".")[2] for base in node.bases], path)
        for path in PRODUCT
        if adapters.isdisjoint(path.parents)
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.ClassDef)
    ]
    found: set[tuple[str, str, str]] = set()
    kinds = {"NexoraError"}
    for _ in classes:
        deeper = {
            (name, next(base for base in bases if base in kinds), path.relative_to(ROOT).with_suffix("").as_posix())
            for name, bases, path in classes
            if kinds.intersection(bases)
        }
        if deeper == found:
            break
        found, kinds = deeper, {"NexoraError", *(name for name, _, _ in deeper)}
    return found


def errors_as_drawn() -> Iterator[tuple[str, str, str]]:
    fences = (found.group() for found in FENCE.finditer(text_of("docs/architecture.md")))
    above: list[str] = []
    for line in next(each for each in fences if "NexoraError " in each).splitlines()[1:-1]:
        name, place = line.split()
        depth = (len(line) - len(line.lstrip())) // 2
        above[depth:] = [name]
        if depth:
            yield name, above[depth - 1], place


def test_the_tree_of_errors_is_drawn_as_it_is():
    drawn = list(errors_as_drawn())

    assert len(drawn) == len(set(drawn)) > 30
    assert set(drawn) == errors_in_the_code()


def test_every_room_of_the_architecture_exists():
    missing, seen = [], 0
    for row in table_rows("docs/architecture.md"):
        floor = ""
        for name in CODE.findall(row[0]):
            floor, _, room = name.rpartition("/") if name.count("/") and not name.endswith("/") else (floor, "", name)
            path = ROOT / floor / room
            seen += 1
            missing += [] if path.is_dir() or path.with_suffix(".py").is_file() else [f"{floor}/{room}"]

    assert seen > 40
    assert missing == []


def test_every_room_is_named_by_the_architecture():
    """A folder with code in it stands in the table of rooms; those of adapters do all at once."""
    named = {name.rstrip("/") for row in table_rows("docs/architecture.md") for name in CODE.findall(row[0])}
    adapters = tuple(f"channels/{kind}" for kind in catalogue.kinds())
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for floor in ("gateway", "agents", "governance", "channels")
        for path in (ROOT / floor).rglob("*.py")
        if not path.is_relative_to(ROOT / "agents/skills/built_in")
    }
    flat = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for floor in ("gateway", "agents", "governance")
        for path in (ROOT / floor).glob("*.py")
        if not path.stem.startswith("__")
    }

    assert {folder for folder in folders if "/" in folder and not folder.startswith(adapters)} - named == set()
    assert flat - named == set()


def test_each_decision_says_why_and_what_was_given_up():
    pages = [page for page in PAGES if page.parent.name == "decisions" and page.name != "README.md"]
    index = text_of("docs/decisions/README.md")
    short = [
        page.name
        for page in pages
        if f"({page.name})" not in index
        or any(part not in text_of(page) for part in ("**Decided.**", "**Why", "**What was given up.**"))
    ]

    assert len(pages) >= 8
    assert short == []


def test_each_entry_of_the_changelog_begins_with_its_part():
    entries = re.findall(r"^- (.*)$", text_of("docs/changelog.md"), flags=re.MULTILINE)

    assert entries
    assert [entry for entry in entries if not re.match(r"[a-z][a-z -]*: \S", entry)] == []
