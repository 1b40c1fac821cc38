"""Why a plugin is not taken or not loaded, as a sentence in every language."""

from channels.base import NexoraError
from channels.locales import say
from channels.text.plain import shortened
from channels.text.visible import visible

_LONGEST_SHOWN = 400


class PluginRefused(NexoraError):
    """The plugin is not taken, or not loaded; everything else goes on."""

    def __init__(self, reason: str, /, **about: str) -> None:
        """`reason` names the sentence `plugin.REASON`; every field may be of outsiders and is shown as such."""
        self.reason = reason
        self.fields = {name: visible(shortened(value, _LONGEST_SHOWN)) for name, value in about.items()}
        super().__init__(say(f"plugin.{reason}", "en", **self.fields))

    def said(self, language: str) -> str:
        """What is wrong, and what to do about it."""
        return say(f"plugin.{self.reason}", language, **self.fields)
