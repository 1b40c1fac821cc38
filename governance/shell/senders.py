"""Programs that speak to other machines: what they would send, and where they would put what comes."""

import itertools
import posixpath
import re
from collections.abc import Sequence

from governance.reasons import why
from governance.shell.contacts import contacts_of, method_of, speaks
from governance.shell.network import NETWORK
from governance.shell.places import judge_read, judge_write, resolved
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.verdicts import Risk

_UPLOADS = re.compile(
    r"(?:^|=|[\w-])@(?!-$)[\w./~\0-]|^-[A-Za-z]*[TF]$|--(?:upload-file|post-file|body-file|form|data-binary|input-file)"
)
_DATA = re.compile(r"-d.*|--(?:data|json|post-data|body-data|form)\b.*|-[A-Za-z]*F")
_WEB = frozenset({"curl", "curlie", "http", "httpie", "https", "wget", "wget2", "xh"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_COPIES = frozenset({"gsutil", "lftp", "rclone", "rsync", "s3cmd", "scp", "sftp", "smbclient", "tftp"})
_TAKES_INPUT = frozenset(
    {"ftp", "mail", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "openssl", "sendmail", "socat", "ssh",
     "swaks", "telnet", "websocat"},
)  # fmt: skip
"""Programs that send whatever comes in."""
_LOCAL_VERBS = frozenset({"dgst", "enc", "genrsa", "genpkey", "md5", "passwd", "prime", "rand", "req", "rsa", "sha256",
                          "verify", "version", "x509", "pkey", "ec", "ecparam", "base64"})  # fmt: skip
_TARGETS = {"-o", "-O", "--output", "--output-document", "-c", "--cookie-jar", "-D", "-P"}


def judge_sender(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Judge a program that speaks to other machines."""
    texts = [word.text for word in words[1:]]
    shown = clip(" ".join(word.text for word in words))
    if not shell.around.contained:
        uploads = any(_UPLOADS.search(text) for text in texts)
        sends = name in {"scp", "sftp", "rsync", "rclone", "s3cmd", "gsutil"} or uploads or given.given
        said = why("shell.sends" if sends else "shell.speaks", shown=shown)
        shell.findings.ask(said, Risk.HIGH if sends else Risk.MEDIUM, network=True)
    elif name == "openssl" and texts[:1] and texts[0] in _LOCAL_VERBS:
        pass
    elif _sends(name, words, given, shell):
        shell.findings.contacts.extend(contacts_of(shown, name, texts))
        shell.findings.ask(why("shell.sends", shown=shown), Risk.HIGH, network=True)
    else:
        speaks(shown, name, texts, shell.findings)


def _sends(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Whether data of this machine would leave it, or something be changed at the other end."""
    texts = [word.text for word in words[1:]]
    if any(word.carries for word in words[1:]):
        return True  # what a program printed stands in an address or an argument
    if name in _WEB and shell.around.network:
        return any(_UPLOADS.search(text) for text in texts)  # whom it may reach, and how, is said by the list of hosts
    if name in _WEB:
        fields = name in {"http", "https", "httpie", "xh"} and any(re.match(r"[\w-]+:?=", text) for text in texts)
        return (
            fields
            or method_of(name, texts) not in _READS
            or any(_UPLOADS.search(text) or _DATA.fullmatch(text) for text in texts)
        )
    if name in _COPIES:
        return _copies_out(name, words, shell)
    return name in _TAKES_INPUT and given.given and bool(texts)


def _copies_out(name: str, words: Sequence[Word], shell: Judging) -> bool:
    """Whether a copying program copies from here to another machine; between folders of this one it does not."""
    plain = [word for word in words[1:] if not word.text.startswith("-")]
    if not plain:
        return name not in {"rsync", "scp"}
    remote = [bool(re.match(r"(?:[\w.-]+@)?[\w.-]+:|\w+://", word.text)) or UNKNOWN in word.text for word in plain]
    if not any(remote) and name in {"rsync", "scp"}:
        for word in plain[:-1]:
            judge_read(word, shell.scope, shell.around, shell.findings, clip(name))
        judge_write(plain[-1], shell.scope, shell.around, shell.findings, clip(name))
        return False
    return remote[-1] or name in {"lftp", "smbclient", "tftp"}


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
