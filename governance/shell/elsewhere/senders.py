"""Programs that speak to other machines: what would carry data of this one away, and what would change something there.

Fetching is free, since without a network it fails, and what stays on this machine's own loopback is inside the sandbox.
"""

import ipaddress
import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.verbs import plain_of
from governance.shell.network import is_loopback, targets
from governance.shell.places import judge_read, judge_write
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_DESTROYS = re.compile(
    r"(?i)(?:^|[/_.:?&=\s\"'-])(?:delete|destroy|drop|terminate|shutdown|stop|purge|flush\w*|reset|revoke|disable"
    r"|remove|truncate|wipe|kill"
    r"|_delete_by_query|_update_by_query|doDelete|uninstall|deactivate|rollback|merge|transfer|FLUSHALL)(?:$"
    r"|[/_.:?&=\s\"'-])"
)
_CURL_FILE = re.compile(r"--(?:data(?:-\w+)?|json|form|header|url-query)")
_CURL_DATA = frozenset("dF")
_CURL_VALUED = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_CURL_FLAGS = re.compile(
    r"--(?:no-[\w-]+|silent|show-error|fail(?:-with-body|-early)?|location(?:-trusted)?|insecure|compressed|include"
    r"|head"
    r"|verbose|get|ipv[46]|progress-bar|remote-name(?:-all)?|remote-header-name|create-dirs|globoff|http[\d.]+"
    r"|tlsv[\d.]+"
    r"|anyauth|basic|digest|negotiate|netrc(?:-optional)?|path-as-is|raw|retry-connrefused|retry-all-errors|parallel"
    r"|ssl"
    r"|ssl-reqd|http2-prior-knowledge|http0\.9|tcp-nodelay|tcp-fastopen|styled-output|junk-session-cookies|list-only"
    r"|append)"
)
_DOCKER_API = re.compile(r":237[56](?:/|$)")
_WGET_SENDS = re.compile(r"--(?:post|body)-file(?:=(.*))?")
_COPY_REMOTE = re.compile(r"(?:rsync|scp|sftp)://.+|(?!/|\.)(?:[^/:@\s]+@)?[\w.\[\]-]+:(?!//).*|[^/\s]+::.*")
_COPY_VALUED = frozenset({"-e", "-P", "-i", "-o", "-F", "-c", "-l", "-J", "-S", "-b", "-B", "--rsh", "--exclude",
    "--include", "--port",
                          "--exclude-from", "--files-from", "--bwlimit", "--rsync-path", "-f", "--filter",
                          "--log-file"})  # fmt: skip
_PUTS = frozenset({"ftp", "lftp", "ncftpput", "sftp", "smbclient", "tftp"})
_MAILERS = frozenset(
    {
        "himalaya",
        "mail",
        "mailx",
        "msmtp",
        "mutt",
        "neomutt",
        "nail",
        "s-nail",
        "sendmail",
        "ssmtp",
        "swaks",
        "sendemail",
        "mpack",
    }
)
_TUNNELS = frozenset(
    {"bore", "chisel", "cloudflared", "frpc", "frps", "gost", "gsocket", "gs-netcat", "inlets", "localtunnel", "lt",
    "ngrok", "pagekite",
     "pinggy", "sish", "tmate", "upterm", "ttyd", "gotty", "zrok", "ligolo-agent", "revsocks"},
)  # fmt: skip
_DROPS = frozenset({"croc", "ffsend", "gist", "magic-wormhole", "pastebinit", "transfer", "transfer.sh", "wormhole",
    "wgetpaste", "ipfs",
                    "curlftpfs", "ix", "sprunge", "onionshare-cli"})  # fmt: skip


def _sends(part: str, shell: Judging) -> None:
    shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True)


def _changes(part: str, shell: Judging) -> None:
    shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)


def stays_here(texts: Sequence[str]) -> bool:
    """Whether every host that these arguments name for certain is this machine itself."""
    hosts = [
        host
        for host, _ in targets([text for text in texts if "://" in text or re.match(r"localhost\b|127\.|\[::1", text)])
    ]
    return bool(hosts) and all(is_loopback(host) for host in hosts)


