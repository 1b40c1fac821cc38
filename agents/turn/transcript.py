"""What was said, as lines to be summed up: words of people, ends of long answers, little of results, no memory."""

from collections.abc import Iterable, Sequence

from agents.memory.block import without_block
from agents.memory.said import plain_text
from agents.models.context import Prepared, calls_in, subject_of

_SAID, _ANSWERED, _RESULT, _SUBJECT = 6_000, 3_000, 400, 120


def transcript(bodies: Iterable[Prepared]) -> list[str]:
    """A line or several for each message that says something."""
    calls: dict[str, str] = {}
    told: list[str] = []
    for body in bodies:
        words = without_block(plain_text(body)).strip()
        if body.role == "tool":
            told.append(f"Result of {calls.get(str(body.get('tool_call_id')), 'a call')}: {_ends(words, _RESULT)}")
            continue
        if words:
            is_person = body.role == "user"
            told.append(f"{'Person' if is_person else 'Agent'}: {_ends(words, _SAID if is_person else _ANSWERED)}")
        for call_id, name, arguments in calls_in(body):
            calls[call_id] = f"{name} {subject_of(arguments)[:_SUBJECT]}".strip()
            told.append(f"Agent calls {calls[call_id]}")
    return told


def parts_of(lines: Sequence[str], most_bytes: int) -> list[str]:
    """The lines in as few parts as hold them, none of which is longer, unless a single line is."""
    parts: list[list[str]] = [[]]
    size = 0
    for line in lines:
        length = len(line.encode("utf-8", "replace")) + 1
        if parts[-1] and size + length > most_bytes:
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += length
    return ["\n".join(part) for part in parts if part]


def _ends(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most * 2 // 3]} […] {text[-most // 3 :]}"
