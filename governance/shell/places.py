"""Which files a command may touch freely: those of its workspace, and what is public in every system.

Judged by name alone; nothing is looked up on disk. A link that leads out of the workspace leads nowhere inside the
sandbox, which holds the workspace and nothing of the host's data.
"""

import posixpath
import re
from collections.abc import Sequence
from typing import TypeAlias

from governance.shell.scope import HOME, UNKNOWN, Findings, Scope, ShellSurroundings, Word, clip
from governance.values.reasons import Why, why
from governance.values.secret_names import is_secret
from governance.values.verdicts import Risk

PATH_LIMIT = 4_096
"""The system refuses longer paths (`PATH_MAX`)."""

_HARMLESS_DEVICES = re.compile(
    r"/dev/(?:null|zero|full|u?random|std(?:in|out|err)|fd/\d+|tty)|/proc/self/fd/[012]",
)
_PUBLIC = re.compile(
    r"/(?:usr|bin|sbin|lib(?:32|64|x32)?)(?:/.*)?|/etc/(?:os-release|lsb-release|debian_version|hosts|hostname|timezone"
    r"|localtime|shells|services|protocols|mime\.types)|/proc/(?:cpuinfo|meminfo|version|loadavg|uptime|stat)",
)
RAW_DEVICE = re.compile(
    r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|r?disk\d|md|dm-|loop|nbd|zram|sr|mapper/|disk/|block/|mem\b|kmem\b|port\b|root\b).*",
)
_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|lib\w*|opt|proc|root|run|sbin|srv|sys|usr|var)(?:/.*)?|/|/home(?:/[^/]*)?|/Users(?:/[^/]*)?",
)

_STARTUP = re.compile(
    r"(?:^|/)(?:\.(?:bash(?:rc|_profile|_login|_logout|_aliases)|profile|z(?:shrc|profile|shenv|login|logout)|kshrc|cshrc"
    r"|inputrc|vimrc|exrc|nanorc|tmux\.conf|screenrc|gdbinit|lldbinit|pythonrc|irbrc|Rprofile|xinitrc|xprofile|envrc"
    r"|gitconfig|gitmodules|gitlab-ci\.yml|travis\.yml|drone\.yml|woodpecker\.yml|cursorrules|windsurfrules|mcp\.json"
    r"|pre-commit-config\.yaml)|\.git(?:/(?:hooks|config|info|worktrees|modules).*)?|\.githooks(?:/.*)?|\.husky(?:/.*)?"
    r"|\.config/(?:fish|git|autostart|systemd|environment\.d|nvim)(?:/.*)?|\.config/user-dirs\.dirs"
    r"|\.github/(?:workflows|actions|copilot-instructions\.md)(?:/.*)?|\.circleci/.*|\.woodpecker/.*|\.buildkite/.*"
    r"|(?:\.gitea|\.forgejo)/workflows/.*|Jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|\.vscode/.*"
    r"|\.idea/.*|\.devcontainer(?:/.*|\.json)?|\.(?:claude|clinerules|continue|cursor|gemini|junie|kiro|roo|windsurf|zed)(?:/.*)?"
    r"|\.(?:aider\.[^/]*|goosehints|roorules|mise\.toml|cirrus\.yml|appveyor\.yml|overcommit\.yml|tcshrc|login|curlrc|wgetrc|emacs)"
    r"|(?:lefthook|appveyor|cloudbuild|buildspec|codemagic|\.?lefthook-local)\.ya?ml|\.github/(?:instructions|prompts|agents|chatmodes|dependabot\.yml|CODEOWNERS)(?:/.*)?|\.cargo/config(?:\.toml)?|\.bazelrc"
    r"|\.?venv/bin/(?:activate[^/]*|python[\d.]*|pip[\d.]*)"
    r"|\.(?:ipython|vim|emacs\.d|teamcity|semaphore|tekton)/.*|(?:AGENTS|CLAUDE|GEMINI|SOUL)(?:\.local)?\.md"
    r"|sitecustomize\.py|usercustomize\.py|[^/]*\.pth|crontab|LaunchAgents/.*|authorized_keys)$",
    re.IGNORECASE,
)
_SCRATCH = re.compile(r"/(?:tmp|var/tmp|dev/shm)(?:/|$)")
"""File systems of the command's own in the sandbox."""
_OWN_SETTINGS = re.compile(r"(?:.*/)?\.env(?:[.\-_][^/]*)?")
"""Settings of a project, which its developers write themselves; reading them still asks."""
_BARE_WORD = re.compile(r"credentials|kubeconfig|\.(?:jks|key|p12|pem|pfx|ppk)")
"""What is a secret's name as a file, and as a word of a command line mostly something else."""
_PEOPLE = re.compile(r"/etc/(?:passwd|group|gshadow|subuid|subgid)-?")
_HOLDS_SECRETS = re.compile(
    r"/|/(?:etc|home|root|run|proc|sys|var|Users|mnt|media|srv|opt)(?:/\*)?|/(?:home|Users)/[^/]+(?:/\*)?|/var/(?:run|lib)|/~[^/]+"
)
"""Folders of a system somewhere below which credentials are kept."""
By: TypeAlias = str | Why
"""Who does something, as a sentence names it."""
_ANY_NAME = "…"


