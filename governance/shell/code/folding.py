"""What an expression of Python comes to, where that follows from the code alone: texts, numbers, lists, names.

What cannot be known becomes UNKNOWN, also within a text. It computes a little and bounded, and runs nothing.
"""

import ast
import base64
import binascii
import codecs
import posixpath
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from governance.shell.scope import HOME, UNKNOWN

MAX_TEXT = 65_536
MAX_ITEMS = 512
MAX_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class DottedName:
    """A module, a function or an attribute by its full dotted name; `?` stands for an object that is not known."""

    name: str


_WIDE = re.compile(r"\d{4}|%\*|[{:]\s*\{")
"""A width that would make a text grow without bounds."""


class PathValue(str):
    """A path made by `pathlib` or `os.path`."""

    __slots__ = ()


def join(*parts: Any) -> PathValue:
    """Parts of a path as one, an absolute one beginning anew."""
    texts = [part if isinstance(part, str) else UNKNOWN for part in parts]
    return PathValue(posixpath.join(*texts)[:MAX_TEXT]) if texts else PathValue(".")


def as_text(value: Any) -> str:
    """A folded value as a text, UNKNOWN where it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").replace(UNKNOWN, " ")
    return str(value) if isinstance(value, int | float) else UNKNOWN


def as_texts(value: Any) -> list[str]:
    """A folded list as texts; empty for anything else."""
    return [as_text(one) for one in value[:MAX_ITEMS]] if isinstance(value, list | tuple) else []


def at_home(text: str) -> PathValue:
    """A path as `expanduser` makes it."""
    return PathValue(HOME + text[1:] if text.startswith("~") else text)


class _Found(list[Any]):
    """What a search through files finds, one for all of them."""


def _found(folder: Any, *_: Any, **__: Any) -> _Found:
    return _Found([join(folder, UNKNOWN)])


def _walked(folder: Any, *_: Any) -> _Found:
    return _Found([(join(folder, UNKNOWN), _Found([UNKNOWN]), _Found([UNKNOWN]))])


def _bytes(value: Any) -> bytes:
    if isinstance(value, str) and UNKNOWN not in value:
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return value
    raise ValueError


def _unpacked(value: Any, bits: int) -> bytes:
    return zlib.decompressobj(wbits=bits).decompress(_bytes(value), MAX_TEXT)


def _codec(value: Any, name: Any = "utf-8", *_: Any) -> Any:
    kind = str(name).lower().replace("-", "_")
    if kind in {"rot13", "rot_13"}:
        return codecs.decode(as_text(value), "rot13")
    if kind in {"hex", "hex_codec"}:
        return binascii.unhexlify(_bytes(value))
    if kind in {"base64", "base64_codec"}:
        return base64.b64decode(_bytes(value))
    return _bytes(value).decode("utf-8", "replace")


DECODERS: dict[str, Callable[..., Any]] = {
    "base64.a85decode": lambda value, *_: base64.a85decode(_bytes(value)),
    "base64.b16decode": lambda value, *_: base64.b16decode(_bytes(value)),
    "base64.b32decode": lambda value, *_: base64.b32decode(_bytes(value)),
    "base64.b64decode": lambda value, *_: base64.b64decode(_bytes(value)),
    "base64.b85decode": lambda value, *_: base64.b85decode(_bytes(value)),
    "base64.decodebytes": lambda value, *_: base64.decodebytes(_bytes(value)),
    "base64.standard_b64decode": lambda value, *_: base64.b64decode(_bytes(value)),
    "base64.urlsafe_b64decode": lambda value, *_: base64.urlsafe_b64decode(_bytes(value)),
    "binascii.a2b_base64": lambda value, *_: base64.b64decode(_bytes(value)),
    "binascii.a2b_hex": lambda value, *_: binascii.unhexlify(_bytes(value)),
    "binascii.unhexlify": lambda value, *_: binascii.unhexlify(_bytes(value)),
    "bytes.fromhex": lambda value, *_: bytes.fromhex(as_text(value)),
    "bytearray.fromhex": lambda value, *_: bytes.fromhex(as_text(value)),
    "codecs.decode": _codec,
    "gzip.decompress": lambda value, *_: _unpacked(value, 31),
    "zlib.decompress": lambda value, *_: _unpacked(value, 15),
}
"""Functions that turn one text into another that a reader cannot foresee."""

_PLAIN: dict[str, Callable[..., Any]] = {
    "bytes": lambda value=b"", *_: bytes(value[:MAX_ITEMS]) if isinstance(value, list | tuple) else _bytes(value),
    "bytearray": lambda value=b"", *_: bytes(value[:MAX_ITEMS]) if isinstance(value, list | tuple) else _bytes(value),
    "chr": chr,
    "glob.glob": lambda pattern, *_: _found(posixpath.dirname(pattern)),
    "glob.iglob": lambda pattern, *_: _found(posixpath.dirname(pattern)),
    "int": lambda value, *base: int(value, *base) if isinstance(value, str) else int(value),
    "len": lambda value: UNKNOWN if UNKNOWN in as_texts(value) or isinstance(value, _Found) else len(value),
    "list": lambda value=(), *_: list(value)[:MAX_ITEMS],
    "ord": ord,
    "os.fsdecode": as_text,
    "os.fspath": lambda value: value,
    "os.getcwd": lambda: PathValue("."),
    "os.path.abspath": PathValue,
    "os.path.dirname": lambda value: PathValue(posixpath.dirname(value)),
    "os.path.expanduser": at_home,
    "os.path.join": join,
    "os.path.normpath": lambda value: PathValue(posixpath.normpath(value)),
    "os.walk": _walked,
    "os.path.realpath": lambda value, **_: PathValue(value),
    "pathlib.Path": lambda *parts: join(*parts) if parts else PathValue("."),
    "pathlib.Path.cwd": lambda: PathValue("."),
    "pathlib.Path.home": lambda: PathValue(HOME),
    "pathlib.PosixPath": join,
    "pathlib.PurePath": join,
    "range": lambda *bounds: (
        list(range(*bounds))[:MAX_ITEMS] if all(abs(one) < MAX_ITEMS for one in bounds) else UNKNOWN
    ),
    "reversed": lambda value: list(reversed(value)),
    "shlex.split": lambda value, *_: value.split(),
    "shlex.quote": lambda value: value,
    "sorted": lambda value, *_: sorted(value),
    "str": lambda value="", *_: as_text(value),
    "tuple": lambda value=(), *_: tuple(value)[:MAX_ITEMS],
}
_ENVIRONMENT = frozenset({"os.environ.get", "os.getenv", "os.environ"})
_METHODS = frozenset(
    {"capitalize", "decode", "encode", "format", "hex", "join", "lower", "lstrip", "replace", "rstrip", "split",
    "splitlines", "strip",
     "swapcase", "title", "upper", "removeprefix", "removesuffix", "zfill"},
)  # fmt: skip
_OF_PLACES: dict[str, Callable[..., Any]] = {
    "absolute": lambda place: place,
    "glob": _found,
    "iterdir": _found,
    "rglob": _found,
    "expanduser": at_home,
    "joinpath": join,
    "resolve": lambda place, **_: place,
    "with_name": lambda place, name: join(posixpath.dirname(place), name),
    "as_posix": lambda place: place,
}


def called(name: str, args: Sequence[Any]) -> Any:
    """What a function by its full name returns for folded arguments."""
    if name in _ENVIRONMENT:
        return PathValue(HOME) if args[:1] == ["HOME"] else UNKNOWN
    function = DECODERS.get(name) or _PLAIN.get(name)
    if function is None:
        return UNKNOWN
    try:
        return bounded(function(*args))
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError, zlib.error, KeyError):
        return UNKNOWN


def method(value: Any, name: str, args: Sequence[Any]) -> Any:
    """What a method of a known text, of bytes or of a path returns."""
    try:
        if isinstance(value, PathValue) and name in _OF_PLACES:
            return bounded(_OF_PLACES[name](value, *args))
        return bounded(_of_text(value, name, args)) if name in _METHODS else UNKNOWN
    except (ValueError, TypeError, OverflowError, IndexError, KeyError, AttributeError, LookupError):
        return UNKNOWN


def _of_text(value: Any, name: str, args: Sequence[Any]) -> Any:
    if name == "format" and isinstance(value, str):
        return _formatted(value, args)
    if name == "join":
        return _joined(value, args[0])
    if name == "decode" and args and str(args[0]).lower() not in {"utf-8", "utf8", "ascii", "latin1", "latin-1"}:
        return _codec(value, *args)
    grows = (name == "replace" and len(value) * len(args[1]) > MAX_TEXT) or (name == "zfill" and args[0] > MAX_ITEMS)
    return UNKNOWN if grows else getattr(value, name)(*args)


def _formatted(value: str, args: Sequence[Any]) -> str:
    plain = args and not any(isinstance(one, DottedName) or one == UNKNOWN for one in args) and not _WIDE.search(value)
    return value.format(*args) if plain else re.sub(r"\{[^{}]*\}", UNKNOWN, value)


def _joined(value: Any, items: Any) -> Any:
    texts = as_texts(items)
    if not isinstance(items, list | tuple) or len(value) * len(texts) + sum(map(len, texts)) > MAX_TEXT:
        return UNKNOWN
    return as_text(value).join(texts)


def bounded(value: Any) -> Any:
    """The value unless it is too large to go on with."""
    if isinstance(value, str | bytes | list | tuple):
        return value if len(value) <= MAX_TEXT else UNKNOWN
    if isinstance(value, int):
        return value if abs(value) <= MAX_NUMBER else UNKNOWN
    return value if isinstance(value, float | DottedName) or value is None else UNKNOWN


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return as_text(left) + as_text(right) if not isinstance(left, bytes) else UNKNOWN
    return left + right


def _times(left: Any, right: Any) -> Any:
    length = max(len(one) if isinstance(one, str | bytes | list | tuple) else 1 for one in (left, right))
    count = max((one for one in (left, right) if isinstance(one, int)), default=1)
    return left * right if length * count <= MAX_TEXT or length == 1 else UNKNOWN


def _percent(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        if _WIDE.search(left):
            return UNKNOWN
        values = right if isinstance(right, tuple) else (right,)
        known = all(isinstance(one, str | int | float) for one in values)
        return left % tuple(values) if known else re.sub(r"%[-#0 +]?\d*(?:\.\d+)?[a-z]", UNKNOWN, left)
    return left % right


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _add,
    ast.BitXor: lambda left, right: left ^ right,
    ast.Div: lambda left, right: (
        join(left, right) if isinstance(left, PathValue) or isinstance(right, PathValue) else left / right
    ),
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: _percent,
    ast.Mult: _times,
    ast.Sub: lambda left, right: left - right,
}


def combined(operator: ast.operator, left: Any, right: Any) -> Any:
    """What a binary operator makes of two folded values."""
    function = _OPERATORS.get(type(operator))
    if function is None or (left == UNKNOWN and not isinstance(right, str)):
        return UNKNOWN
    try:
        return bounded(function(left, right))
    except (ValueError, TypeError, OverflowError, ZeroDivisionError, KeyError):
        return UNKNOWN


def item(value: Any, index: Any) -> Any:
    """An element or a slice of a folded value."""
    try:
        return bounded(value[index]) if isinstance(value, str | bytes | list | tuple) else UNKNOWN
    except (IndexError, TypeError, ValueError):
        return UNKNOWN
