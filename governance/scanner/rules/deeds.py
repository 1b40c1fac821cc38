"""What the code of a skill does as a whole: what it reads, whom it speaks to, what stays behind, file by file.

Rules for one language follow a value from where it is read to where it is sent. This one looks at all files together:
a machine that no page of the skill names, data that one file writes and another sends, something that is left running.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.rules.hosts import Trust, is_drop, is_plain_address, trust_of, urls_in
from governance.scanner.rules.places import (
    DOTENV,
    HARVEST,
    KEEPERS,
    PASTEBOARD,
    SECRET_NAMES,
    STRONG,
    WHOLE_ENVIRONMENT,
)
from governance.scanner.rules.signs import Sign
from governance.scanner.rules.written_patterns import WrittenPattern

_SERVICES = WrittenPattern("hosts.services")
_POSTS = WrittenPattern("deeds.posts")
_PRIVATE = WrittenPattern("deeds.private")
_ABOUT_MACHINE = WrittenPattern("deeds.about_machine")
_UNSEEN = WrittenPattern("deeds.unseen")
_STAYS = WrittenPattern("deeds.stays")
_STAYS_HIDDEN = WrittenPattern("deeds.stays_hidden")
_DESTROYS = WrittenPattern("deeds.destroys")
_REMOTE_CODE = WrittenPattern("deeds.remote_code")
_COMMENTS = re.compile(r"^[ \t]*(?:#(?!!)|//|--|REM\b|')[^\n]*", re.MULTILINE | re.IGNORECASE)
_ASKED_FOR = re.compile(
    r"^[ \t]*(?:const |let |var )?\{?([\w, ]+)\}?\s*=\s*[^\n]*\b(?:request|req|ctx|event|self)\."
    r"(?:headers|args|json|data|form|query|body|params|values|cookies|GET|POST)\b",
    re.MULTILINE,
)
_RUNS = re.compile(
    r"(?:subprocess\.\w+|os\.(?:system|popen)|\beval|\bexec|\bexecSync|\bspawn(?:Sync)?|Function)"
    r"\s*\(([^\n]{0,120})"
)
_PATH = re.compile(
    r"(?<![\w./~$-])(?P<path>[\w./~$-]{1,120}"
    r"\.(?:json|txt|zip|tar|tgz|gz|db|log|dat|csv|tmp|bin|enc|cache|jsonl|b64))\b"
)
_IMPORTED = re.compile(
    r"^[ \t]*(?:from[ \t]+\.?([\w.]+)[ \t]+import|import[ \t]+([\w.]+))"
    r"|require\([ \t]*[\"']\./([\w./-]+)[\"'][ \t]*\)|\bfrom[ \t]+[\"']\./([\w./-]+)[\"']",
    re.MULTILINE,
)
_ORDINARY_PATH = frozenset(
    {
        "package.json",
        "tsconfig.json",
        "requirements.txt",
        "config.json",
        "settings.json",
        "output.txt",
        "data.json",
        "input.txt",
        "output.json",
    }
)
_CODE = frozenset({PieceKind.AUTORUN, PieceKind.BLOCK, PieceKind.HIDDEN, PieceKind.SCRIPT, PieceKind.SETTINGS})


@dataclass(frozen=True, kw_only=True)
class DeedsOfPiece:
    """What one piece of code reads and whom it speaks to."""

    piece: ScanPiece
    own_hosts: frozenset[str]

    @cached_property
    def text(self) -> str:
        """The code without comments, line by line as it stands."""
        return _COMMENTS.sub("", self.piece.text)

    @cached_property
    def worth(self) -> int:
        """How much is worth what it reads: 3 for keys and credentials, 0 for nothing that tells."""
        if STRONG.search(self.text) or KEEPERS.search(self.text) or WHOLE_ENVIRONMENT.search(self.text):
            return 3
        if (
            DOTENV.search(self.text)
            or HARVEST.search(self.text)
            or _PRIVATE.search(self.text)
            or PASTEBOARD.search(self.text)
        ):
            return 2
        return 1 if _ABOUT_MACHINE.search(self.text) or SECRET_NAMES.search(self.text) else 0

    @cached_property
    def foreign(self) -> tuple[str, ...]:
        """The addresses of machines that are neither known to everybody nor the skill's own business."""
        return tuple(
            url
            for url in urls_in(self.text)[:60]
            if trust_of(url) in {Trust.ILL, Trust.ORDINARY}
            and not _SERVICES.search(url)
            and not is_own(url, self.own_hosts)
        )

    @cached_property
    def posts(self) -> re.Match[str] | None:
        """Where it sends something to a foreign machine."""
        if not (self.foreign or is_drop(self.text) or is_plain_address(self.text)):
            return None
        return _POSTS.search(self.text)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Names of files of data that it mentions."""
        found = {one["path"].rpartition("/")[2] for one in _PATH.finditer(self.text)}
        return frozenset(found - _ORDINARY_PATH)

    def sign(self, rule: str, points: int, at: int) -> Sign:
        """A sign at that place of the text."""
        end = self.text.find("\n", at)
        shown = self.text[self.text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(self.text)]
        return Sign(
            rule=rule, points=points, file=self.piece.file, line=self.piece.line_at(at, self.text), shown=shown.strip()
        )


def deeds(pieces: Sequence[ScanPiece], own_hosts: Iterable[str], said: str) -> Iterator[Sign]:
    """What the code in those pieces does that tells; `said` is all prose of the skill, where machines may be named."""
    hosts = frozenset(own_hosts)
    known = [
        DeedsOfPiece(piece=piece, own_hosts=hosts)
        for piece in pieces
        if piece.kind in _CODE and piece.language != "prose" and piece.may_hold_commands
    ]
    for one in known:
        yield from _sends(one, said)
        yield from _alone(one)
    yield from _between(known)


def _sends(one: DeedsOfPiece, said: str) -> Iterator[Sign]:
    if one.posts is None:
        return
    ill = is_drop(one.text) or any(trust_of(url) is Trust.ILL for url in one.foreign) or is_plain_address(one.text)
    hosts = {_host(url) for url in one.foreign}
    unnamed = any(host and host not in said for host in hosts) and one.piece.kind is PieceKind.SCRIPT
    several = len({_host(url) for url in urls_in(one.text)}) > 1
    unseen = _UNSEEN.search(one.text) is not None
    points = 1 + (one.worth > 1) + one.worth + ill + unnamed + unseen + (several and unnamed)
    if points > 1 + one.worth or one.worth > 1:
        yield one.sign("does.sends", points, one.posts.start())


def _alone(one: DeedsOfPiece) -> Iterator[Sign]:
    """What one piece does that stays, destroys, obeys another machine or whoever asks it."""
    run = one.piece.is_run
    for rule, pattern, points in (
        ("does.stays", _STAYS_HIDDEN, 5),
        ("does.stays", _STAYS, 2),
        ("does.destroys", _DESTROYS, 4),
        ("does.obeys", _REMOTE_CODE, 6),
    ):
        if found := pattern.search(one.text):
            yield one.sign(rule, points if run or rule != "does.obeys" else points - 1, found.start())
    names = {name for found in _ASKED_FOR.finditer(one.text) for name in re.findall(r"\w+", found[1])}
    for found in _RUNS.finditer(one.text):
        if names & set(re.findall(r"\w+", found[1])) or re.match(
            r"[^,]*\b(?:request|req)\.(?:headers|args|query|body|json|data)\b", found[1]
        ):
            yield one.sign("does.door", 6 if run else 5, found.start())
            return


def _between(known: Sequence[DeedsOfPiece]) -> Iterator[Sign]:
    """Data of worth that one piece writes or gives, and another sends."""
    readers = [one for one in known if one.worth > 2 and one.posts is None]  # noqa: PLR2004  # keys and credentials
    senders = [one for one in known if one.posts is not None]
    for sender in senders[:40]:
        imports = {
            name.rpartition("/")[2].rpartition(".")[2] or name
            for found in _IMPORTED.finditer(sender.text)
            for name in found.groups()
            if name
        }
        for reader in readers[:40]:
            if reader.piece is sender.piece:
                continue
            name = reader.piece.file.rpartition("/")[2].partition(".")[0]
            linked = reader.paths & sender.paths or (name in imports and reader.piece.kind is PieceKind.SCRIPT)
            if linked and sender.posts is not None:
                yield sender.sign("does.hands_on", 3 + reader.worth, sender.posts.start())
                return


def _host(url: str) -> str:
    return re.sub(r"^\w+://", "", url.lower()).partition("/")[0].partition(":")[0].rpartition("@")[2]


def is_own(url: str, own_hosts: Iterable[str]) -> bool:
    """Whether a machine's own domain is called as the skill calls itself, not what stands in front of it."""
    labels = _host(url).split(".")
    own = labels[-2] if len(labels) > 1 else labels[0]
    return any(own == word or (len(word) > 4 and word in own and "-" not in own) for word in own_hosts)  # noqa: PLR2004  # short words are in many


