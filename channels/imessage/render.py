"""Words and cards as Messages shows them: plain. An address becomes a link by itself, and nothing calls anybody."""

from channels.messages import Card
from channels.shared.markdown.reader import read
from channels.shared.markdown.walk import PLAIN


def words(text: str) -> str:
    """Markdown without its marks; nothing of it is lost, an address included."""
    return PLAIN.write(read(text))


def card(shown: Card) -> str:
    """Everything on the card, letter by letter."""
    facts = [f"{fact.label}: {fact.value}" for fact in shown.facts]
    return "\n".join(filter(None, (shown.title, *facts, shown.body, shown.note)))
