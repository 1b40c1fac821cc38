"""What nobody can approve: commands that end the machine, open a way in, or attack the gateway itself.

It answers with a reason, or with nothing; it never says that a command is harmless.
"""

import posixpath
import re
from collections.abc import Sequence

from governance.shell.network import NETWORK, names_gateway, names_metadata
from governance.shell.places import RAW_DEVICE, above_workspace, resolved
from governance.shell.scope import HOME, UNKNOWN, Scope, ShellSurroundings, Word, clip
from governance.values.reasons import Why, why

_ROOT_CHILDREN = re.compile(
    r"/(?:bin|boot|dev|etc|home|lib\w*|opt|proc|root|run|sbin|srv|sys|usr|var|Users|System|Library|Applications)?(?:/\*+)?",
)
_HOMES = re.compile(rf"(?:{HOME}[\w.-]*|/home/[^/]+|/Users/[^/]+|/root)(?:/(?:\.?\*+|\.\[.*|\.\?.*))?")
_POWER = frozenset({"shutdown", "reboot", "halt", "poweroff", "kexec"})
_UNIT_POWER = frozenset({"reboot", "poweroff", "halt", "kexec", "emergency", "rescue", "suspend", "hibernate"})
_DISK_TOOLS = frozenset(
    {
        "blkdiscard",
        "cfdisk",
        "fdisk",
        "gdisk",
        "hdparm",
        "mkswap",
        "parted",
        "sfdisk",
        "sgdisk",
        "wipefs",
        "cryptsetup",
        "lvremove",
        "pvremove",
        "vgremove",
    },
)
_NETCATS = frozenset({"nc", "ncat", "netcat", "nc.openbsd", "nc.traditional"})
_TUNNELS = _NETCATS | {"socat", "telnet", "openssl"}
SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "rbash", "sh", "tcsh", "zsh"})
_OURS = re.compile(r"nexora|\bgateway\b|postgres|\bpostmaster\b", re.IGNORECASE)
_DATABASE_TOOLS = frozenset({"createdb", "dropdb", "dropuser", "pg_ctl", "pg_dump", "pg_dumpall", "pg_restore", "psql"})

_BACKSTOP = (
    (re.compile(r"(?<!\w)(\w{1,40}|:)\s*\(\)\s*\{\s*\1\s*\|\s*\1\s*&\s*\}\s*;?\s*\1"), "shell.text_bomb"),
    (re.compile(r"/dev/(?:tcp|udp)/"), "shell.text_connection"),
    (re.compile(r">\s*/dev/(?:sd[a-z]|nvme\d|vd[a-z]|hd[a-z])"), "shell.text_device"),
    (re.compile(r"\bof=/dev/(?:sd[a-z]|nvme\d|vd[a-z]|hd[a-z])"), "shell.text_device"),
    (re.compile(r"\bmkfs(?:\.\w+)?\s+(?:-\S+\s+)*/dev/"), "shell.text_formats"),
)  # fmt: skip


def text_never(command: str) -> str:
    """For a command too long or too broken for its tree: what its bare text gives away, as the name of a sentence."""
    for match in re.finditer(r"(?<![\w-])rm\s", command):
        words = (
            command[match.end() : match.end() + 200]
            .split("\n", maxsplit=1)[0]
            .replace('"', " ")
            .replace("'", " ")
            .split()
        )
        ends = {word.rstrip(";&|)") for word in words}
        if {"/", "/*", "~", "~/", "$HOME"} & ends and any(is_recursive(word) for word in words):
            return "shell.text_removes"
    return next((what for pattern, what in _BACKSTOP if pattern.search(command)), "")


def never(words: Sequence[Word], scope: Scope, around: ShellSurroundings) -> Why | None:
    """Why this simple command is refused; None when it is not for this table to say."""
    name = posixpath.basename(words[0].text)
    texts = [word.text for word in words[1:]]
    for rule in (_power, _devices, _kills, _shells_out, _gateway):
        if reason := rule(name, texts, around):
            return reason
    if name in {
        "rm",
        "shred",
        "chmod",
        "chown",
        "chgrp",
        "setfacl",
        "mv",
        "find",
        "rsync",
        "unlink",
        "srm",
        "trash",
        "wipe",
    }:
        return _trees(name, texts, scope, around)
    return None


