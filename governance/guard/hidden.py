"""What a model may not read, and the references that stand in its place: `‹secret:3fa2›`, one for each value.

A reference belongs to a conversation and is the same however often the value comes up, also after a restart: the values
lie in the database, wrapped by the master key. A call that holds a reference is judged and run with the value; what is
stored, shown and approved holds the reference. A value never leaves the workspace unless a person agrees each time.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog

from channels.base import NexoraError
from governance.egress.hosts import secret_reference
from governance.guard.calls import ProposedCall
from governance.keys.master_key import KeyChanged, MasterKey
from governance.masking import MASK, keys_in
from governance.masking.found import FoundSecret, SecretKind, apart
from governance.masking.known import HANDED_OUT, KnownValues
from governance.record.transaction import Store, Transaction, load_queries
from governance.values.reasons import Why, why
from governance.values.verdicts import Ask, Effect, Refused, Risk, Verdict

_log = structlog.get_logger(__name__)
_QUERIES = Path(__file__).with_suffix(".sql")
_REFERENCE = re.compile(r"‹secret:([0-9a-f]{4,32})›")
_DIGITS = range(4, 33, 2)
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./~-]+")
"""Signs that mean only themselves to a shell inside a word."""
_SHORTEST = 8
MOST_VALUES = 500
"""Of one conversation; what comes beyond is masked and cannot be put back."""
_STAYING = frozenset({Effect.RUNS, Effect.WRITES})
_RESTORED = _STAYING | {Effect.FETCHES}


class ReferenceWrong(NexoraError):
    """A reference to a secret stands for nothing here, or its value cannot stand there."""

    def __init__(self, sentence: str, rule: str) -> None:
        super().__init__(sentence)
        self.rule = f"secret.{rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A call with the values in their places, to be judged and run. `values` are those, by their references."""

    call: ProposedCall
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict in words that hold the references again."""
        return replace(verdict, because=_told(verdict.because, self.values)) if self.values else verdict


class Hidden:
    """Hides values from models and puts them back.

    `own` are secrets of the gateway itself by name, known by heart: a model reads which one stood there, and nothing
    that it writes gets the value back. `of_proxy` are the names of those that go along at the proxy of a command.
    """

    def __init__(
        self,
        store: Store,
        master: MasterKey,
        own: Mapping[str, str] = MappingProxyType({}),
        of_proxy: Collection[str] = (),
    ) -> None:
        self._store = store
        self._own = KnownValues(own)
        self._of_proxy = frozenset(of_proxy)
        self._master = master
        self._key = hmac.digest(master.secret, b"nexora references to secrets", "sha256")
        self._queries = load_queries(_QUERIES)

    def holds_keys(self, text: str) -> bool:
        """Whether something in it is hidden from models, whatever conversation it belongs to."""
        return bool(keys_in(text) or self._own.found_in(text) or HANDED_OUT.found_in(text))

    async def hide(self, conversation: str, text: str) -> str:
        """The text as a model may read it: whole, with a reference for each secret. Raises DatabaseAway."""
        return "".join(shown for shown, _ in await self._pieces(conversation, text))

    async def hide_lines(self, conversation: str, text: str) -> list[tuple[int, str]]:
        """The same by lines, each with its place in the text, counted from 0: a secret of several leaves a gap."""
        return list(_lines(await self._pieces(conversation, text)))

    async def _pieces(self, conversation: str, text: str) -> list[tuple[str, int]]:
        """What is shown, piece by piece, each with how many line ends are hidden by it."""
        known = await self._values(conversation)
        by_heart = (*self._own.found_in(text), *HANDED_OUT.found_in(text))
        found = apart([*keys_in(text), *_occurring(text, known.values()), *by_heart])
        if not found:
            return [(text, 0)]
        names = {value: name for name, value in known.items()}
        values = (text[each.start : each.end] for each in found)
        fresh = self._named(conversation, (value for value in values if not self._shown(value)), names)
        if fresh:
            await self._keep(conversation, fresh)

        def instead(value: str) -> str:
            if shown := self._shown(value):
                return shown
            return f"‹secret:{names[value]}›" if value in names else MASK

        return _replaced(text, found, instead)

    def _shown(self, value: str) -> str:
        """What stands for a secret of the gateway, or one that was handed out; empty where it is neither."""
        for known in (self._own, HANDED_OUT):
            if known.found_in(value):
                name = known.name_in(value)
                return secret_reference(name) if name else MASK
        return ""

    async def put_back(self, call: ProposedCall) -> Restored:
        """The call with the values for its references; as it is where it has none, or sends things elsewhere.

        Raises ReferenceWrong and DatabaseAway.
        """
        self._require_usable(call)
        wanted = set(_references(call.arguments)) if call.effect in _RESTORED else set()
        if not wanted:
            return Restored(call=call)
        known = await self._values(call.conversation)
        for name in sorted(wanted - known.keys()):
            raise ReferenceWrong(
                f"‹secret:{name}› stands for no secret of this conversation; copy references exactly as you read them",
                "unknown",
            )
        values = {f"‹secret:{name}›": known[name] for name in sorted(wanted)}
        for reference, value in values.items():
            if self._shown(value):  # given a reference before it became one of the settings
                raise self._unusable(self._own.name_in(value), reference)
        _require_plain(call, values)
        arguments = {name: _filled(value, values) for name, value in call.arguments.items()}
        told = replace(call, arguments=arguments, secrets=tuple(values), reading=None)
        return Restored(call=told, values=values)

    def _require_usable(self, call: ProposedCall) -> None:
        """A secret of the gateway stands nowhere else, and its reference is never written in the place of its value."""
        texts = "\0".join(_texts(call.arguments))
        for name in sorted(self._own.names | HANDED_OUT.names):
            if secret_reference(name) in texts:
                raise self._unusable(name, secret_reference(name))

    def _unusable(self, name: str, reference: str) -> ReferenceWrong:
        if name in self._of_proxy:
            return ReferenceWrong(
                f"{reference} is put into requests on their way, and its value can be neither used nor written; "
                "leave it out, and name its host",
                "of_proxy",
            )
        if name not in self._own.names:
            return ReferenceWrong(
                f"{reference} is handed to those alone who may have it, and its value can be neither used nor written; "
                "leave it out, and leave lines that hold it as they are",
                "of_holder",
            )
        return ReferenceWrong(
            f"{reference} belongs to the settings of the gateway, and its value can be neither used nor written; "
            "leave it out, and leave lines that hold it as they are",
            "of_gateway",
        )

    async def _values(self, conversation: str) -> dict[str, str]:
        """The values of a conversation by the digits of their references."""
        values: dict[str, str] = {}
        for row in await self._store.fetch(self._queries["of_conversation"], conversation):
            name = row["reference"]
            try:
                if row["master"] == self._master.id:
                    values[name] = self._master.unwrap(_tied(conversation, name), row["nonce"], row["wrapped"]).decode()
            except KeyChanged:
                _log.warning("hidden_value_lost", conversation=conversation, reference=name)
        return values

    def _named(self, conversation: str, values: Iterable[str], names: dict[str, str]) -> dict[str, str]:
        """Give each value that has none a reference in `names`; the new ones."""
        fresh: dict[str, str] = {}
        taken = set(names.values())
        for value in values:
            if value in names or len(names) >= MOST_VALUES:
                continue
            digest = hmac.digest(self._key, f"{conversation}\0{value}".encode(), hashlib.sha256).hex()
            names[value] = fresh[value] = next(digest[:size] for size in _DIGITS if digest[:size] not in taken)
            taken.add(names[value])
        return fresh

    async def _keep(self, conversation: str, fresh: Mapping[str, str]) -> None:
        wrapped = [self._master.wrap(_tied(conversation, name), value.encode()) for value, name in fresh.items()]
        async with self._store.transaction() as work:
            await work.execute(
                self._queries["keep"],
                conversation,
                list(fresh.values()),
                [nonce for nonce, _ in wrapped],
                [sealed for _, sealed in wrapped],
                self._master.id,
                self._store.now(),
            )


def judge_secrets(call: ProposedCall, verdict: Verdict) -> Verdict:
    """The verdict on a call that was given secrets: it says so, and asks as high where they could leave."""
    if not call.secrets or isinstance(verdict, Refused):
        return verdict
    named = ", ".join(call.secrets)
    if takes_out(call, verdict):
        leaves = why("secret.leaves", references=named)
        asks = verdict if isinstance(verdict, Ask) else Ask(because=leaves, network=verdict.network)
        risk = max(asks.risk, Risk.HIGH, key=lambda each: each.rank)
        because = why("both", one=verdict.because, other=leaves) if asks is verdict else leaves
        return replace(asks, because=because, risk=risk, inside=False)
    if isinstance(verdict, Ask):
        return replace(verdict, because=why("both", one=verdict.because, other=why("secret.used", references=named)))
    return verdict


def takes_out(call: ProposedCall, verdict: Verdict) -> bool:
    """Whether the secrets of a call could leave the workspace by it, so that no standing grant answers for it."""
    if not call.secrets or isinstance(verdict, Refused):
        return False
    return call.effect not in _STAYING or verdict.network or bool(call.arguments.get("network"))


def _require_plain(call: ProposedCall, values: Mapping[str, str]) -> None:
    """Whoever decides sees the reference, so its value may hold nothing that a shell would interpret."""
    if call.effect is not Effect.RUNS:
        return
    for reference, value in values.items():
        if reference in call.subject_value and not _PLAIN.fullmatch(value):
            raise ReferenceWrong(
                f"{reference} holds signs that a shell interprets, so it cannot stand in a command; "
                "write it into a file with write_file, and let the command read that",
                "not_plain",
            )


def _tied(conversation: str, name: str) -> str:
    return f"hidden {conversation} {name}"


def has_references(call: ProposedCall) -> bool:
    """Whether a call is given hidden values."""
    return any(True for _ in _references(call.arguments))


def _references(value: Any) -> Iterable[str]:
    for text in _texts(value):
        yield from _REFERENCE.findall(text)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: values[found[0]], value)
    if isinstance(value, Mapping):
        return {name: _filled(inner, values) for name, inner in value.items()}
    return [_filled(inner, values) for inner in value] if isinstance(value, list) else value


def _told(reason: Why, values: Mapping[str, str]) -> Why:
    fields = {
        name: _told(each, values) if isinstance(each, Why) else _again(each, values)
        for name, each in reason.fields.items()
    }
    return replace(reason, fields=fields)


def _again(text: str, values: Mapping[str, str]) -> str:
    for reference, value in values.items():
        text = text.replace(value, reference)
    return text


def _occurring(text: str, values: Iterable[str]) -> Iterable[FoundSecret]:
    """Where values that are known stand in a text, whatever is around them."""
    for value in values:
        at = text.find(value) if len(value) >= _SHORTEST else -1  # a short one is hidden only where its form tells
        while at >= 0:
            yield FoundSecret(at, at + len(value), SecretKind.PROVIDER)
            at = text.find(value, at + len(value))


def _replaced(text: str, found: Sequence[FoundSecret], instead: Callable[[str], str]) -> list[tuple[str, int]]:
    pieces: list[tuple[str, int]] = []
    at = 0
    for each in found:
        value = text[each.start : each.end]
        pieces += [(text[at : each.start], 0), (instead(value), value.count("\n"))]
        at = each.end
    return [*pieces, (text[at:], 0)]


def _lines(pieces: Iterable[tuple[str, int]]) -> Iterator[tuple[int, str]]:
    begun, place, line = 0, 0, ""
    for shown, hidden in pieces:
        first, *more = shown.split("\n")
        line += first
        for each in more:
            yield begun, line
            place += 1
            begun, line = place, each
        place += hidden
    yield begun, line


async def rewrap_hidden(work: Transaction, old: MasterKey, new: MasterKey) -> int:
    """Have another master key wrap the values of every conversation; how many. What does not open is left as it is."""
    queries, count = load_queries(_QUERIES), 0
    for row in await work.fetch(queries["wrapped_by"], old.id):
        place = _tied(row["conversation"], row["reference"])
        try:
            nonce, wrapped = new.wrap(place, old.unwrap(place, row["nonce"], row["wrapped"]))
        except KeyChanged:
            _log.warning("hidden_value_lost", conversation=row["conversation"], reference=row["reference"])
            continue
        await work.execute(queries["rewrap"], row["conversation"], row["reference"], nonce, wrapped, new.id)
        count += 1
    return count


async def forget(store: Store, since: datetime) -> None:
    """Remove what came up before that and belongs to no conversation that went on since. Raises DatabaseAway."""
    await store.fetch(load_queries(_QUERIES)["forget"], since)
