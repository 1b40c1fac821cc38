"""Programs that run code given to them: Python, Node, Perl and the rest.

Inside a sandbox the code is read for what it does (`governance.shell.code`). Without one it asks whatever it says: text
is then not enough to let an interpreter run freely. What is an attack by its form is refused in both.
"""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.network import METADATA_HOSTS
from governance.shell.scope import UNKNOWN, Findings, Judging, Scope, ShellSurroundings, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

INTERPRETERS = re.compile(
    r"(?:python|pypy)[\d.]*|ipython[\d.]*|node(?:js)?|deno|bun|tsx|ts-node|perl[\d.]*|ruby[\d.]*|irb|php[\d.]*"
    r"|lua(?:jit)?[\d.]*|Rscript|julia|osascript|pwsh|powershell|tclsh|wish|expect|groovy|scala|jshell|java|ghci|runghc|erl|elixir|escript"
    r"|swift|guile|racket|sbcl|clojure|bb|gdb|lldb|emacs|vim?|nvim|ex|ed|sqlite3|bc|dc|m4|octave|gnuplot|jrunscript|raku",
)
_CODE_FLAGS = re.compile(r"-[A-Za-z]*[ceEpr]|--eval|--execute|--print|--run|-ex|-c|-l[ne]+|eval|-i")
_OPENS_SOCKET = re.compile(
    r"\bsocket\b|IO::Socket|use Socket|TCPSocket|fsockopen|stream_socket_client"
    r"|net\.(?:connect|Socket|createConnection)"
    r"|require\([\"']net[\"']\)|Net\.Sockets|TCPClient|UDPSocket|java\.net\.Socket|ssl\.wrap",
    re.IGNORECASE,
)
_HANDS_SHELL = re.compile(
    r"dup2|pty\.spawn|/bin/(?:ba|da|z|k)?sh\b|cmd\.exe|subprocess|child_process|exec\(|popen|STDIN->fdopen|>&S\b|spawn|proc_open"
    r"|os\.system|\bsystem\(",
    re.IGNORECASE,
)
_HANDS_STREAMS = re.compile(
    r"dup2|pty\.spawn|/bin/(?:ba|da|z|k)?sh\b|cmd\.exe|powershell|STDIN->fdopen|>&S\b|\.pipe\(\s*\w+\.stdin|[\"'](?:ba|da|z)?sh[\"']"
    r"|recv\w*\(.{0,400}(?:subprocess|os\.popen|os\.system|exec|check_output)|(?:subprocess|os\.popen|getoutput|check_output"
    r"|io\.popen|os\.execute).{0,80}rec(?:v|eive)"
    r"|(?:read|gets|fgets|receive)\b.{0,60}(?:`|\bsystem\b|\bexec\b|shell_exec|popen|os\.execute)",
    re.IGNORECASE | re.DOTALL,
)
"""A shell that is joined to a connection; in a sandbox a program that merely uses both is no attack."""
_FORKS = re.compile(
    r"fork\s+while\s+fork|while\s*\(?\s*(?:1|true)\s*\)?\s*[:{]?\s*(?:os\.)?fork|loop\s*\{\s*fork|for\s*\(;;\)\s*\{?\s*fork"
    r"|while\s+(?:1|True)\s*:\s*(?:os|__import__\(\s*[\"']os[\"']\s*\))\.fork|fork\s+while\s*(?:1|true)|(?:fork\(\)\s*;?\s*){3}",
)
_EXECUTES = re.compile(
    r"\bsystem\b|popen|subprocess|child_process|\bexec|\bspawn|qx\W|`|proc_open|shell_exec|passthru|rmtree|rmSync|unlink|remove"
    r"|rm_rf|rmdir|os\.kill|ctypes|importlib|__import__|eval|compile\(|pickle|requests|urllib|http|fetch\(|open\(",
)
_REMOVES_ROOT = re.compile(
    r"(?:rmtree|rmSync|rm_rf|remove_tree|rimraf|remove_dir_all|deltree|rmdirSync|rm_r)\W{0,4}(?:recursive\W+)?[\"'](?:/|~|/\*|/(?:etc|usr|home|root|var|bin|boot|lib)/?)[\"']"
    r"|rmtree\W+(?:os\.path\.expanduser\W+[\"']~|(?:pathlib\.)?Path\.home\(\)|os\.environ\W+HOME|os\.sep)",
)
_RAW = re.compile(
    r"open\W+/dev/(?:sd[a-z]|nvme|vd[a-z]|hd[a-z])[\w]*[\"']\s*,\s*[\"'][wa]|>\s*/dev/(?:sd[a-z]|nvme|vd[a-z])"
)
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.)+)\"|'((?:[^'\\\n]|\\.)+)'|`([^`\n]+)`|q[qx]?[{(]([^})]+)[})]")
_LOCAL = re.compile(r"127\.\d|localhost|::1|0\.0\.0\.0|0x7f0|2130706433", re.IGNORECASE)
_ENCODED = re.compile(
    r"b64decode|base64|fromhex|unhexlify|atob\(|fromCharCode|rot13|codecs\.decode|chr\(\d+\)|pack\(|decode_base64"
)

