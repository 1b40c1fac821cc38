"""Values that are known by heart, found in a text as they are and as programs print them. It reads and writes nothing.

They are found whole, reversed, in base64 at any place of a longer text, in hexadecimal, as bytes, escaped for addresses
and JSON, in any case, and with blanks or other signs between their letters. All of it is one search in the text without
such signs, so its cost grows with the text alone.
"""

import base64
import html
import json
import string
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from governance.masking.found import FoundSecret, SecretKind, apart

SHORTEST = 8
"""Signs of a value, and of what is looked for; less would be found by chance."""
MOST = 500
"""Values that are remembered; the one that was not handed out for the longest time makes room."""
_FEW = 60
_BETWEEN = "-_.:,;|/\\'\"`*+=()[]{}<>" + string.whitespace + "\u00a0\u200b\u200c\u200d\u2060\ufeff"
_SQUEEZE = {ord(sign): None for sign in _BETWEEN} | {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class KnownValues:
    """Values with their names. One without a name is only known as a secret."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        """`values` by name."""
        self._names: OrderedDict[str, str] = OrderedDict()
        self._forms: dict[str, str] = {}
        self._begin: frozenset[str] = frozenset()
        self.learn(values or {})

    def learn(self, values: Mapping[str, str], *, are_named: bool = True) -> None:
        """Know these too, by name; the oldest are forgotten where they become too many."""
        for name, value in values.items():
            if len(value) >= SHORTEST:
                self._names.setdefault(value, name if are_named else "")
                self._names.move_to_end(value)
        while len(self._names) > MOST:
            self._names.popitem(last=False)
        forms = {form: name for value, name in self._names.items() for form in forms_of(value)}
        self._forms = {form: name for form, name in forms.items() if len(form) >= SHORTEST}
        self._begin = frozenset(form[:SHORTEST] for form in self._forms)

    @property
    def names(self) -> frozenset[str]:
        """The names there are."""
        return frozenset(self._names.values()) - {""}

    def found_in(self, text: str) -> list[FoundSecret]:
        """Where any of them stands, in order and apart."""
        if not self._forms or len(text) < SHORTEST:
            return []
        squeezed = text.translate(_SQUEEZE)
        spans = [span for form in self._present(squeezed) for span in _spans(squeezed, form)]
        if not spans:
            return []
        kept = [ord(sign) not in _SQUEEZE or _SQUEEZE[ord(sign)] is not None for sign in text]
        places = [at for at, is_kept in enumerate(kept) if is_kept]
        return apart(FoundSecret(places[start], places[end - 1] + 1, SecretKind.KNOWN) for start, end in spans)

    def name_in(self, text: str) -> str:
        """The name of one that stands in it; empty for none, or for one without a name."""
        squeezed = text.translate(_SQUEEZE)
        longest = max(self._present(squeezed), key=len, default="")
        return self._forms.get(longest, "")

    def _present(self, squeezed: str) -> Iterable[str]:
        if len(self._forms) > _FEW:
            windows = {squeezed[at : at + SHORTEST] for at in range(len(squeezed) - SHORTEST + 1)}
            begun = self._begin & windows
            if not begun:
                return []
            return [form for form in self._forms if form[:SHORTEST] in begun and form in squeezed]
        return [form for form in self._forms if form in squeezed]


HANDED_OUT = KnownValues()
"""Those that this process has handed to a tool, a server or a model: what they print goes through many hands, so every
surface hides them. They live as long as the process, as in whoever has them."""


def forms_of(value: str) -> frozenset[str]:
    """How programs print a value, without what may stand between its letters, in small letters."""
    data = value.encode()
    spelled = [
        *(value, value[::-1], quote(value, safe=""), quote_plus(value), html.escape(value), json.dumps(value)[1:-1]),
        *(data.hex(), data[::-1].hex(), "".join(f"{byte:o}" for byte in data), "".join(map(str, data))),
        *("".join(f"{mark}{byte:02x}" for byte in data) for mark in ("%", "x", "0x", "u00")),
        *encoded(data),
    ]
    return frozenset(each.translate(_SQUEEZE) for each in spelled)


def encoded(data: bytes) -> Iterable[str]:
    """Base64 of any longer text that holds it, but for the signs that its neighbours decide, in both alphabets."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data)
        part = whole[-(-before * 8 // 6) : (before + len(data)) * 8 // 6].decode()
        yield part
        yield part.translate({ord("+"): "-", ord("/"): "_"})


def _spans(text: str, form: str) -> Iterable[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)
