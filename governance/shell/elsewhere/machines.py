"""Commands that run on another machine or in a container: `ssh`, `docker exec`, `kubectl exec`, ansible and their like.

What only reads there is free; everything else asks. A text that is handed over is read as simple commands or not at
all.
"""

import posixpath
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.verbs import plain_of
from governance.shell.grammar.plain import plain_words
from governance.shell.never import SHELLS
from governance.shell.programs import PROGRAMS, Takes
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.secret_names import is_secret
from governance.values.verdicts import Risk

_READERS = frozenset(
    {
        "awk", "crictl", "find", "free", "git", "htop", "ifconfig", "iostat", "ip", "java", "journalctl", "last",
        "lsof", "netstat", "nginx", "nproc", "ps", "psql", "ss", "sysctl", "systemctl", "top", "uptime",
        "vmstat", "w", "who", "curl", "nc", "docker", "kubectl", "redis-cli", "mysql", "service", "dmesg", "crontab",
        "sed", "mount", "ping", "dig", "nslookup", "traceroute", "cd",
    },
)  # fmt: skip
_ACTS = re.compile(
    r"-delete|-exec(?:dir)?|-ok|-i\b.*|--in-place.*|-s|--set.*|-C|--clear|--vacuum.*|--rotate|-w|-e|-c|-r|>.*|set|add"
    r"|del|flush"
)
_SPLIT = re.compile(r"\|\||&&|[;|\n]")
_QUIET = re.compile(r"[12]?>\s*/dev/null|2>&1")
MAX_PARTS = 40
_SSH_VALUED = frozenset(f"-{letter}" for letter in "bcDEeFIiJLlmOoPpQRSWw")


def judge_remote(words: Sequence[Word], part: str, shell: Judging) -> None:
    """Ask unless a command that runs elsewhere only reads there; without words it is a session without input."""
    shell.probe(" ".join(word.text for word in words))
    if words and not _only_reads([word.text for word in words], shell):
        shell.findings.ask(why("elsewhere.remote", part=part), Risk.HIGH, network=True, elsewhere=True)


def judge_remote_text(text: str, part: str, shell: Judging) -> None:
    """As `judge_remote`, for a text that a shell elsewhere would read."""
    shell.probe(text)
    if text.strip() and not _text_only_reads(text, shell):
        shell.findings.ask(why("elsewhere.remote", part=part), Risk.HIGH, network=True, elsewhere=True)


def _text_only_reads(text: str, shell: Judging) -> bool:
    bare = _QUIET.sub(" ", text)
    if UNKNOWN in text or re.search(r"[`<>]|\$\(", bare):
        return False
    parts = [part for part in _SPLIT.split(bare) if part.strip()]
    if len(parts) > MAX_PARTS:
        return False
    read = [plain_words(part.strip()) for part in parts]
    if len(read) > 1 and any(words and len(words) == 1 and posixpath.basename(words[0]) in SHELLS for words in read):
        return False  # a shell that is fed by the others, or that stands in their way
    return all(words is not None and _only_reads(words, shell) for words in read)


def _only_reads(texts: Sequence[str], shell: Judging) -> bool:
    name = posixpath.basename(texts[0])
    rest = list(texts[1:])
    if name in SHELLS:
        coded = next((at for at, text in enumerate(rest) if re.fullmatch(r"-\w*c", text)), None)
        return not rest or (coded is not None and len(rest) > coded + 1 and _text_only_reads(rest[coded + 1], shell))
    if any(UNKNOWN in text or is_secret(posixpath.normpath(text)) for text in texts if text):
        return False
    program = PROGRAMS.get(name)
    if program is not None:
        return program.takes in {Takes.DATA, Takes.READS} and not program.asks & set(rest)
    if name in {"cd", "true"} or (set(rest) <= {"--version", "--help", "-V", "version"} and rest):
        return True
    return _known_reads(name, texts, shell)


def _known_reads(name: str, texts: Sequence[str], shell: Judging) -> bool:
    from governance.shell.elsewhere import judge_elsewhere  # noqa: PLC0415  # it comes here for what carries a command

    before = len(shell.findings.verdicts)
    if judge_elsewhere(name, [Word(text=text) for text in texts], Input(), shell):
        return len(shell.findings.verdicts) == before
    return name in _READERS and not any(map(_ACTS.fullmatch, texts[1:]))


