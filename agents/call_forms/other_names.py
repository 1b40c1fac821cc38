"""Other names by which models call tools and arguments: what other assistants have taught them.

A name counts only where the tool or the argument itself does not exist and the one that is meant does. None of these
names stands for a right, such as that to use a network.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from channels.mistakes import nearest

_TOOLS: Mapping[str, str] = MappingProxyType(
    {
        name: tool
        for tool, names in {
            "shell": "bash sh run run_command run_shell_command execute_shell_command execute_command "
            "execute_bash exec_command shell_command shell_exec terminal run_terminal_cmd run_in_terminal",
            "read_file": "read cat open_file view view_file read_files file_read fs_read",
            "write_file": "write create_file save_file write_to_file file_write fs_write",
            "edit_file": "edit str_replace replace replace_in_file edit_files search_replace search_and_replace",
            "search_files": "grep search search_code grep_search find_in_files search_in_files ripgrep",
            "list_files": "glob ls list list_dir list_directory list_folder find_files glob_files",
            "fetch_url": "fetch web_fetch webfetch browse open_url get_url fetch_page read_url http_get",
            "web_search": "websearch google search_web internet_search",
            "current_time": "time now get_time get_current_time current_date get_date datetime",
            "shell_output": "bash_output bashoutput get_output read_output",
            "shell_stop": "kill_shell killshell kill_bash stop_shell",
        }.items()
        for name in names.split()
    }
)
_ARGUMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        argument: tuple(names.split())
        for argument, names in {
            "path": "file_path filepath filename file_name file target_file absolute_path relative_path file_or_folder "
            "directory dir dir_path folder folder_path directory_path notebook_path",
            "command": "cmd commands script shell_command bash_command",
            "cwd": "workdir work_dir working_directory working_dir directory",
            "background": "run_in_background is_background in_background",
            "timeout": "timeout_seconds timeout_sec timeout_ms timeout_s time_limit max_seconds",
            "old": "old_string old_str old_text oldtext original search find target old_content",
            "new": "new_string new_str new_text newtext replacement replace updated new_content",
            "replace_all": "all replaceall global replace_every",
            "content": "contents text file_text data body file_content new_content",
            "start_line": "offset start first_line from_line line_start begin_line line view_start",
            "end_line": "end last_line to_line line_end stop_line view_end",
            "pattern": "query regex regexp search_term search_pattern q text",
            "glob": "include file_pattern file_glob include_pattern pattern filter includes",
            "ignore_case": "case_insensitive insensitive i",
            "context": "context_lines c lines_of_context",
            "url": "uri link address href website page",
            "query": "q search_query pattern search_term question",
            "zone": "timezone tz time_zone location",
            "id": "shell_id bash_id task_id job_id process_id",
        }.items()
    }
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^a-z0-9_]+")
_PREFIXES = ("functions_", "function_", "default_api_", "tools_", "tool_", "mcp_")


def plain_name(name: str) -> str:
    """The name in lower case with underscores: `functions.readFile` is `functions_read_file`."""
    return _NOT_A_WORD.sub("_", _CAMEL.sub("_", name.strip()).lower()).strip("_")


def tool_meant(name: str, tools: Collection[str]) -> str:
    """Which of these tools a model means by that name; the name itself when it may mean none."""
    if name in tools:
        return name
    plain = plain_name(name)
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    meant = plain if plain in tools else _TOOLS.get(plain) or _TOOLS.get(plain.replace("_", ""), "")
    return meant if meant in tools else name


def nearest_tool(name: str, tools: Collection[str]) -> str:
    """The tool whose name, or another name of it, is most like that one; empty when none is."""
    known = {**{other: tool for other, tool in _TOOLS.items() if tool in tools}, **{tool: tool for tool in tools}}
    near = nearest(plain_name(name), known)
    return known[near] if near else ""


def renamed(arguments: Mapping[str, object], known: Collection[str]) -> tuple[dict[str, object], list[str]]:
    """The arguments under the names that a tool knows, the first of two for one, and the names that mean nothing."""
    meant = {key: value for key, value in arguments.items() if key in known}
    unknown = []
    for key, value in arguments.items():
        if key in known:
            continue
        name = _argument_meant(key, known)
        if name and name not in meant:
            meant[name] = value
        else:
            unknown.append(key)
    return meant, unknown


def _argument_meant(name: str, known: Collection[str]) -> str:
    plain = plain_name(name)
    if plain in known:
        return plain
    return next((key for key in known if plain in _ARGUMENTS.get(key, ())), "")
