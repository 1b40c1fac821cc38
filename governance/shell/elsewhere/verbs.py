"""The words by which tools with sub-commands say whether they read or change, and how the word is found among options.

A tool's own table decides; a word that stands in none counts as a change. An option whose value stands apart from it
may hide the verb, so a word behind an unknown option never makes a command free by itself.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from governance.shell.scope import Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk


def words_of(names: str) -> frozenset[str]:
    """The words of a table; `+` joins the words of a phrase."""
    return frozenset(name.replace("+", " ") for name in names.split())


READS = words_of(
    "about browse cat check checks config-get count current describe diff display doctor events exists explain export"
    " find get get-value head health help history info inspect list logs log lookup ls plan ping preview ps query read"
    " render search select show stat stats status tail template test top tree usage validate verify version versions"
    " view"
    " wait watch whoami"
)
"""Words by which most tools read."""

CHANGES = words_of(
    "abandon abort accept activate add alter allow apply approve archive assign associate attach authorize"
    " backup-now ban"
    " batch bind block boot bulk cancel change clear clone close comment commit complete confirm connect convert"
    " copy cp"
    " create deactivate deallocate decommission decrease default delete demote deny deploy deprecate deregister"
    " destroy detach"
    " disable disassociate disconnect dismiss down downgrade drain drop edit eject enable encrypt erase evict exec"
    " execute"
    " expand expire expose fail failover flush force fork format freeze generate grant halt import increase"
    " init-cluster"
    " install invalidate invite invoke issue join kill label launch leave lock login logout manage merge migrate modify"
    " move mv open patch pause perform pin poweroff prioritize promote provision prune publish pull-request purge"
    " push put"
    " quarantine raise reactivate reassign reboot rebuild recover recreate redeploy reduce refresh register reimage"
    " reject"
    " release reload remove rename renew reopen repair replace replay request reset resize resolve restart restore"
    " resume"
    " retire retry revert review revoke rm roll rollback rotate run save scale schedule seal send set shrink shut"
    " shutdown"
    " sign silence skip snapshot-restore split start stop submit subscribe suspend swap switch sync tag taint terminate"
    " transfer trigger truncate unassign unban unbind unblock uncordon cordon undeploy uninstall unlabel unlink unlock"
    " unpublish unregister unseal unset unsubscribe unsuspend untag untaint update upgrade upload upsert wipe write"
    " yank"
)
"""Words by which most tools change something; `delete-object` counts as `delete`."""


_CAMEL = re.compile(r"([A-Z][a-z]+)(?=[A-Z])")
_READ_BEGINNINGS = frozenset({"check", "describe", "get", "list", "lookup", "query", "search", "show"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbProgram:
    """One program with sub-commands.

    reads: words, or phrases of two, that only read or stay on this machine. changes: those that do not although their
    first word is in `reads`. secrets: words or phrases that show or fetch a credential. valued: options with a value of
    their own. tries: options under which nothing happens. `deep` holds when the verb may stand behind names of groups,
    and then the common words count too; names: groups that are named like a verb.
    """

    reads: frozenset[str]
    changes: frozenset[str] = field(default_factory=frozenset)
    secrets: frozenset[str] = field(default_factory=frozenset)
    valued: frozenset[str] = field(default_factory=frozenset)
    tries: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)
    deep: bool = False


def tool(
    reads: str, changes: str = "", secrets: str = "", *, valued: str = "", tries: str = "--dry-run"
) -> VerbProgram:
    """A tool whose first word is its verb."""
    return VerbProgram(
        reads=words_of(reads) | {"help", "version", "completion"},
        changes=words_of(changes),
        secrets=words_of(secrets),
        valued=words_of(valued),
        tries=words_of(tries),
    )


def groups(
    reads: str = "", changes: str = "", secrets: str = "", *, valued: str = "", tries: str = "", names: str = ""
) -> VerbProgram:
    """A tool whose verb stands behind names of groups."""
    return VerbProgram(
        reads=words_of(reads) | READS | {"completion"},
        changes=words_of(changes),
        secrets=words_of(secrets),
        valued=words_of(valued),
        tries=words_of(tries),
        names=words_of(names),
        deep=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A word that is no option; `sure` unless it may be the value of the option before it."""

    text: str
    sure: bool


def plain_of(texts: Sequence[str], valued: frozenset[str] = frozenset()) -> list[Plain]:
    """The words that are no options and no values of those that are known to have one."""
    found: list[Plain] = []
    before = ""
    for at, text in enumerate(texts):
        if text == "--":
            found.extend(Plain(text=one, sure=True) for one in texts[at + 1 :])
            break
        if before not in valued and not (text.startswith("-") and len(text) > 1):
            found.append(Plain(text=text, sure=not before.startswith("-") or "=" in before))
        before = "" if before in valued else text
    return found


def first_of(word: str) -> str:
    """What a word begins with: `delete` of `delete-object`, of `DeleteObject` and of `pg:delete`."""
    last = word.rpartition(":")[2]
    camel = _CAMEL.match(last)
    return camel[1].lower() if camel else last.partition("-")[0].lower()


def is_change(text: str) -> bool:
    """Whether most tools change something by this word."""
    return first_of(text) in CHANGES or text.lower() in CHANGES


def _reads(head: str, one: VerbProgram) -> bool:
    verb = head.partition(" ")[0]
    if head in one.changes or verb in one.changes:
        return False
    if head in one.reads or verb in one.reads:
        return True
    return one.deep and (first_of(verb) in _READ_BEGINNINGS or verb.rpartition(":")[2] in one.reads)


def _changes(head: str, one: VerbProgram) -> bool:
    verb = head.partition(" ")[0]
    return head in one.changes or verb in one.changes or (is_change(verb) and not _reads(head, one))


def heads_of(texts: Sequence[str], one: VerbProgram) -> list[str]:
    """The words that may be the verb, each with the one that follows it: up to the first that is one for certain."""
    words = plain_of(texts, one.valued)
    heads: list[str] = []
    for at, word in enumerate(words):
        following = words[at + 1].text if at + 1 < len(words) else ""
        if word.text in one.names and following:
            continue
        heads.append(f"{word.text} {following}".strip())
        if word.sure and (not one.deep or _changes(heads[-1], one) or _reads(heads[-1], one)):
            break
    return heads


def is_free(texts: Sequence[str], one: VerbProgram) -> bool:
    """Whether these arguments only read, show help or try."""
    if any(text in one.tries or text.startswith(tuple(f"{name}=" for name in one.tries)) for text in texts):
        return not {"--dry-run=none", "--dry-run=false"} & set(texts)
    if {"--help", "-h", "--version"} & set(texts):
        return True
    heads = heads_of(texts, one)
    if not heads:
        return True
    return not any(_changes(head, one) for head in heads) and any(_reads(head, one) for head in heads)


def names_secret(texts: Sequence[str], one: VerbProgram) -> bool:
    """Whether the verb is one that shows or fetches a credential."""
    words = [word.text for word in plain_of(texts, one.valued)]
    return bool({*words[:4], *map(" ".join, itertools.pairwise(words))} & one.secrets)


def judge_tool(name: str, one: VerbProgram, words: Sequence[Word], shell: Judging) -> None:
    """Judge a tool with sub-commands by its table."""
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    if names_secret(texts, one):
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH, network=True)
    elif not is_free(texts, one):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
