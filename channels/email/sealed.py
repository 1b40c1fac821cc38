"""The mail inside of a signature that encloses it (S/MIME, `smime-type=signed-data`; RFC 5652, 8551).

It is taken out, not verified: whether a mail is believed is for our own mail server to say (`trust`).
"""

_MOST_DEPTH = 8
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_LONG = 0x80


class BrokenSignature(ValueError):
    """This is no enclosing signature, or a broken one."""


def enclosed(content: bytes) -> bytes:
    """The bytes that were signed; raises NotReadable."""
    try:
        outer = _Piece(content, 0).children()
        if outer[0].value != _SIGNED_DATA:
            raise BrokenSignature("it is not signed data")
        signed = outer[1].children()[0].children()
        inside = signed[2].children()
        return inside[1].children()[0].octets()
    except IndexError as error:
        raise BrokenSignature("it is cut short") from error


class _Piece:
    """One value in BER: its tag, its length (which may be left open) and what is in it."""

    def __init__(self, data: bytes, at: int, depth: int = 0) -> None:
        if depth > _MOST_DEPTH:
            raise BrokenSignature("it lies too deep")
        self._data, self._depth = data, depth
        self.is_made_of_others = bool(data[at] & 0x20)
        self.tag = data[at] & 0x1F
        length, begin = data[at + 1], at + 2
        self._parts: list[_Piece] = []
        if length == _LONG:
            self.begin, self.end = begin, self._open_end(begin)
            self.next = self.end + 2
            return
        if length > _LONG:
            count = length - _LONG
            length = int.from_bytes(data[begin : begin + count], "big")
            begin += count
        self.begin, self.end = begin, begin + length
        if self.end > len(data):
            raise BrokenSignature("it is cut short")
        self.next = self.end

    def _open_end(self, at: int) -> int:
        """Where a value without a length ends: at two zeros behind its last part."""
        while self._data[at] or self._data[at + 1]:
            part = _Piece(self._data, at, self._depth + 1)
            self._parts.append(part)
            at = part.next
        return at

    @property
    def value(self) -> bytes:
        return self._data[self.begin : self.end]

    def children(self) -> list["_Piece"]:
        """Its parts in their order."""
        if not self._parts and self.is_made_of_others:
            at = self.begin
            while at < self.end:
                self._parts.append(_Piece(self._data, at, self._depth + 1))
                at = self._parts[-1].next
        return self._parts

    def octets(self) -> bytes:
        """The bytes of an octet string, which may come in pieces."""
        if not self.is_made_of_others:
            return self.value
        return b"".join(each.octets() for each in self.children())