def _curl(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    options = list(_curl_options(texts))
    for option, value in options:
        if option in {
            "o",
            "--output",
            "c",
            "--cookie-jar",
            "D",
            "--dump-header",
            "--output-dir",
            "--trace",
            "--trace-ascii",
            "--stderr",
        }:
            judge_write(value, shell.scope, shell.around, shell.findings, clip(name))
        elif option in {"K", "--config", "--netrc-file", "--cert", "E", "--key", "--cacert", "b"} and (
            "/" in value or option in {"K", "--config"}
        ):
            judge_read(value, shell.scope, shell.around, shell.findings, clip(name))
        elif option in {"--unix-socket", "--abstract-unix-socket"}:
            shell.findings.ask(why("elsewhere.host", part=part), Risk.CRITICAL)
    urls = [value for option, value in options if option in {"", "--url"}]
    if any(re.match(r"file://", url, re.IGNORECASE) for url in urls):
        for url in urls:
            judge_read(
                re.sub(r"^file://[^/]*", "", url, flags=re.IGNORECASE),
                shell.scope,
                shell.around,
                shell.findings,
                clip(name),
            )
    if stays_here(urls):
        return True
    if any(word.carries for word in words[1:]):
        _sends(part, shell)
    else:
        _curl_speaks(options, urls, part, given, shell)
    return True


def _curl_speaks(
    options: Sequence[tuple[str, str]], urls: Sequence[str], part: str, given: Input, shell: Judging
) -> None:
    data = [value for option, value in options if option in _CURL_DATA or _CURL_FILE.fullmatch(option)]
    piped = (
        given.given
        and UNKNOWN in given.text
        and any(value in {"@-", "-", "@/dev/stdin"} or value.endswith("=@-") for _, value in options)
    )
    files = any(option in {"T", "--upload-file"} for option, _ in options) or any(
        re.search(r"(?:^|=)[@<](?!-$)[^\s;]", value)
        for option, value in options
        if option in {"d", "F", "H"} or _CURL_FILE.fullmatch(option)
    )
    raw = [value for option, value in options if option == "--data-raw"]
    method = next(
        (value.upper() for option, value in options if option in {"X", "--request"}), "POST" if data else "GET"
    )
    names_file = [value for value in raw if value.startswith("@")]
    if (files and not names_file) or piped:
        _sends(part, shell)
    elif method not in {"GET", "HEAD", "OPTIONS"} or any(map(_DOCKER_API.search, urls)):
        _changes(part, shell)


def _curl_options(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Each option with its value, short ones by their letter, and each address with an empty name."""
    found: list[tuple[str, str]] = []
    rest = list(texts)
    while rest:
        text = rest.pop(0)
        if text.startswith("--"):
            option, attached, value = text.partition("=")
            takes = not _CURL_FLAGS.fullmatch(option)
            found.append((option, value if attached else rest.pop(0) if takes and rest else ""))
        elif text.startswith("-") and len(text) > 1:
            for at, letter in enumerate(text[1:], start=1):
                if letter in _CURL_VALUED and letter != "h":
                    found.append((letter, text[at + 1 :] or (rest.pop(0) if rest else "")))
                    break
                found.append((letter, ""))
        else:
            found.append(("", text))
    return found


def _wget(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    for flag, word in itertools.pairwise(words[1:]):
        if flag.text in {
            "-O",
            "--output-document",
            "-P",
            "--directory-prefix",
            "-o",
            "-a",
            "--output-file",
            "--save-cookies",
        }:
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
    for text in texts:
        if match := re.fullmatch(
            r"(?:--(?:output-document|directory-prefix|output-file|save-cookies)=|-[OPo])(?!-$)(.+)", text
        ):
            judge_write(match[1], shell.scope, shell.around, shell.findings, clip(name))
    if stays_here([text for text in texts if not text.startswith("-")]):
        return True
    posts = any(text.startswith(("--post-data", "--body-data")) for text in texts)
    changes = any(re.fullmatch(r"--method=(?:DELETE|PUT|PATCH|POST)", text, re.IGNORECASE) for text in texts)
    if any(map(_WGET_SENDS.fullmatch, texts)) or any(word.carries for word in words[1:]):
        _sends(part, shell)
    elif posts or changes:
        _changes(part, shell)
    if any(text.startswith("--use-askpass") or re.match(r"-e|--execute", text) for text in texts):
        shell.findings.ask(why("elsewhere.hides", part=part), Risk.HIGH)
    return True


def _httpie(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    plain = [word.text for word in plain_of(texts, frozenset({"-a", "--auth", "-o", "--output", "--session"}))]
    if stays_here(
        [
            re.sub(r"^:(?=\d|/|$)", "localhost:", text)
            for text in plain
            if "://" in text or re.match(r":\d|:/|localhost", text)
        ]
    ):
        return True
    if any(re.search(r"@(?!-$)[\w./~]", text) and not re.match(r"https?://|\S+@\S+\.\w+$", text) for text in plain) or (
        given.given and UNKNOWN in given.text
    ):
        _sends(part, shell)
    elif {"DELETE", "PATCH", "POST", "PUT"} & {text.upper() for text in plain[:1]} or (
        plain[:1] != ["GET"] and any(re.match(r"[\w.\[\]-]+(?:=(?!=)|:=)", text) for text in plain)
    ):
        _changes(part, shell)
    return True


def _copies(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """Between machines, as scp and rsync do: to another one sends, from there is free, within this one is a copy."""
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    for flag, word in itertools.pairwise(words[1:]):
        if flag.text in {"-e", "--rsh", "-S"} and not re.match(r"ssh\b", word.text):
            shell.text(word.text)
        elif flag.text == "-o" and "ProxyCommand" in word.text:
            shell.text(re.sub(r"^ProxyCommand[= ]", "", word.text))
    ends = [word for word in words[1:] if word.text in {one.text for one in plain_of(texts, _COPY_VALUED)}]
    if len(ends) < 2:  # noqa: PLR2004  # from and to
        return True
    *sources, target = ends
    if _COPY_REMOTE.fullmatch(target.text) or target.text.startswith(UNKNOWN):
        shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True, elsewhere=True)
    else:
        judge_write(target, shell.scope, shell.around, shell.findings, clip(name))
    for source in sources:
        if not _COPY_REMOTE.fullmatch(source.text):
            judge_read(source, shell.scope, shell.around, shell.findings, clip(name))
    _rsync_removes(texts, sources, target, shell)
    return True


def _rsync_removes(texts: Sequence[str], sources: Sequence[Word], target: Word, shell: Judging) -> None:
    if "--remove-source-files" in texts:
        for source in sources:
            judge_write(source, shell.scope, shell.around, shell.findings, clip("rsync --remove-source-files"))
    if any(text.startswith("--del") for text in texts) and target.known and not _COPY_REMOTE.fullmatch(target.text):
        shell.run([Word(text="rm"), Word(text="-r"), target], Input())


def _pipes(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """What is fed to nc, socat, telnet and their like leaves, unless it is a literal word or stays here."""
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    if name == "openssl" and texts[:1] != ["s_client"]:
        return False
    if name.startswith("nc") and any(re.fullmatch(r"\d+-\d+", text) for text in texts):
        shell.findings.ask(why("elsewhere.attack", part=part), Risk.HIGH, network=True)
    listens = any(re.fullmatch(r"-\w*l\w*|--listen", text) for text in texts)
    here = listens or _names_here(texts)
    puts = r"\bm?put\b|mirror\s+-R|-c\s*['\"]?put"
    fed = given.given and not here and (UNKNOWN in given.text or bool(_DESTROYS.search(given.text)))
    told = " ".join(texts) + (f" {given.text}" if given.given else "")
    if fed or (name in _PUTS and re.search(puts, told)):
        _sends(part, shell)
    return True


def _names_here(texts: Sequence[str]) -> bool:
    for text in texts:
        try:
            if ipaddress.ip_address(text).is_loopback:
                return True
        except ValueError:
            if text == "localhost" or re.match(r"(?:localhost|127\.0\.0\.1|\[::1\]):", text):
                return True
    return False


def _resolves(_name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    if any(word.carries or re.search(rf"{UNKNOWN}\S*\.\w|\.\S*{UNKNOWN}", word.text) for word in words[1:]):
        _sends(clip(" ".join(word.text for word in words)), shell)
    return True


def _mails(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    shows = (
        {"-H", "-e", "--help", "--version", "-bp", "-V", "-f"} & set(texts) and not given.given and "-s" not in texts
    )
    if not shows and (given.given or texts):
        shell.findings.ask(
            why("elsewhere.sends", part=clip(" ".join([name, *texts]))), Risk.HIGH, network=True, elsewhere=True
        )
    return True


def _tunnels(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if texts and not {"--help", "--version", "version", "help"} & set(texts[:1]):
        word = "elsewhere.tunnel" if name in _TUNNELS else "elsewhere.sends"
        if (name == "ipfs" and texts[0] not in {"add", "pin", "name"}) or (
            name in {"croc", "wormhole", "magic-wormhole"} and texts[0] == "receive"
        ):
            return True
        shell.findings.ask(why(word, part=clip(" ".join([name, *texts]))), Risk.HIGH, network=True)
    elif given.given:
        _sends(clip(name), shell)
    return True


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(("curl", "curlie"), _curl),
    **dict.fromkeys(("wget", "wget2", "aria2c", "axel"), _wget),
    **dict.fromkeys(("http", "https", "httpie", "xh"), _httpie),
    **dict.fromkeys(("rsync", "scp"), _copies),
    **dict.fromkeys(
        ("ftp", "lftp", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "openssl", "sftp", "smbclient",
        "telnet", "tftp",
         "websocat", "ncftpput", "grpcurl"),
        _pipes,
    ),
    **dict.fromkeys(("dig", "drill", "host", "nslookup", "ping", "ping6", "traceroute", "tracepath", "mtr",
    "whois"), _resolves),
    **dict.fromkeys(_MAILERS, _mails),
    **dict.fromkeys((*_TUNNELS, *_DROPS), _tunnels),
}  # fmt: skip
"""The rule for each of these programs."""