def _ssh(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    _ssh_options(texts, part, shell)
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        at += 2 if words[at].text in _SSH_VALUED else 1
    command = words[at + 1 :]
    while command and command[0].text in _SSH_VALUED | {"-t", "-tt", "-q", "-v", "-n", "--"}:
        command = command[2 if command[0].text in _SSH_VALUED else 1 :]
    judge_remote_text(" ".join(word.text for word in command), part, shell)
    if given.given and not _text_only_reads(given.text, shell):
        shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _ssh_options(texts: Sequence[str], part: str, shell: Judging) -> None:
    joined = " ".join(texts)
    runs = re.search(r"(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ]+([^\n]+)", joined, re.IGNORECASE)
    if runs:
        shell.text(runs[1].strip("'\""))
        shell.findings.ask(why("elsewhere.hides", part=part), Risk.HIGH, network=True)
    if any(re.match(r"-\w*[RDLw](?:\d|$|\S+:)", text) for text in texts):
        shell.findings.ask(why("elsewhere.tunnel", part=part), Risk.HIGH, network=True)


def _enters(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Programs that run the rest of their words in a container, a device or another system of this machine."""
    texts = [word.text for word in words[1:]]
    verb, valued = _ENTERS[name]
    part = clip(" ".join([name, *texts]))
    if verb and verb not in texts:
        return False
    at = texts.index(verb) + 1 if verb else 0
    while at < len(texts) and texts[at].startswith("-") and texts[at] not in {"--", "-e", "--exec", "-c"}:
        at += 2 if texts[at] in valued else 1
    at += name == "distrobox" and texts[at : at + 1] != ["--"]
    rest = [word for word in words[at + 1 :] if word.text not in {"--", "-e", "--exec"}]
    judge_remote_text(" ".join(word.text for word in rest), part, shell)
    if given.given:
        judge_remote_text(given.text, part, shell)
    return True


_ENTERS: dict[str, tuple[str, frozenset[str]]] = {
    "adb": ("shell", frozenset()),
    "distrobox": ("enter", frozenset({"-n", "--name"})),
    "toolbox": ("run", frozenset({"-c", "--container", "-d", "-r"})),
    "wsl": ("", frozenset({"-d", "-u", "--distribution", "--user", "--cd"})),
}
"""By program, the verb behind which a command stands, and its options with a value."""


def _spreads(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """ansible, pssh and others that run something on many machines."""
    texts = [word.text for word in words[1:]]
    trying = {"--check", "-C", "--syntax-check", "--list-hosts", "--list-tasks", "--list-tags", "--version", "--help"}
    if trying & set(texts) or not plain_of(texts):
        return True
    part = clip(" ".join([name, *texts]))
    module = next((texts[at + 1] for at, text in enumerate(texts[:-1]) if text in {"-m", "--module-name"}), "")
    if name == "ansible" and module.rpartition(".")[2] in {"ping", "setup", "gather_facts", "debug", "stat"}:
        return True
    argument = next((texts[at + 1] for at, text in enumerate(texts[:-1]) if text in {"-a", "--args"}), "")
    if name == "ansible" and module.rpartition(".")[2] in {"", "command", "shell"} and argument:
        judge_remote_text(argument, part, shell)
    else:
        shell.findings.ask(why("elsewhere.unread", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _keys(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    part = clip(" ".join(word.text for word in words))
    shell.findings.ask(why("elsewhere.persists", part=part), Risk.CRITICAL, network=name == "ssh-copy-id")
    return True


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(("autossh", "mosh", "ssh", "sshpass", "tsh"), _ssh),
    **dict.fromkeys(
        ("ansible", "ansible-playbook", "ansible-pull", "fab", "cap", "pssh", "pdsh", "parallel-ssh"), _spreads
    ),
    **dict.fromkeys(_ENTERS, _enters),
    "ssh-copy-id": _keys,
}
"""The rule for each of these programs."""
