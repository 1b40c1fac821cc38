"""What of a message reaches an agent: its words, what it quotes, and its files."""

from channels.messages import File, Inbound, Quote, Text


def reaching(event: Inbound | None) -> str:
    """Everything that an agent reads of the event; fails where a turn would begin without anything to read."""
    assert event is not None, "met with silence"
    own = event.text or "".join(file.name for file in event.files)
    assert own, "a turn without words"
    quotes = [
        f"{part.author.name if part.author else ''}>{part.text}" for part in event.parts if isinstance(part, Quote)
    ]
    files = [f"<{part.name}|{part.presented_as}|{part.locator}>" for part in event.parts if isinstance(part, File)]
    assert all(part.text for part in event.parts if isinstance(part, Text)), "an empty text"
    return "\n".join([*quotes, event.text, *files])