def judge_read(word: Word | str, scope: Scope, around: ShellSurroundings, findings: Findings, by: By) -> None:
    """Ask unless reading this path is harmless."""
    for path in _reached(word, scope, findings, by):
        said = {"by": by, "path": shown(path, around)}
        if _belongs_to_gateway(path, around):
            findings.refuse(why("shell.reads_gateway", **said))
        elif is_secret(_name_of(path, around)):
            findings.ask(why("shell.reads_secret", **said), Risk.HIGH)
        elif RAW_DEVICE.fullmatch(path):
            findings.ask(why("shell.reads_device", **said), Risk.CRITICAL)
        elif around.contained and _PEOPLE.fullmatch(path):
            findings.ask(why("shell.reads_people", **said))
        elif not (_inside(path, around) or _PUBLIC.fullmatch(path) or _HARMLESS_DEVICES.fullmatch(path)):
            findings.unsure(why("shell.reads_outside", **said))


def judge_search(word: Word | str, scope: Scope, around: ShellSurroundings, findings: Findings, by: By) -> None:
    """Ask where a search goes through every file below a folder of secrets; reading is judged besides."""
    text = word if isinstance(word, str) else word.text
    for path in resolved(text, scope):
        if _HOLDS_SECRETS.fullmatch(path) and not _inside(path, around):
            findings.ask(why("shell.searches_secrets", by=by, path=shown(path, around)), Risk.HIGH)


def judge_write(word: Word | str, scope: Scope, around: ShellSurroundings, findings: Findings, by: By) -> None:
    """Ask unless writing this path is harmless; refuse where nobody could approve it."""
    if around.contained and (somewhere := _somewhere_in(word if isinstance(word, str) else word.text)):
        judge_write(somewhere, scope, around, findings, by)
    for path in _reached(word, scope, findings, by):
        said = {"by": by, "path": shown(path, around)}
        if _HARMLESS_DEVICES.fullmatch(path):
            continue
        if RAW_DEVICE.fullmatch(path):
            findings.refuse(why("shell.writes_device", **said))
        elif path.startswith(("/dev/tcp/", "/dev/udp/")):
            findings.refuse(why("shell.opens_connection", **said))
        elif path.startswith(("/proc/sysrq", "/proc/sys/kernel/sysrq", "/sys/power")):
            findings.refuse(why("shell.commands_kernel", **said))
        elif _belongs_to_gateway(path, around):
            findings.refuse(why("shell.writes_gateway", **said))
        else:
            _judge_ordinary_write(path, around, findings, said)


def _judge_ordinary_write(path: str, around: ShellSurroundings, findings: Findings, said: dict[str, str | Why]) -> None:
    inside, name = _inside(path, around), _name_of(path, around)
    if is_secret(name):
        asks = findings.unsure if inside and _OWN_SETTINGS.fullmatch(name) else findings.ask
        asks(why("shell.writes_secret", **said), Risk.HIGH if inside else Risk.CRITICAL)
    elif steers_programs(name):
        asks_risk = Risk.HIGH if inside else Risk.CRITICAL
        findings.ask(why("shell.writes_obeyed", **said), asks_risk, inside=inside)
    elif not inside and not (around.contained and _SCRATCH.match(path)):
        risk = Risk.CRITICAL if _SYSTEM.fullmatch(path) or path.startswith(HOME) else Risk.HIGH
        findings.ask(why("shell.writes_outside", **said), risk)
    elif posixpath.basename(path).startswith("-"):
        shown_name = clip(posixpath.basename(path))
        findings.ask(why("shell.writes_option", by=said["by"], path=shown_name), inside=True)


