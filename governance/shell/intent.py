"""What a command is meant for, where its words say so: the sandbox would make it fail, and it asks all the same.

Only programs and words that leave no doubt stand here; what a program does to other systems is for `elsewhere`.
"""

import itertools
import posixpath
import re
from collections.abc import Sequence

from governance.shell.arrivals import follow_arrived
from governance.shell.contacts import method_of
from governance.shell.elsewhere.tables import CLOUDS, CLUSTERS, INFRASTRUCTURE, SERVICES
from governance.shell.families.interpreters import INTERPRETERS
from governance.shell.network import NETWORK
from governance.shell.planting import sets_hook
from governance.shell.programs import BUILDS, PROGRAMS, SUBCOMMANDS
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SHOWS_SECRETS: dict[str, re.Pattern[str]] = {
    "age": re.compile(r"-d|--decrypt"),
    "ansible-vault": re.compile(r"view|decrypt|edit"),
    "bw": re.compile(r"get|list|export|unlock"),
    "chamber": re.compile(r"read|export|exec"),
    "cmdkey": re.compile(r".*"),
    "doppler": re.compile(r"secrets|run"),
    "git": re.compile(r"credential(?:-\w+)?"),
    "gopass": re.compile(r".*"),
    "gpg": re.compile(r"--export-secret.*|--export-ownertrust|--decrypt"),
    "gpg2": re.compile(r"--export-secret.*|--export-ownertrust|--decrypt"),
    "keyring": re.compile(r"get"),
    "kwallet-query": re.compile(r".*"),
    "lpass": re.compile(r"show|export"),
    "op": re.compile(r"read|item|document|inject|run"),
    "pass": re.compile(r"show|-c|.*/.*"),
    "secret-tool": re.compile(r"lookup|search"),
    "security": re.compile(r"find-.*|dump-keychain|export"),
    "sops": re.compile(r"-d|--decrypt|decrypt|exec-.*"),
    "ssh-add": re.compile(r"-L"),
}
"""Keepers of credentials, and the words by which they hand them out."""
_TAKES_SECRETS = re.compile(
    r"mimi(?:katz|penguin)|[lL]a[zZ]agne|keylogger|logkeys|gitleaks|truffle[hH]og|linpeas(?:\.sh)?"
)
_PLANTS: dict[str, re.Pattern[str]] = {
    "direnv": re.compile(r"(?:allow|permit)\b.*"),
    "husky": re.compile(r"(?:add|install|init|set)\b.*"),
    "lefthook": re.compile(r"(?:add|install)\b.*"),
    "npm": re.compile(r"pkg set scripts.*|set-script .*"),
    "pre-commit": re.compile(r"(?:install|init-templatedir)\b.*"),
}
"""Programs that put hooks or scripts where others obey them."""
_TRACES = re.compile(
    r"history -[cdw]\b.*|dmesg (?:-[cC]|--clear).*|(?:un)?set (?:-o |\+o )?(?:HISTFILE|history)\b.*|wevtutil cl\b.*"
    r"|auditctl -[eD]\b.*|journalctl --(?:vacuum|rotate).*",
)
_PARTS = re.compile(r"[:_.-]|(?<=[a-z])(?=[A-Z])")
_DESTROYS = frozenset(
    {"clobber", "delete", "deletelocalsnapshots", "destroy", "drop", "dropall", "dropdb", "erase", "expunge", "flush",
     "flushall", "flushdb", "forget", "nuke", "obliterate", "purge", "terminate", "wipe"},
)  # fmt: skip
"""Verbs that destroy, alone or as a part of a word such as `db:drop`."""
_DATABASE_TOOLS = re.compile(
    r"alembic|artisan|dbmate|diesel|django-admin|drizzle-kit|ecto|flask|flyway|goose|knex|liquibase|manage\.py|migrate|prisma"
    r"|rails|rake|sequelize|sequelize-cli|sqlx|typeorm|mix|supabase"
)
_TAKES_BACK = frozenset(
    {"clean", "down", "downgrade", "fresh", "redo", "reset", "revert", "rollback", "truncate", "undo"}
)
"""What a tool for databases is told when tables go."""
_OPTIONS_THAT_DESTROY = re.compile(r"--(?:delete|destroy|drop|force-reset|purge|wipe)(?:-(?:all|data|db))?")
_KNOWN = frozenset(
    {*PROGRAMS, *CLOUDS, *CLUSTERS, *INFRASTRUCTURE, *SERVICES, "git", "find", "docker", "podman", "tmux"}
)
_CHANGES = frozenset({"DELETE", "PATCH", "POST", "PUT"})
_WEB = frozenset({"curl", "curlie", "http", "https", "httpie", "wget", "xh"})
_PRIVILEGE = _set(
    "aa-disable aa-teardown apparmor_parser bcdedit capsh chage csrutil delgroup deluser dpkg-divert dscl dzdo"
    " bpftrace busctl crictl ctr efibootmgr fakechroot gosu gpasswd groupdel groupmod keyctl"
    " loginctl machinectl newgrp nsenter pkexec proot"
    " rmmod run0 runas"
    " semanage setcap setsebool sg spctl su-exec sudoedit sysadminctl update-ca-certificates userdel vigr vipw visudo"
)
_ATTACHES = _set("gdb lldb ltrace reptyr strace")
_ATTACKS = _set(
    "ab amass arp-scan arpspoof bettercap bfgminer bloodhound-python cgminer commix crackmapexec dnsenum"
    " dnsrecon dsniff enum4linux ethminer ettercap evil-winrm fierce getcap goldeneye hey kismet minerd"
    " msfconsole msfvenom nbminer nbtscan netdiscover reaver responder rpcclient setoolkit siege slowloris"
    " smbclient snmpwalk subfinder theHarvester vegeta wpscan wrk xmrig yersinia"
)
"""Miners, and what floods or sounds out other machines; on this one it may be work."""
_LOOPBACK = re.compile(r"localhost|127\.0\.0\.1|\[::1\]")
_SECRET_WORDS = re.compile(r"pass(?:w|$)|secret|api.?key|token|credential|private.?key|_key\b", re.IGNORECASE)
_RUN_BY = _set("--cmd --command --exec --pager --post-hook --pre-hook --run --shell-command -P -S -c -x")
_ACTS_AS_OTHERS = frozenset({"doas", "pkexec", "su", "sudo"})
_TERMINALS = frozenset({"byobu", "dtach", "konsole", "screen", "tmux", "xterm"})
_DATA = re.compile(r"-d|--(?:data|json|form|raw)|[\w.-]+:?=")
"""What is sent stands in the command, for everybody to read."""
_PROBES = frozenset({"arping", "curl", "fping", "nc", "ncat", "netcat", "nping", "ping", "ssh", "telnet"})
_SWEEP = re.compile(rf"(?:https?://)?(?:\d{{1,3}}\.){{2,3}}{UNKNOWN}")
_DAEMONS = re.compile(r":(?:2375|2376|2379|6443|10250)\b")
"""Ports by which whole clusters and machines are ruled."""
_TAKES_INPUT = frozenset({"ftp", "lynx", "nc", "ncat", "netcat", "sftp", "socat", "ssh-keyscan", "telnet"})
_SENDERS = re.compile(r"(?:[\w.]+-)?(?:send|sendfile|upload|share)(?:-[\w.]+)?|sendmail|sendemail|mutt|swaks")
_SCAN = re.compile(r"\d+-\d+|(?:\d+\.){3}\d+/\d+")


