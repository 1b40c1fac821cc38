"""What comes from another machine, and where it is put: running that is running what nobody here has seen."""

import itertools
import posixpath
import re
from collections.abc import Sequence

from governance.shell.decoders import DECODERS
from governance.shell.network import NETWORK
from governance.shell.places import has_arrived, judge_write, resolved
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_WEB = frozenset({"curl", "curlie", "http", "httpie", "https", "wget", "wget2", "xh"})
_TARGETS = {"-o", "-O", "--output", "--output-document", "-c", "--cookie-jar", "-D", "-P"}


def judge_cloned(words: Sequence[Word], shell: Judging) -> None:
    """A folder that `git clone` makes came from another machine with all that is in it."""
    texts = [word.text for word in words[1:]]
    if "clone" not in texts:
        return
    plain = [text for text in texts[texts.index("clone") + 1 :] if not text.startswith("-")]
    folder = (
        plain[-1] if len(plain) > 1 else posixpath.basename(plain[0].rstrip("/")).removesuffix(".git") if plain else ""
    )
    if folder and UNKNOWN not in folder:
        shell.findings.arrived.update(resolved(folder, shell.scope))


def judge_arrivals(name: str, words: Sequence[Word], shell: Judging) -> None:
    """What is written where, and that it came from another machine."""
    if name not in NETWORK and name not in {"aria2c", "axel", "aws", "gsutil", "rclone"}:
        return
    shell_ = (shell.scope, shell.around, shell.findings)
    for flag, word in itertools.pairwise(words):
        takes_name = name in _WEB and flag.text in _TARGETS and not (flag.text == "-O" and name.startswith("curl"))
        if takes_name:
            judge_write(word, *shell_, clip(name))
            shell.findings.arrived.update(resolved(word.text, shell.scope))
    if shell.around.contained:
        for word in words[1:]:
            remote = "://" in word.text or re.fullmatch(r"(?:[\w.-]+@)?[\w.-]+:[\w./~-]+", word.text)
            if remote and UNKNOWN not in word.text:
                base = posixpath.basename(word.text.partition("?")[0])
                shell.findings.arrived.update(resolved(base, shell.scope) if base else ())


def follow_arrived(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Follow what was fetched or decoded through the programs that pass it on, to those that install it."""
    texts, scope, findings = [word.text for word in words[1:]], shell.scope, shell.findings
    plain = [text for text in texts if not text.startswith("-")]
    came = any(has_arrived(text, scope, findings) for text in plain)
    if name in {"tee", "sponge"} and set(given.fed_by) & (DECODERS | NETWORK - {"git"}):
        findings.arrived.update(path for text in plain for path in resolved(text, scope))
    elif name in DECODERS:
        targets = [after for flag, after in itertools.pairwise(texts) if flag in {"-out", "-o", "--output"}]
        targets += plain[1:2] if name == "xxd" else ["."] if name == "uudecode" else []
        findings.arrived.update(path for text in targets for path in resolved(text, scope))
    elif came and name in {"7z", "bsdtar", "cpio", "unar", "unzip"}:
        findings.arrived.update(resolved(".", scope))
    elif came and name in _INSTALLERS:
        findings.ask(why("shell.runs_arrived", shown=clip(" ".join([name, *texts]))), Risk.HIGH)


_INSTALLERS = frozenset(
    {"apt", "apt-get", "brew", "dnf", "dpkg", "flatpak", "gem", "npm", "pip", "pip3", "rpm", "snap", "yum"}
)