def host_words(texts: Iterable[str]) -> frozenset[str]:
    """Words of a name and description by which a machine's name may be known as the skill's own business."""
    found = {word for text in texts for word in re.findall(r"[a-z0-9]{4,}", text.lower())}
    return frozenset(found - _COMMON)


_COMMON = frozenset(
    {
        *(
            "http",
            "https",
            "with",
            "from",
            "that",
            "this",
            "when",
            "user",
            "users",
            "file",
            "files",
            "data",
            "tool",
            "tools",
        ),
        *(
            "help",
            "helper",
            "skill",
            "code",
            "text",
            "your",
            "into",
            "name",
            "description",
            "using",
            "read",
            "write",
            "make",
        ),
        *(
            "agent",
            "agents",
            "example",
            "server",
            "service",
            "online",
            "cloud",
            "sync",
            "docs",
            "backup",
            "stat",
            "stats",
        ),
        *(
            "metrics",
            "report",
            "reports",
            "json",
            "html",
            "python",
            "node",
            "test",
            "build",
            "work",
            "works",
            "local",
            "info",
        ),
        *(
            "update",
            "status",
            "check",
            "page",
            "pages",
            "list",
            "search",
            "export",
            "import",
            "format",
            "review",
            "fast",
        ),
        *(
            "tables",
            "table",
            "notes",
            "note",
            "create",
            "creates",
            "open",
            "plan",
            "chat",
            "mail",
            "team",
            "free",
            "live",
        ),
        *(
            "collect",
            "archive",
            "render",
            "repo",
            "model",
            "models",
            "pool",
            "proxy",
            "share",
            "host",
            "hosts",
            "script",
        ),
    }
)