def _power(name: str, texts: Sequence[str], _: ShellSurroundings) -> Why | None:
    if name in _POWER and not {"--help", "--version", "-c"} & set(texts):
        return why("shell.stops_machine", shown=clip(name))
    if name in {"init", "telinit"} and texts and texts[-1] in {"0", "1", "6", "s", "S"}:
        return why("shell.stops_machine", shown=clip(f"{name} {texts[-1]}"))
    if name in {"systemctl", "loginctl"} and _UNIT_POWER & {text.removesuffix(".target") for text in texts}:
        return why("shell.stops_machine", shown=_shown(name, texts))
    return None


def _devices(name: str, texts: Sequence[str], _: ShellSurroundings) -> Why | None:
    if name.startswith("mkfs") or name in {"mke2fs", "newfs"}:
        return why("shell.formats", shown=clip(name))
    if name == "dd":
        targets = [text[3:] for text in texts if text.startswith("of=")]
    elif name in _DISK_TOOLS and not {"-l", "--list", "print"} & set(texts):
        targets = list(texts)
    elif name in {"tee", "shred", "truncate", "cp", "mv", "install", "ln", "rm", "badblocks", "swapon", "pv", "chmod"}:
        targets = list(texts) if name not in {"cp", "mv", "install", "ln"} else [*texts[-1:], *_named_target(texts)]
    else:
        return None
    raw = next((text for text in targets if RAW_DEVICE.fullmatch(posixpath.normpath(text))), "")
    return why("shell.writes_device", by=clip(name), path=clip(raw)) if raw else None


def _named_target(texts: Sequence[str]) -> list[str]:
    return [text.partition("=")[2] for text in texts if text.startswith("--target-directory=")]


def _kills(name: str, texts: Sequence[str], _: ShellSurroundings) -> Why | None:
    if name == "killall5":
        return why("shell.kills_all", shown="`killall5`")
    if name == "kill" and {"-1", "1"} & set(_victims(texts)):
        return why("shell.kills_all", shown=_shown(name, texts))
    if name in {"pkill", "killall", "skill"} and any(_OURS.search(text) for text in texts):
        return why("shell.ends_gateway", shown=_shown(name, texts))
    if name in {"systemctl", "service", "docker", "podman", "supervisorctl"} and any(_OURS.search(t) for t in texts):
        verbs = {"stop", "kill", "restart", "disable", "mask", "rm", "pause", "down", "exec"}
        return why("shell.ends_gateway", shown=_shown(name, texts)) if verbs & set(texts) else None
    return None


def _victims(texts: Sequence[str]) -> list[str]:
    """The process ids of a `kill`; a first argument with a dash is its signal unless it is the only one."""
    rest = list(texts)
    if rest and rest[0] in {"-l", "-L", "--list", "--help"}:
        return []
    if rest and rest[0] in {"-s", "-n", "--signal"}:
        rest = rest[2:]
    elif len(rest) > 1 and rest[0].startswith("-") and rest[0] != "--":
        rest = rest[1:]
    return [text for text in rest if text != "--"]


def _shells_out(name: str, texts: Sequence[str], _: ShellSurroundings) -> Why | None:
    if name in {"busybox", "toybox"} and texts:
        return _shells_out(posixpath.basename(texts[0]), texts[1:], _)
    joined = " ".join(texts)
    if name in _NETCATS and re.search(r"(?:^|\s)(?:-\w*[ec]\b|--exec|--sh-exec|--lua-exec)", joined):
        return why("shell.hands_shell", shown=_shown(name, texts))
    if name == "socat" and re.search(r"\b(?:exec|system|shell)\s*:", joined, re.IGNORECASE):
        return why("shell.hands_shell", shown=_shown(name, texts))
    if name == "xterm" and re.search(r"-display\s+[^\s:]+:", joined):
        return why("shell.hands_shell", shown=_shown(name, texts))
    return _opens_connection(name, texts, joined)


