"""What was said before, looked through by words: here, and in a person's other private chats with the same agent."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.memory.block import without_block
from agents.memory.entries import MemoryReader
from agents.memory.words import asked_words, words_of
from agents.models.context import QUOTED
from governance.record.transaction import Store, load_queries

_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
LOOKED_THROUGH = 400
"""So many of the newest messages that have one of the words are looked at."""
_LATEST = 6
_SHORTEST = 2
_EXCERPT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBefore:
    """A message of before, as far as it is about what was looked for."""

    at: datetime
    by: str
    words: str
    is_here: bool
    is_quoted: bool = False
    """Whether somebody else's words may stand in it: what an agent said, and what a person passed on."""


class SaidMessages:
    """Looks through messages for whoever may read them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def own_words(self, reader: MemoryReader) -> str:
        """What was lately said by people in this conversation in their own words: no quotes, no notes, no files."""
        rows = await self._store.fetch(_QUERIES["own_words"], reader.conversation, _LATEST)
        return "\n".join(own_words(json.loads(row["body"])) for row in rows)

    async def search(self, reader: MemoryReader, text: str) -> list[SaidBefore]:
        """The messages that answer these words, the best first."""
        words = asked_words(text)
        patterns = [f"%{_escaped(word.rstrip('…'))}%" for word in words if len(word.rstrip("…")) >= _SHORTEST]
        if not patterns:
            return []
        rows = await self._store.fetch(
            _QUERIES["said"],
            reader.conversation,
            reader.person_id,
            reader.agent,
            patterns,
            reader.is_direct,
            LOOKED_THROUGH,
        )
        texts = [(row, without_block(plain_text(json.loads(row["body"])))) for row in rows]
        held = [words_of(told) for _, told in texts]
        common = Counter(word for one in held for word in one if word in words)
        scored = [
            (sum(words[word] * math.log(1 + len(texts) / common[word]) for word in one if word in words), row, told)
            for (row, told), one in zip(texts, held, strict=True)
        ]
        return [
            SaidBefore(
                at=row["at"],
                by="person" if row["role"] == "user" else row["agent"],
                words=_excerpt(told, words),
                is_here=row["conversation"] == reader.conversation,
                is_quoted=row["role"] != "user" or any(line.startswith(QUOTED) for line in told.splitlines()),
            )
            for score, row, told in sorted(scored, key=lambda one: -one[0])
            if score > 0
        ]


def plain_text(body: Mapping[str, Any]) -> str:
    """The words of a stored message."""
    content = body.get("content")
    parts: Sequence[Any] = content if isinstance(content, list) else [{"text": content}]
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and part.get("text"))


def own_words(body: Mapping[str, Any]) -> str:
    """What a person said in a message, without what they quoted and what was put below it."""
    lines = without_block(plain_text(body)).splitlines()
    return "\n".join(line for line in lines if not line.startswith(QUOTED))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _excerpt(text: str, words: Mapping[str, float]) -> str:
    """What stands around the first of the words."""
    line = " ".join(text.split())
    found = [at for word in words if (at := line.casefold().find(word.rstrip("…"))) >= 0]
    begins = max(0, min(found, default=0) - _EXCERPT // 3)
    shown = line[begins : begins + _EXCERPT]
    return f"{'…' if begins else ''}{shown}{'…' if begins + _EXCERPT < len(line) else ''}"