def names_secret(text: str) -> bool:
    """Whether a text that is a path at most in part, such as `/proc/$$/environ`, names a place of secrets."""
    return is_secret("/" + text.replace(UNKNOWN, "x").lstrip("/"))


def steers_programs(path: str) -> bool:
    """Whether shells, git, CI, editors or agents obey the file at this normalised path without being told to."""
    return _STARTUP.search(path) is not None


def resolved(text: str, scope: Scope) -> list[str]:
    """The normalised absolute paths that a text may mean; empty when that is not known before the run."""
    if UNKNOWN in text or len(text) > PATH_LIMIT:
        return []
    if text.startswith("/"):
        return ["/" + posixpath.normpath(text).lstrip("/")]
    if scope.places is None:
        return []
    return ["/" + posixpath.normpath(posixpath.join(place, text)).lstrip("/") for place in sorted(scope.places)]


def _somewhere_in(text: str) -> str:
    """A path in the folder of one whose end is not known before the run; empty where no folder is known."""
    known, unknown, _ = text.partition(UNKNOWN)
    return f"{known.rpartition('/')[0]}/{_ANY_NAME}" if unknown and "/" in known else ""


def _reached(word: Word | str, scope: Scope, findings: Findings, by: By) -> list[str]:
    text = word if isinstance(word, str) else word.text
    paths = resolved(text, scope)
    if not paths:
        asks = findings.ask if names_secret(text) else findings.unsure
        asks(why("shell.touches_unknown", by=by, path=clip(text)))
    return paths


def judge_names(words: Sequence[Word], scope: Scope, around: ShellSurroundings, findings: Findings, by: By) -> None:
    """Ask where a word, or a value in it, names a place of secrets; for programs of which nothing else is known."""
    for word in words:
        for text in {word.text, word.text.partition("=")[2], word.text.lstrip("@<")} - {""}:
            if _BARE_WORD.fullmatch(text):
                continue
            if any(is_secret(_name_of(path, around)) for path in resolved(text, scope)) or (
                UNKNOWN in text and names_secret(text)
            ):
                judge_read(text, scope, around, findings, by)


def has_arrived(text: str, scope: Scope, findings: Findings) -> bool:
    """Whether this file came from another machine, or out of a decoder, earlier in the same command."""
    if not findings.arrived:
        return False
    return any(path == one or path.startswith(one + "/") for path in resolved(text, scope) for one in findings.arrived)


def shown(path: str, around: ShellSurroundings) -> str:
    """A normalised path as a sentence quotes it: inside the workspace from there."""
    if _inside(path, around):
        return clip(_name_of(path, around).lstrip("/") or ".")
    return clip(path)


def _inside(path: str, around: ShellSurroundings) -> bool:
    """Whether a path lies in the workspace, which in the sandbox is the home folder as well."""
    root = around.workspace
    if path == root or path.startswith(root.rstrip("/") + "/"):
        return True
    return around.contained and (path == HOME or path.startswith(HOME + "/"))


def _name_of(path: str, around: ShellSurroundings) -> str:
    """The path by which a name is judged: in the workspace from there, since where that lies says nothing of it."""
    if not _inside(path, around):
        return path
    root = HOME if path == HOME or path.startswith(HOME + "/") else around.workspace.rstrip("/")
    return path[len(root) :] or "/"


def _belongs_to_gateway(path: str, around: ShellSurroundings) -> bool:
    if "/.s.PGSQL." in path:
        return True
    if _inside(path, around):
        return False
    return any(path == own or path.startswith(own.rstrip("/") + "/") for own in around.protected)


def above_workspace(path: str, around: ShellSurroundings) -> bool:
    """Whether the workspace lies below this path."""
    return path != around.workspace and (around.workspace + "/").startswith(path.rstrip("/") + "/")
