"""Which machines a program seems to speak to: from its arguments, or from what it is known to speak to.

It is what a person is told and what a list of hosts is asked about; the proxy of the sandbox opens no other.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from governance.shell.network import NETWORK, plain_host, targets
from governance.shell.scope import UNKNOWN, Contact, Findings, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_HTTPS, _HTTP = 443, 80
_PYPI = (("pypi.org", _HTTPS), ("files.pythonhosted.org", _HTTPS))
_NPM = (("registry.npmjs.org", _HTTPS),)
_USUAL: dict[str, tuple[tuple[str, int], ...]] = {
    **dict.fromkeys(("pip", "pip3", "uv", "uvx", "poetry", "pdm", "hatch", "pipenv"), _PYPI),
    **dict.fromkeys(("npm", "npx", "pnpm", "pnpx", "bun", "bunx"), _NPM),
    "bundle": (("rubygems.org", _HTTPS), ("index.rubygems.org", _HTTPS)),
    "cargo": (("index.crates.io", _HTTPS), ("static.crates.io", _HTTPS)),
    "composer": (("repo.packagist.org", _HTTPS), ("api.github.com", _HTTPS)),
    "conda": (("conda.anaconda.org", _HTTPS), ("repo.anaconda.com", _HTTPS)),
    "gem": (("rubygems.org", _HTTPS), ("index.rubygems.org", _HTTPS)),
    "gh": (("api.github.com", _HTTPS),),
    "go": (("proxy.golang.org", _HTTPS), ("sum.golang.org", _HTTPS)),
    "yarn": (("registry.yarnpkg.com", _HTTPS),),
}
"""Where package tools and their like go when no argument says otherwise."""
_PORTS = {"ftp": 21, "git": 9418, "http": _HTTP, "https": _HTTPS, "mysql": 3306, "postgres": 5432, "postgresql": 5432,
          "redis": 6379, "sftp": 22, "ssh": 22, "git+https": _HTTPS, "git+ssh": 22, "mongodb": 27017}  # fmt: skip
_BY_PROGRAM = {"curl": _HTTP, "http": _HTTP, "https": _HTTPS, "wget": _HTTP, "ssh": 22, "scp": 22, "sftp": 22,
               "rsync": 22, "git": 22, "psql": 5432, "mysql": 3306, "redis-cli": 6379, "ftp": 21, "telnet": 23,
               "xh": _HTTP, "httpie": _HTTP, "mongosh": 27017}  # fmt: skip
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]+|localhost|\d+(?:\.\d+){3}|\[?[0-9a-f]*(?::[0-9a-f]*){2,}\]?", re.IGNORECASE)
_REMOTE = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(?!\d+$).*")
_UPLOADS = re.compile(
    r"(?:^|=|[\w-])@(?!-$)[\w./~\0-]|^-[A-Za-z]*[TF]$|--(?:upload-file|post-file|body-file|form|data-binary|input-file)"
)
_COPIES = frozenset({"gsutil", "rclone", "rsync", "s3cmd", "scp", "sftp"})
_TAKES_INPUT = frozenset(
    {"ftp", "mail", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "openssl", "sendmail", "socat", "ssh",
     "swaks", "telnet", "websocat"},
)  # fmt: skip
"""Programs that send whatever comes in."""
_LOCAL_VERBS = frozenset({"dgst", "enc", "genrsa", "genpkey", "md5", "passwd", "prime", "rand", "req", "rsa", "sha256",
                          "verify", "version", "x509", "pkey", "ec", "ecparam", "base64"})  # fmt: skip
_FLAGS = frozenset({"-h", "--host", "-H", "--hostname"})
_REGISTRIES = re.compile(r"--(?:index-url|extra-index-url|registry|default-index|index)")


def speaks(shown: str, name: str, texts: Sequence[str], findings: Findings) -> None:
    """Note whom a program would speak to; without a sandbox that asks, inside there is no network unless it is given.

    A person is asked about the network once, for the whole command.
    """
    findings.contacts.extend(contacts_of(shown, name, texts))
    findings.unsure(why("shell.speaks", shown=shown), network=True)


def judge_speaking(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """A program that speaks to other machines; what it would send from the sandbox is for `elsewhere` to say."""
    texts = [word.text for word in words[1:]]
    shown = clip(" ".join(word.text for word in words))
    if not shell.around.contained:
        sends = name in _COPIES or given.given or any(map(_UPLOADS.search, texts))
        said = why("shell.sends" if sends else "shell.speaks", shown=shown)
        shell.findings.ask(said, Risk.HIGH if sends else Risk.MEDIUM, network=True)
        return
    if name == "openssl" and texts[:1] and texts[0] in _LOCAL_VERBS:
        return
    if shell.around.network and given.given and texts and name in _TAKES_INPUT:
        shell.findings.ask(why("shell.sends", shown=shown), Risk.HIGH, network=True)
    speaks(shown, name, texts, shell.findings)


def contacts_of(shown: str, name: str, texts: Sequence[str]) -> list[Contact]:
    """The machines; one with an empty host where only the run would tell."""
    method = method_of(name, texts)
    named = dict.fromkeys(_named(name, texts))
    if not named or (name in _USUAL and name not in NETWORK and not _redirected(texts)):
        named = dict.fromkeys([*_USUAL.get(name, ()), *named])
    return [Contact(program=shown, host=host, port=port, method=method) for host, port in named or {("", 0): None}]


def _redirected(texts: Sequence[str]) -> bool:
    return any(_REGISTRIES.match(text) or text == "-i" for text in texts)


def method_of(name: str, texts: Sequence[str]) -> str:
    """The method of an HTTP request that these arguments make; GET for everything else that reads."""
    for flag, value in itertools.pairwise(texts):
        if flag in {"-X", "--request"} and value.isalpha():
            return value.upper()
    for text in texts:
        if match := re.fullmatch(r"(?:-X|--(?:request|method)=)([A-Za-z]+)", text):
            return match[1].upper()
        if name in {"http", "https", "xh"} and text in {"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}:
            return text
    if name == "git":
        return "POST" if texts[:1] == ["push"] else "GET"
    return next((method for pattern, method in _METHODS if any(pattern.match(text) for text in texts)), "GET")


_METHODS = (
    (re.compile(r"(?:-I|--head)$"), "HEAD"),
    (re.compile(r"-T|--upload-file"), "PUT"),
    (re.compile(r"-[dF]|--(?:data|json|form|post-)"), "POST"),
)
"""Options by which `curl` and `wget` choose a method without being told one."""


def _named(name: str, texts: Sequence[str]) -> Iterator[tuple[str, int]]:
    given = next((int(v) for f, v in itertools.pairwise(texts) if f in {"-p", "-P", "--port"} and v.isdigit()), None)
    for flag, value in itertools.pairwise(texts):
        if flag in _FLAGS and name not in {"curl", "wget"} and re.fullmatch(r"[\w.-]+", value):
            yield plain_host(value), given or _BY_PROGRAM.get(name, 0)
    previous = ""
    for text in texts:
        takes, previous = previous in _VALUED and name in {"curl", "wget"}, text
        if takes or (text.startswith("-") and "://" not in text):
            continue
        scheme = _SCHEME.search(text)
        if scheme is not None:
            usual = _PORTS.get(scheme[1].lower(), 0)
            found = next(iter(targets([text[scheme.start() :]])), ("", None))
            yield "" if UNKNOWN in found[0] else found[0], found[1] or usual
        elif name in NETWORK and (remote := _REMOTE.fullmatch(text)):
            yield plain_host(remote[1]), given or _BY_PROGRAM.get(name, 22)
        elif name in NETWORK and name not in {"git", "gh"}:
            host, port = next(iter(targets([text])), ("", None))
            if _HOST.fullmatch(host) and not text.endswith((".txt", ".json", ".html", ".csv", ".sql", ".gz", ".zip")):
                yield host, port or given or _BY_PROGRAM.get(name, 0)
            elif UNKNOWN in text:
                yield "", 0


_VALUED = frozenset(
    {"-o", "-O", "--output", "-H", "--header", "-d", "--data", "-A", "-e", "-u", "-X", "--request", "-b", "-c", "-F",
     "--output-document", "--data-raw", "--data-binary", "--json", "-w", "--write-out", "-P", "-m", "--max-time"},
)  # fmt: skip
"""Options of `curl` and `wget` whose value is no address."""
