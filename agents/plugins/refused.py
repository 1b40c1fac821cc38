"""Why a plugin is not taken or not loaded, as a sentence in every language."""

from channels.base import NexoraError
from channels.text.plain import shortened
from channels.text.visible import visible
from governance.values.reasons import Why

_LONGEST_SHOWN = 400


class PluginRefused(NexoraError):
    """The plugin is not taken, or not loaded; everything else goes on."""

    def __init__(self, reason: str, /, **about: str) -> None:
        """`reason` names the sentence `plugin.REASON`; every field may be of outsiders and is shown as such."""
        fields = {name: visible(shortened(value, _LONGEST_SHOWN)) for name, value in about.items()}
        self.reason, self.why = reason, Why(word=f"plugin.{reason}", fields=fields)
        super().__init__(str(self.why))

    def said(self, language: str) -> str:
        """What is wrong, and what to do about it."""
        return self.why.said(language)
