"""Calls as other assistants have taught them to models, brought into the form of our own tools."""

import json
import re
from pathlib import Path

import pytest

from agents import call_forms
from agents.call_forms.forms import formed, with_known_name
from agents.call_forms.other_names import nearest_tool
from agents.models.protocol import ToolCallRequest
from agents.tools.schema import filled
from tests.unit.every_tool import every_tool

WORKSPACE = Path("/nowhere/at/all")


TOOLS = every_tool()


def form(name: str, arguments, workspace: Path = WORKSPACE):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    request = with_known_name(ToolCallRequest(id="1", name=name, arguments=text), TOOLS)
    return request.name, formed(request, TOOLS[request.name], workspace)


@pytest.mark.parametrize(
    ("name", "arguments", "meant", "as_"),
    [
        ("Bash", {"cmd": "ls"}, "shell", {"command": "ls"}),
        ("functions.shell", {"command": ["ls", "a b"]}, "shell", {"command": "ls 'a b'"}),
        ("run_shell_command", {"command": ["bash", "-lc", "ls | wc"]}, "shell", {"command": "ls | wc"}),
        ("shell", {"command": "ls", "timeout": "30s"}, "shell", {"command": "ls", "timeout": 30}),
        ("shell", {"command": "ls", "timeout": "2m"}, "shell", {"command": "ls", "timeout": 120}),
        ("shell", {"command": "ls", "timeout_ms": 60_000}, "shell", {"command": "ls", "timeout": 60}),
        ("shell", {"command": "ls", "timeout": 600.0, "cwd": None}, "shell", {"command": "ls", "timeout": 600}),
        ("Read", {"file_path": "a", "offset": 5, "limit": 3}, "read_file",
         {"path": "a", "start_line": 5, "end_line": 7}),
        ("read_file", {"filename": " 'a.py' ", "lines": 120}, "read_file", {"path": "a.py", "end_line": 120}),
        ("readFile", {"filePath": "src\\a b.py"}, "read_file", {"path": "src/a b.py"}),
        ("read_file", {"path": "/workspace/src/a.py"}, "read_file", {"path": "src/a.py"}),
        ("read_file", {"path": "/workspace"}, "read_file", {"path": "."}),
        ("read_file", {"path": ["a.py"]}, "read_file", {"path": "a.py"}),
        ("str_replace", {"path": "a", "old_str": "x", "new_str": ""}, "edit_file",
         {"path": "a", "old": "x", "new": ""}),
        ("Edit", {"file_path": "a", "old_string": "x", "new_string": "y", "replaceAll": True}, "edit_file",
         {"path": "a", "old": "x", "new": "y", "replace_all": True}),
        ("create_file", {"path": "a.json", "content": {"é": 1}}, "write_file",
         {"path": "a.json", "content": '{\n  "é": 1\n}\n'}),
        ("write_file", {"path": "n", "content": 42}, "write_file", {"path": "n", "content": "42"}),
        ("grep", {"query": "x", "include": "*.py"}, "search_files", {"pattern": "x", "glob": "*.py"}),
        ("read_file", {"arguments": {"path": "a.py"}}, "read_file", {"path": "a.py"}),
        ("read_file", {"name": "read_file", "arguments": '{"path": "a.py"}'}, "read_file", {"path": "a.py"}),
        ("read_file", '{"path": "a.py",}', "read_file", {"path": "a.py"}),
    ],
)  # fmt: skip
def test_other_forms_of_a_call_become_the_tools_own(name, arguments, meant, as_) -> None:
    found, call = form(name, arguments)

    assert (found, call.arguments, call.ignored) == (meant, as_, ())
    assert json.loads(call.request.arguments) == as_, "what is stored and shown again is what ran"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("example.org", "https://example.org"),
        (" <https://example.org/a> ", "https://example.org/a"),
        ("docs.example.org:8443/a?b", "https://docs.example.org:8443/a?b"),
        ("http://example.org", "http://example.org"),
        ("localhost:80", "localhost:80"),
        ("10.0.0.1/x", "10.0.0.1/x"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_an_address_without_a_scheme_is_a_page(url: str, meant: str) -> None:
    request = ToolCallRequest(id="1", name="fetch_url", arguments=json.dumps({"link": url}))
    assert formed(request, TOOLS["fetch_url"], WORKSPACE).arguments == {"url": meant}


def test_what_is_in_form_already_is_left_to_the_letter() -> None:
    text = '{ "command" : "ls" }'
    assert form("shell", text)[1].request.arguments == text


def test_arguments_that_a_tool_does_not_know_are_left_out_and_named() -> None:
    _, call = form("read_file", {"path": "a.py", "required": ["path"], "explanation": "look"})
    assert call.arguments == {"path": "a.py"}
    assert call.ignored == ("required", "explanation")


def test_however_many_arguments_a_tool_does_not_know_few_are_named() -> None:
    _, call = form("read_file", {"path": "a.py"} | {f"{number}{'x' * 1_000}": 1 for number in range(1_000)})
    assert call.ignored[-1] == "990 more"
    assert len(str(call.ignored)) < 1_000


def test_a_time_with_blanks_without_end_is_read_in_one_go() -> None:
    odd = f"1{' ' * 1_000_000}x"
    assert form("shell", {"command": "ls", "timeout": odd})[1].arguments["timeout"] == odd
    assert form("shell", {"command": "ls", "timeout": " 1  min "})[1].arguments["timeout"] == 60


def test_of_two_names_for_one_argument_the_first_counts_and_the_tools_own_before_all() -> None:
    _, call = form("read_file", {"file": "b", "filename": "c", "path": "a"})
    assert call.arguments == {"path": "a"}
    _, call = form("read_file", {"file": "b", "filename": "c"})
    assert (call.arguments, call.ignored) == ({"path": "b"}, ("filename",))


@pytest.mark.parametrize("right", ["internet", "allow_network", "network_access", "sudo", "approved"])
def test_no_other_name_stands_for_a_right(right: str) -> None:
    _, call = form("shell", {"command": "ls", right: True})
    assert call.arguments == {"command": "ls"}


def test_a_path_from_the_root_means_the_workspace_only_where_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert form("read_file", {"path": "/src"}, tmp_path)[1].arguments == {"path": "src"}
    for outside in ("/etc/passwd", "/../src", "/src/../../x", str(tmp_path / "src")):
        assert form("read_file", {"path": outside}, tmp_path)[1].arguments == {"path": outside}
    (tmp_path / "src" / "a.py").touch()
    for made_up in ("/home/user/Documents/My Project/src/a.py", "/path/to/src/a.py", "/Users/username/src/a.py"):
        assert form("read_file", {"path": made_up}, tmp_path)[1].arguments == {"path": "src/a.py"}
    assert form("read_file", {"path": "/srv/x/src/a.py"}, tmp_path)[1].arguments == {"path": "/srv/x/src/a.py"}
    (tmp_path / "a\\b").touch()
    assert form("read_file", {"path": "a\\b"}, tmp_path)[1].arguments == {"path": "a\\b"}


@pytest.mark.parametrize(
    ("name", "near"), [("read_fil", "read_file"), ("run_tests", ""), ("edit_files_now", "edit_file")]
)
def test_a_tool_that_does_not_exist_has_a_nearest_one_or_none(name: str, near: str) -> None:
    assert with_known_name(ToolCallRequest(id="1", name=name, arguments="{}"), TOOLS).name == name
    assert nearest_tool(name, TOOLS) == near


def test_what_is_wrong_is_said_with_what_was_sent_and_how_a_call_looks() -> None:
    assert TOOLS["write_file"].check({"path": "a.py"}) == (
        "`content` is missing. The parameters are: path, content, append (optional). "
        'Example: {"path": "a.py", "content": "…"}'
    )
    assert TOOLS["write_file"].check({"path": "a.py", "content": "y"}) == ""
    assert filled(TOOLS["shell"]) == '{"command": "…"}'


def test_no_two_tools_are_called_by_one_name() -> None:
    called = [name for tool in TOOLS.values() for name in (tool.name, *tool.also_called)]
    assert sorted(name for name in set(called) if called.count(name) > 1) == []


def test_a_tool_is_known_to_nothing_that_brings_calls_into_form() -> None:
    names = re.compile(rf"[\"'`]({'|'.join(TOOLS)})[\"'`]")
    room = Path(call_forms.__file__).parent
    assert [path.name for path in room.glob("*.py") if names.search(path.read_text("utf-8"))] == []
