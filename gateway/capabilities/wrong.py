"""Why nothing could be taken from a source: what is wrong and what to do about it, as a sentence in every language."""

from channels.base import NexoraError
from channels.text.plain import shortened
from channels.text.visible import visible
from governance.values.reasons import Why

_LONGEST_SHOWN = 300


class SourceWrong(NexoraError):
    """Nothing could be taken from this source; nothing was kept."""

    def __init__(self, reason: str, /, **about: str) -> None:
        """`reason` names the sentence `source.REASON`; every field may be of outsiders and is shown as such."""
        fields = {name: visible(shortened(value, _LONGEST_SHOWN)) for name, value in about.items()}
        self.why = Why(word=f"source.{reason}", fields=fields)
        super().__init__(str(self.why))
        self.reason = reason

    def said(self, language: str) -> str:
        """What is wrong, and what to do about it."""
        return self.why.said(language)
