"""What is remembered as Markdown that a person can read, a heading for each layer."""

from collections.abc import Sequence

from agents.memory.entries import MemoryEntry, MemoryLayer
from channels.locales import say

_ORDER = (MemoryLayer.PERSON, MemoryLayer.CONVERSATION, MemoryLayer.AGENT)


def written_out(entries: Sequence[MemoryEntry], language: str) -> str:
    """The whole file, the oldest entries first."""
    parts = [f"# {say('memory.file.title', language)}"]
    for layer in _ORDER:
        own = [entry for entry in reversed(entries) if entry.owner.layer is layer]
        if own:
            parts.append(f"## {say(f'memory.layer.{layer.value}', language)}")
            parts.append("\n".join(_line(entry, language) for entry in own))
    return "\n\n".join(parts) + "\n"


def _line(entry: MemoryEntry, language: str) -> str:
    kind = say(f"command.memory.kind.{entry.kind.value}", language)
    basis = f"\n  > {entry.basis.words}" if entry.basis.words and entry.basis.words != entry.words else ""
    return f"- **{entry.label}** {entry.words} ({kind}, {entry.confirmed_at:%Y-%m-%d}, ×{entry.confirmed}){basis}"