_NEVER_CODE = (
    (_FORKS, "shell.code_bomb"),
    (_REMOVES_ROOT, "shell.code_removes"),
    (_RAW, "shell.code_device"),
)

_VALUED = frozenset({"-n", "--number", "-r", "--repeat", "-u", "--unit"})

Probe = Callable[[str], None]
"""Judges a text as a command and keeps only what nobody can approve."""


def judge_code(  # its callers name the five
    name: str,
    code: str,
    around: ShellSurroundings,
    findings: Findings,
    probe: Probe,
    *,
    shell: Judging | None = None,
) -> None:
    """Judge code given to an interpreter as text; `probe` is called with each quoted text that it may run.

    Inside a sandbox it is read for what it does, and the commands in it are judged by `shell`, where it is given, as if
    they stood alone. Without a sandbox all code asks.
    """
    if what := _code_never(code, around):
        findings.refuse(why(what, by=clip(name)))
        return
    if around.contained:
        _read(name, code, around, findings, probe, shell)
        return
    if UNKNOWN in code:
        findings.ask(why("shell.code_unknown", by=clip(name)), Risk.HIGH)
    if not _EXECUTES.search(code) and not _OPENS_SOCKET.search(code) and not _ENCODED.search(code):
        findings.ask(why("shell.code", by=clip(name), shown=clip(code)))
        return
    findings.ask(why("shell.code_acts", by=clip(name)), Risk.HIGH)
    for groups in _QUOTED.findall(code)[:40]:
        probe("".join(groups))
    for listed in re.findall(r"\[((?:\s*[\"'][^\"']*[\"']\s*,?)+)\]", code)[:10]:
        probe(" ".join("".join(pair) for pair in re.findall(r"\"([^\"]*)\"|'([^']*)'", listed)))


def _read(  # noqa: PLR0917  # as above
    name: str, code: str, around: ShellSurroundings, findings: Findings, probe: Probe, shell: Judging | None
) -> None:
    from governance.shell.code import read_code  # noqa: PLC0415  # loads with the first code
    from governance.shell.code.acts import Acts  # noqa: PLC0415  # as above

    scope = shell.scope if shell is not None else Scope(places=frozenset({around.workspace}))
    judge = shell.text if shell is not None else probe
    acts = Acts(name=name, scope=scope, around=around, findings=findings, judge=judge, probe=probe, code=code)
    try:
        read_code(name, code, acts)
    except RecursionError:
        findings.ask(why("elsewhere.long", part=clip(name)), Risk.HIGH)


def _code_never(code: str, around: ShellSurroundings) -> str:
    hands = _HANDS_STREAMS if around.contained else _HANDS_SHELL
    if _OPENS_SOCKET.search(code) and hands.search(code):
        return "shell.code_shell"
    for pattern, what in _NEVER_CODE:
        if pattern.search(code):
            return what
    if _LOCAL.search(code) and any(re.search(rf"\b{port}\b", code) for port in around.ports):
        return "shell.code_port"
    if any(host in code for host in METADATA_HOSTS if "." in host or ":" in host):
        return "shell.code_metadata"
    return ""


def code_arguments(args: Sequence[str]) -> list[str]:
    """The arguments of an interpreter that are code rather than a file."""
    if args[:2] == ["-m", "timeit"]:
        return [
            arg for before, arg in itertools.pairwise(args[1:]) if not arg.startswith("-") and before not in _VALUED
        ]
    found = [after for flag, after in itertools.pairwise(args) if _CODE_FLAGS.fullmatch(flag)]
    return found + [arg.partition("=")[2] for arg in args if arg.startswith(("--eval=", "--execute=", "--print="))]
