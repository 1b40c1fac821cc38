"""Why a package is refused whole: what is wrong and with which file, as a sentence in every language."""

from channels.base import NexoraError
from channels.locales import say
from channels.text.plain import shortened
from channels.text.visible import visible

_LONGEST_SHOWN = 120


class PackageRefused(NexoraError):
    """The package cannot be taken; nothing of it was kept."""

    def __init__(self, reason: str, /, **about: str) -> None:
        """`reason` names the sentence `package.REASON`; `file` and `other` among the fields are names as found."""
        fields = {name: _shown(value) if name in {"file", "other"} else value for name, value in about.items()}
        super().__init__(say(f"package.{reason}", "en", **fields))
        self.reason, self.fields = reason, fields

    def said(self, language: str) -> str:
        """What is wrong, and what to do about it."""
        return say(f"package.{self.reason}", language, **self.fields)


def _shown(name: str) -> str:
    return visible(shortened(name, _LONGEST_SHOWN))