def _opens_connection(name: str, texts: Sequence[str], joined: str) -> Why | None:
    if name in {"awk", "gawk", "mawk", "nawk"} and "/inet/" in joined:
        return why("shell.reverse_shell", shown=clip(name))
    if name in {"ztcp", "zmodload"} and (name == "ztcp" or "zsh/net/tcp" in joined):
        return why("shell.reverse_shell", shown=_shown(name, texts))
    return None


def pipes_shell(programs: Sequence[str]) -> bool:
    """Whether a pipeline joins a shell to a tool that opens bare connections, at its input or output."""
    shells = [index for index, name in enumerate(programs) if name in SHELLS]
    tunnels = [index for index, name in enumerate(programs) if name in _TUNNELS]
    return bool(shells and tunnels)


def _gateway(name: str, texts: Sequence[str], around: ShellSurroundings) -> Why | None:
    speaks = name in NETWORK
    if speaks and names_gateway(texts, around.ports):
        return why("shell.gateway_port", shown=_shown(name, texts))
    if speaks and names_metadata(texts):
        return why("shell.metadata", shown=_shown(name, texts))
    if name in _DATABASE_TOOLS and any(_OURS.search(text) or ".s.PGSQL." in text for text in texts):
        return why("shell.gateway_database", shown=_shown(name, texts))
    if speaks and any(".s.PGSQL." in text for text in texts):
        return why("shell.gateway_database", shown=_shown(name, texts))
    return None


def _trees(name: str, texts: Sequence[str], scope: Scope, around: ShellSurroundings) -> Why | None:
    if not _whole_tree(name, texts):
        return None
    for text in texts if name != "find" else _find_starts(texts):
        if text.startswith("-") or not text:
            continue
        for path in resolved(text, scope):
            if _everything(path) or _above(path, around):
                return why("shell.whole_tree", shown=_shown(name, texts), path=clip(path))
        if _everything(_guess(text)) and UNKNOWN in text:
            return why("shell.whole_tree_if_empty", shown=_shown(name, texts))
    return None


def _guess(text: str) -> str:
    """What a path becomes when a wholly unknown folder before it is empty, as in `$UNSET/*`."""
    return text.replace(UNKNOWN, "") if text.startswith(UNKNOWN + "/") and text.rstrip("/*") == UNKNOWN else UNKNOWN


def _above(path: str, around: ShellSurroundings) -> bool:
    return above_workspace(re.sub(r"/(?:\*+|\.\*)$", "", path) or "/", around)


def _everything(path: str) -> bool:
    path = re.sub(r"(?<=.)/+$", "", path)
    first = path[1:].split("/")[0]
    wild_root = any(mark in first for mark in "*?[") and path.startswith("/")
    return bool(_ROOT_CHILDREN.fullmatch(path) or _HOMES.fullmatch(path)) or wild_root


def _whole_tree(name: str, texts: Sequence[str]) -> bool:
    if name == "find":
        return "-delete" in texts or any(
            flag in {"-exec", "-execdir", "-ok", "-okdir"} and {"rm", "shred", "unlink", "/bin/rm"} & set(texts[at:])
            for at, flag in enumerate(texts)
        )
    if name in {"mv", "shred", "srm", "wipe"}:
        return True
    if name == "rsync":
        return any(text.startswith("--del") for text in texts)
    return any(is_recursive(text) for text in texts)


def is_recursive(flag: str) -> bool:
    """Whether an option of `rm`, `chmod` or their like says recursively, abbreviated forms included."""
    if flag.startswith("--"):
        return len(flag) > len("--r") and "--recursive".startswith(flag)
    return flag.startswith("-") and bool({"r", "R"} & set(flag))


def _find_starts(texts: Sequence[str]) -> list[str]:
    starts: list[str] = []
    for text in texts:
        if text in {"-H", "-L", "-P"} and not starts:
            continue
        if text.startswith(("-", "(", "!")):
            break
        starts.append(text)
    return starts or ["."]


def _shown(name: str, texts: Sequence[str]) -> str:
    return clip(" ".join([name, *texts]))
