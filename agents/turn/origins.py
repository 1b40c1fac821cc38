"""Reads from a prompt where everything in it comes from, for the guard (guard.origins). It judges nothing."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agents.memory.block import BEGINS, without_block
from agents.models.context import QUOTED, CallOutcome, Prepared, calls_in
from agents.models.summary import is_summary, lines_of_outsiders
from agents.skills.shelf import built_in
from agents.skills.skills import PREFIX
from agents.tools.tool import Tool
from governance.guard.fields import AnswerFields
from governance.guard.origins import Origins, search_address
from governance.values.verdicts import Effect

_FROM_OTHERS = ("fetched/", "received/")
"""Folders of a workspace whose files come from outsiders: pages, and what people were sent and passed on."""
_QUOTES = "a quoted message"
_FOLDED = "a summary of what came before"
_SEARCH = "a web search"
_SKILL = "use_skill"
_RECALL = "recall"
_BEFORE = "what was said before"
_MAILBOX = "read_mailbox"
_MAIL = "mail in a mailbox"
_SHOWN = 80
_NOTE = re.compile(r"[(（].*[)）]")
"""A line beside what a person said, such as where a file of theirs lies (`chat.file_saved`)."""
_LEAST_REQUEST = 24
"""With fewer characters somebody only says yes to what they have asked for before."""
_OF_RECORDS = frozenset({Effect.CHANGES, Effect.CONSULTS, Effect.SENDS})
"""Tools of servers whose answers tell what is in the account that they are signed in with."""
_OF_TEXTS = frozenset({Effect.FETCHES, Effect.READS, Effect.RUNS, Effect.SEARCHES})


def origins_of(prompt: Sequence[Prepared], tools: Mapping[str, Tool], own_from: int) -> Origins:
    """The origins of what a prompt holds. `own_from` is where the words of the person begin who speaks now.

    In a room of several people that is this turn, for what others said there before is theirs.
    """
    said: list[str] = []
    fields = AnswerFields()
    read: dict[str, str] = {}
    fetched: list[str] = []
    has_data = has_changed = is_quoted = False
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for place, body in enumerate(prompt):
        if is_summary(body):
            # Whatever was read before is behind it, and a model wrote it: nobody has asked for anything by it.
            has_data = has_changed = True
            _take_summary(body, read, fields)
        elif body.role == "user":
            own, quoted, more = _apart(body["content"])
            has_data = has_data or more
            is_quoted = is_quoted or bool(quoted.strip())
            if place < own_from:
                own, quoted = "", f"{quoted}\n{own}"
            said.append(own)
            if quoted.strip():
                read[_QUOTES] = f"{read.get(_QUOTES, '')}\n{quoted}"
                fields.texts.append(quoted.casefold())
        elif body.role == "assistant":
            asked.update({call_id: (name, arguments) for call_id, name, arguments in calls_in(body)})
        elif body.role == "tool":
            if body.outcome is CallOutcome.NOT_RUN:
                continue
            name, arguments = asked.get(str(body.get("tool_call_id")), ("", {}))
            effect = tools[name].effect if name in tools else Effect.NONE
            server = tools[name].server if name in tools else name.partition("__")[0] * ("__" in name)
            has_data = has_data or name == _RECALL or effect in {Effect.CONSULTS, Effect.READS, Effect.RUNS}
            fetched += _addresses(effect, arguments, tools[name].subject if name in tools else "")
            told = str(body.get("content"))
            source = server or _outsider(name, effect, arguments, told)
            _note(fields, told, effect, server=server, is_text=bool(source) or effect in _OF_TEXTS)
            if source:
                is_theirs = server or (
                    source not in {_BEFORE, _MAIL} and _is_theirs(effect, arguments, has_changed=has_changed)
                )
                read[source] = f"{read.get(source, '')}\n{told}" if is_theirs else read.get(source, "")
            has_changed = has_changed or effect in {Effect.RUNS, Effect.WRITES}
    return Origins(
        said="\n".join(said),
        request=_request(said),
        fields=fields,
        read=read,
        fetched=tuple(fetched),
        has_data=has_data,
        is_room_alone=set(read) == {_QUOTES} and not is_quoted,
    )


def _take_summary(body: Prepared, read: dict[str, str], fields: AnswerFields) -> None:
    """Outsiders' words in a summary; the person's own stand between them, so that no address may hold any of it."""
    if folded := lines_of_outsiders(body):
        read[_FOLDED] = ""
        fields.texts.append(folded.casefold())


def _note(fields: AnswerFields, told: str, effect: Effect, *, server: str, is_text: bool) -> None:
    """Take in a result: what a server answers has fields, what outsiders may have written is text."""
    if server and effect in _OF_RECORDS:
        fields.add(told)
    elif is_text:
        fields.texts.append(told.casefold())


def _request(said: Sequence[str]) -> str:
    """The words by which somebody asks for what is done now: their last ones, and those before a mere yes."""
    own = [each for each in said if each.strip()]
    last = own[-1] if own else ""
    return "\n".join(own[-2:]) if len(last.strip()) < _LEAST_REQUEST else last


def _apart(content: Any) -> tuple[str, str, bool]:
    """A person's own words, the words that they quote, and whether pictures or notes from memory stand beside.

    Notes of ours, which name files as whoever made them did, are neither.
    """
    parts = content if isinstance(content, list) else [{"type": "text", "text": str(content)}]
    texts = [str(part.get("text")) for part in parts if part.get("type") == "text"]
    lines = [line for text in texts for line in without_block(text).splitlines()]
    own = "\n".join(line for line in lines if not line.startswith(QUOTED) and not _NOTE.fullmatch(line.strip()))
    quoted = "\n".join(line.removeprefix(QUOTED) for line in lines if line.startswith(QUOTED))
    has_data = len(texts) < len(parts) or any(BEGINS in text for text in texts)
    return own, quoted, has_data


def _addresses(effect: Effect, arguments: Mapping[str, Any], subject: str) -> list[str]:
    """Where such a call has led, as addresses that may carry something."""
    if effect is Effect.SEARCHES:
        return [search_address(str(arguments.get(subject or "query", "")))]
    return [str(arguments.get(subject or "url", ""))] if effect is Effect.FETCHES else []


def _outsider(name: str, effect: Effect, arguments: Mapping[str, Any], told: str) -> str:
    """Where the result of such a call comes from, when outsiders wrote it; else empty."""
    if effect is Effect.SEARCHES:
        return _SEARCH if "query" in arguments else ""
    if effect is Effect.FETCHES:
        return str(arguments.get("url", ""))
    if name in {_MAILBOX, _RECALL, _SKILL}:
        return _of_ours(name, arguments, told)
    if effect is Effect.RUNS:
        command = str(arguments.get("command", ""))
        met = arguments.get("network") or _names_others(command) or _folder_in(told)
        return command[:_SHOWN] if met else ""
    return _read_from(str(arguments.get("path", "")), told) if effect is Effect.READS else ""


def _of_ours(name: str, arguments: Mapping[str, Any], told: str) -> str:
    """The same for tools of ours that tell what others wrote; of what was said before only lines that are quoted."""
    if name == _SKILL:
        return _skill(str(arguments.get("name", "")))
    if name == _MAILBOX:
        return _MAIL
    return _BEFORE if any(line.startswith(QUOTED) for line in told.splitlines()) else ""


def _is_theirs(effect: Effect, arguments: Mapping[str, Any], *, has_changed: bool) -> bool:
    """Whether nothing but outsiders' words can stand in such a result, so that an address may hold them.

    What a command prints can be anybody's, a search goes through all files, and what was once changed here may be a
    copy: a key is not known to the world because it was put beside a page. Codes in a mail are for the person alone.
    """
    if effect is Effect.RUNS:
        return False
    path = str(arguments.get("path", ""))
    if effect is not Effect.READS or path.startswith(PREFIX):
        return True
    return not has_changed and posixpath.normpath(path).startswith(_FROM_OTHERS)


def _read_from(path: str, told: str) -> str:
    """Which file of outsiders was read; a search through more than one says in its result what it has met."""
    if path.startswith(PREFIX):
        return _skill(path.removeprefix(PREFIX).lstrip("/").partition("/")[0])
    normal = posixpath.normpath(path or ".")
    if _names_others(f"{normal}/"):
        return normal
    return _folder_in(told)


def _folder_in(told: str) -> str:
    """Which folder of outsiders a line of this begins with, as a search through all files tells its places."""
    return next((folder for folder in _FROM_OTHERS if any(_begins(line, folder) for line in told.splitlines())), "")


def _names_others(text: str) -> bool:
    return any(folder in text for folder in _FROM_OTHERS)


def _begins(line: str, folder: str) -> bool:
    return line.strip().removeprefix("./").startswith(folder)


def _skill(name: str) -> str:
    """A skill that did not come with the release, by its name."""
    name = name.strip()
    return "" if not name or name in {each.name for each in built_in()} else f"the skill {name}"