def judge_intent(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Ask where the words of a command say what it is meant for; it says nothing of others."""
    texts = [word.text for word in words[1:]]
    shown, rest = clip(" ".join([name, *texts])), " ".join(texts)
    asks = shell.findings.ask
    follow_arrived(name, words, given, shell)
    if name in {"fd", "fdfind"}:
        _runs_for_each(words, shell)
    _hides(name, texts, shown, shell)
    if ((plants := _PLANTS.get(name)) and plants.fullmatch(rest)) or sets_hook(name, texts):
        asks(why("shell.plants", shown=shown), Risk.HIGH, inside=True)
    attaches = name in _ATTACHES and any(re.match(r"-p|--pid|attach", text) for text in texts)
    if name in _PRIVILEGE or attaches or name.startswith("ptrace"):
        asks(why("shell.runs_through", shown=shown, by=clip(name)), Risk.HIGH)
    if (name in _ATTACKS or _sounds_out(name, texts)) and not _LOOPBACK.search(rest):
        asks(why("shell.attacks", shown=shown), Risk.HIGH, network=True)
    if name in NETWORK - {"git"} or name in _TAKES_INPUT:
        _reaching(name, words, given, shell)
    elif _SENDERS.fullmatch(name) and texts:
        asks(why("shell.sends", shown=shown), Risk.HIGH, network=True)
    elif verb := _destroying(name, texts):
        asks(why("shell.destroys", shown=shown, verb=clip(verb)), Risk.HIGH)
    if _asks_for_secrets(name, texts, given, shell):
        asks(why("shell.shows_secrets", shown=clip(" | ".join([*given.fed_by, f"{name} {rest}"]))), Risk.HIGH)


def _hides(name: str, texts: Sequence[str], shown: str, shell: Judging) -> None:
    """Credentials that are handed out, traces that are removed, and what is removed beyond recovery."""
    rest = " ".join(texts)
    keeper = _SHOWS_SECRETS.get(name)
    if _TAKES_SECRETS.fullmatch(name) or (keeper and any(keeper.fullmatch(text) for text in texts)):
        shell.findings.ask(why("shell.shows_secrets", shown=shown), Risk.HIGH)
    if _TRACES.fullmatch(f"{name} {rest}"):
        shell.findings.ask(why("shell.hides_traces", shown=shown), Risk.HIGH)
    if f"{name} {rest}" in {"gio trash --empty", "trash-empty "}:
        shell.findings.ask(why("shell.beyond_recovery", shown=shown), inside=True)


def judge_commands_given(words: Sequence[Word], shell: Judging) -> None:
    """Weigh what a program is told to run by the options that most programs have for it."""
    for flag, word in itertools.pairwise(words):
        if (flag.text in _RUN_BY or re.fullmatch(r"-[a-z]*c", flag.text)) and " " in word.text:
            shell.weigh(word.text)
    for word in words[1:]:
        option, _, value = word.text.partition("=")
        if option in _RUN_BY and value:
            shell.weigh(value)
    if words[0].text in _TERMINALS and " " in words[-1].text:
        shell.weigh(words[-1].text)
    for at, word in enumerate(words[1:], start=1):
        if word.text.startswith(("+!", "!", ":!")) and len(word.text) > len("+!x"):
            shell.weigh(word.text.lstrip("+:!"))
        if posixpath.basename(word.text) in _ACTS_AS_OTHERS and at + 1 < len(words):
            shell.run(words[at:], Input())


def _runs_for_each(words: Sequence[Word], shell: Judging) -> None:
    """What `fd` is told to run for each file that it finds."""
    for at, word in enumerate(words[:-1]):
        if word.text in {"-x", "-X", "--exec", "--exec-batch"}:
            shell.run(words[at + 1 :], Input())


def _sounds_out(name: str, texts: Sequence[str]) -> bool:
    return (name, True) in {
        ("dig", bool({"axfr", "AXFR"} & set(texts))),
        ("host", "-l" in texts),
        ("k6", texts[:1] == ["run"]),
        ("ping", "-f" in texts),
        ("rpcinfo", True),
        ("showmount", True),
        ("smbmap", True),
    }


_SHOWS_SETTINGS = _set(
    "aws az compgen consul declare docker env export gcloud helm heroku history kubectl podman printenv set terraform"
    " tofu"
)
"""Programs that print the settings of a shell or of a service, whose passwords may stand among them."""


def _asks_for_secrets(name: str, texts: Sequence[str], given: Input, shell: Judging) -> bool:
    """Whether credentials are picked out of an environment or a history."""
    if name == "printenv" or (name == "getent" and texts[:1] == ["shadow"]):
        return name == "getent" or any(_SECRET_WORDS.search(text) for text in texts)
    if name in {"terraform", "tofu"}:
        names_one = texts[:1] == ["output"] and any(map(_SECRET_WORDS.search, texts))
        return texts[:2] == ["state", "pull"] or (names_one and bool({"-raw", "-json"} & set(texts)))
    before = {word.text for word in shell.findings.named[-2].words} if len(shell.findings.named) > 1 else set()
    shown_before = bool(_SHOWS_SETTINGS & set(given.fed_by[-1:])) and "logs" not in before
    shown_before = shown_before or (given.fed_by[-1:] == ("git",) and "config" in before)
    return shown_before and name in {"grep", "egrep", "rg", "awk", "sed"} and any(map(_SECRET_WORDS.search, texts))


def _reaching(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    sends = any(word.carries and (word.composed or word.printed) for word in words[1:]) or (
        name in _TAKES_INPUT and given.given and UNKNOWN in given.text
    )
    bare = not any(_DATA.match(text) for text in texts) and not _LOOPBACK.search(" ".join(texts))
    changes = name in _WEB and method_of(name, texts) in _CHANGES and bare
    ranges = name in {"nc", "ncat", "netcat", "ssh-keyscan"} and any(_SCAN.fullmatch(text) for text in texts)
    sweeps = name in _PROBES and any(_SWEEP.match(text) for text in texts)
    ports = "-z" in texts and UNKNOWN in texts[-1] and not _LOOPBACK.search(" ".join(texts))
    scans = ranges or sweeps or ports or bool(_DAEMONS.search(" ".join(texts)))
    if sends or changes or scans:
        shown = clip(" ".join([name, *texts]))
        shell.findings.ask(why("shell.sends", shown=shown), Risk.HIGH, network=True, elsewhere=changes)


def _destroying(name: str, texts: Sequence[str]) -> str:
    """The verb by which a program without a rule of its own is told to destroy something; empty when there is none."""
    if name in _KNOWN or {"-c", "-e", "--eval"} & set(texts):
        return ""
    plain = [text for text in texts if not text.startswith("-")]
    known = name in SUBCOMMANDS or name in BUILDS or INTERPRETERS.fullmatch(name) is not None
    tools = [one for one in [name, *plain[:2]] if _DATABASE_TOOLS.fullmatch(posixpath.basename(one))]
    verbs = _DESTROYS | _TAKES_BACK if tools and name != "make" else _DESTROYS
    for word in plain[:3]:
        parts = {part.lower() for part in _PARTS.split(word)} if len(word) < _LONGEST and "/" not in word else set()
        if parts & verbs and not word.endswith((".py", ".js", ".sh", ".ts", ".rb", ".md", ".txt", ".json", ".csv")):
            return word
    return "" if known and not tools else next((one for one in texts if _OPTIONS_THAT_DESTROY.fullmatch(one)), "")


_LONGEST = 40
"""No verb has so many letters."""
