"""What keeps the code as docs/contributing.md describes it: shapes, arrows, and what stands beside each channel."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import gateway
from channels.running import catalogue

ROOT = Path(__file__).parent.parent
FLOORS = ("gateway", "agents", "governance", "channels")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
WITHOUT_PLATFORM = {"console"}
"""Kinds that connect to no platform of somebody else, so that there is nothing to fake."""
OTHER_NAMES = {"lark"}
"""What platforms are called beside the names of their channels."""
MORE_THAN_NAMES = {"console", "email", "qq"}
"""Kinds whose names are words of everyday, or too short to look for."""
PLATFORM_NAMES = sorted((set(catalogue.kinds()) | OTHER_NAMES) - MORE_THAN_NAMES)
VAGUE = {"common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}
AUDIT_TAG = re.compile(r"""["']([a-z]+:[a-z_]+:[a-z_]+)["']""")
GENERAL = {"aiohttp", "cryptography", "pydantic", "structlog", "yarl"}
"""What any adapter may import; whatever else one imports is its SDK."""
SDK_HOMES = {
    "alembic": "migrations",
    "cronsim": "governance/schedules",
    "lark_oapi": "tests/unit/feishu",
    "litellm": "agents/models/wire/litellm",
    "markdown_it": "channels/shared/markdown",
    "mcp": "agents/mcp",
    "mcp_types": "agents/mcp",
    "openpyxl": "agents/files/documents",
    "pypdf": ("agents/files/documents", "governance/scanner/documents"),
    "segno": "gateway/upkeep",
    "sqlalchemy": "migrations",
    "tree_sitter": "governance/shell",
    "tree_sitter_bash": "governance/shell",
}
"""The one place of ours in which each SDK may be imported, or two where a lower floor reads the same; those of adapters
are found where they are imported."""


def sources(*folders: str) -> list[Path]:
    """Every Python file of those folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


PRODUCT = sources(*FLOORS, "migrations")
SCRIPTS = ROOT / "agents/skills/built_in"
"""Programs of skills, which run in the Python that commands have, with its packages."""
EVERYTHING = [*PRODUCT, *sources("tests")]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{path.relative_to(ROOT)}{line}"


def test_there_is_something_to_look_at():
    assert len(PRODUCT) > 30
    assert {path.relative_to(ROOT).parts[0] for path in PRODUCT} == {*FLOORS, "migrations"}


def test_no_file_is_longer_than_one_sitting():
    lines = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING}

    assert {path: count for path, count in lines.items() if count > MAX_FILE_LINES} == {}


def test_no_function_is_two_functions():
    long = [
        f"{place(path, node)} {node.name}"
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_every_file_says_what_it_is_for():
    silent = [place(path) for path in EVERYTHING if path.stat().st_size and not ast.get_docstring(tree(path))]

    assert silent == []


def test_files_are_named_after_what_they_hold():
    assert [place(path) for path in EVERYTHING if path.stem in VAGUE] == []


def test_one_class_name_means_one_thing():
    """Two adapters may call alike what does alike: `Sender`, `Connection`. Elsewhere a name is met in one file."""
    found: dict[str, set[str]] = {}
    for path in sources(*FLOORS):
        parts = path.relative_to(ROOT).parts
        is_adapter = parts[0] == "channels" and Path(parts[1]).stem in catalogue.kinds()
        for each in tree(path).body:
            if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
                found.setdefault(each.name, set()).add("an adapter" if is_adapter else str(path.relative_to(ROOT)))

    del found["Needs"]  # what a module of commands, pages or the API uses, in each of them
    assert {name: sorted(places) for name, places in found.items() if len(places) > 1} == {}


def test_nothing_is_left_to_be_done_by_a_comment():
    left = re.compile(r"#\s*(?:FIXME|HACK|TODO|XXX)\b")

    assert [place(path) for path in EVERYTHING if left.search(path.read_text(encoding="utf-8"))] == []


def is_broad(handler: ast.ExceptHandler) -> bool:
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or getattr(one, "id", "") in {"BaseException", "Exception"} for one in named)


def test_no_error_is_swallowed_unseen():
    swallowed = [
        place(path, node)
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and is_broad(node)
        and all(isinstance(statement, ast.Continue | ast.Pass) for statement in node.body)
    ]
    suppressed = [
        place(path, node)
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == "suppress"
        and any(getattr(argument, "id", "") in {"BaseException", "Exception"} for argument in node.args)
    ]

    assert swallowed + suppressed == []


def test_no_task_is_started_and_dropped():
    """A group or a supervisor holds its tasks; the loop itself holds only a weak reference."""
    dropping = re.compile(r"^(?:asyncio|.*loop(?:\(\))?)\.(?:create_task|ensure_future)$")
    dropped = [
        place(path, node)
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and dropping.match(ast.unparse(node.value.func))
    ]

    assert dropped == []


def imported(module: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """The first part of the name of everything imported, at the top or inside a function."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module.partition(".")[0]


@cache
def sdk_homes() -> dict[str, str]:
    """Each SDK with its one place; that of an adapter belongs to whichever kind comes first."""
    known = {*sys.stdlib_module_names, *FLOORS, *GENERAL, *SDK_HOMES}
    homes = dict(SDK_HOMES)
    for kind in catalogue.kinds():
        home = ROOT / "channels" / kind
        for path in sorted(home.rglob("*.py")) or [home.with_suffix(".py")]:
            for name in {name for _, name in imported(tree(path))} - known:
                homes.setdefault(name, f"channels/{kind}")
    return homes


def test_an_sdk_is_imported_in_its_own_place_only():
    homes = sdk_homes()
    strayed = [
        f"{place(path, node)} imports {name}"
        for path in PRODUCT
        for node, name in imported(tree(path))
        if name in homes
        and not path.is_relative_to(SCRIPTS)
        and not path.relative_to(ROOT).as_posix().startswith(homes[name])
    ]

    assert len(homes) > len(SDK_HOMES)
    assert strayed == []


def spoken(module: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """The names and texts of a program, without its docstrings."""
    statements = (node.body for node in ast.walk(module) if isinstance(getattr(node, "body", None), list))
    lone = {id(one.value) for body in statements for one in body if isinstance(one, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone:
            yield node, node.value
        elif isinstance(node, ast.Name):
            yield node, node.id
        elif isinstance(node, ast.Attribute):
            yield node, node.attr
        elif isinstance(node, ast.AsyncFunctionDef | ast.ClassDef | ast.FunctionDef):
            yield node, node.name


def test_nothing_outside_an_adapter_knows_its_platform():
    named = re.compile(rf"(?<![a-z])(?:{'|'.join(PLATFORM_NAMES)})(?![a-z])", re.IGNORECASE)
    outside = [
        path for path in PRODUCT if path.relative_to(ROOT).parts[:2][-1].removesuffix(".py") not in catalogue.kinds()
    ]
    knowing = [
        f"{place(path, node)} {text[:60]!r}"
        for path in outside
        for node, text in spoken(tree(path))
        if named.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text))
    ]

    assert knowing == []


@pytest.mark.parametrize("kind", catalogue.kinds())
def test_a_channel_comes_with_a_fake_and_a_page(kind):
    fakes = [ROOT / "tests" / "platforms" / kind, ROOT / "tests" / "platforms" / f"{kind}.py"]

    assert kind in WITHOUT_PLATFORM or any(path.exists() for path in fakes), f"tests/platforms/{kind} is missing"
    assert (ROOT / "docs" / "channels" / f"{kind}.md").is_file()


def test_every_audit_tag_is_documented():
    page = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
    tags = {tag for path in PRODUCT for tag in AUDIT_TAG.findall(path.read_text(encoding="utf-8"))}

    assert sorted(tag for tag in tags if f"`{tag}`" not in page) == []


@pytest.mark.parametrize("name", [*FLOORS, "migrations"])
def test_our_packages_are_ours_alone(name):
    spec = importlib.util.find_spec(name)
    elsewhere = [
        entry for entry in sys.path if entry and Path(entry).resolve() != ROOT and (Path(entry) / name).exists()
    ]

    assert spec is not None
    assert Path(spec.origin).is_relative_to(ROOT)
    assert elsewhere == []
    assert not (ROOT / "tests" / name).exists(), "a test folder of that name would shadow the package"


def loaded_by(statement: str) -> set[str]:
    """The packages that a fresh Python has loaded after this statement."""
    program = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_command_line_loads_nothing_before_it_knows_what_to_do():
    assert loaded_by("import gateway.run.cli") & {"aiohttp", "asyncpg", "pydantic", "structlog", "yaml"} == set()


def test_starting_loads_nothing_that_is_not_needed_yet():
    """Every module of the product but the adapters and what is loaded on first use by name."""
    loaded = loaded_by("import gateway.run.check, gateway.run.serve, gateway.run.up")

    assert loaded & {*sdk_homes(), "openai"} == set()


def test_importing_an_adapter_loads_no_sdk():
    imports = "\n".join(f"import channels.{kind}" for kind in catalogue.kinds())

    assert loaded_by(imports) & set(sdk_homes()) == set()


def test_the_version_is_said_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert gateway.__version__ == project["version"]
