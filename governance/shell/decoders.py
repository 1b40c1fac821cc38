"""What a program would print, where that follows from its arguments and its input alone: echo, base64, rev and so on.

So that `echo cm0gLXJm… | base64 -d | sh` is judged by what it says. It answers UNKNOWN rather than guess.
"""

import base64
import binascii
import re
import string
import zlib
from collections.abc import Callable, Sequence

from governance.shell.grammar.words import unescape_ansi
from governance.shell.scope import UNKNOWN

MAX_OUTPUT = 65_536

DECODERS = frozenset(
    {
        "age",
        "base32",
        "base58",
        "base64",
        "basenc",
        "bunzip2",
        "bzcat",
        "gpg",
        "gunzip",
        "lz4",
        "openssl",
        "rev",
        "tr",
        "unxz",
        "unzstd",
        "uudecode",
        "xxd",
        "xz",
        "xzcat",
        "zcat",
        "zstd",
        "zstdcat",
    },
)
"""Programs that turn one text into another that a reader cannot foresee."""


def output_of(name: str, args: Sequence[str], stdin: str) -> str:
    """What it prints, or UNKNOWN. `stdin` is what it reads, UNKNOWN within where that is not known."""
    if any(UNKNOWN in arg for arg in args):
        return UNKNOWN
    printer = _PRINTERS.get(name)
    if printer is None or (name not in {"echo", "printf", "which"} and UNKNOWN in stdin):
        return UNKNOWN
    try:
        return printer(list(args), stdin)[:MAX_OUTPUT]
    except (ValueError, IndexError, TypeError, OverflowError, zlib.error):
        return UNKNOWN


def _echo(args: list[str], _: str) -> str:
    escapes, newline = False, True
    while args and re.fullmatch(r"-[neE]+", args[0]):
        flags = args.pop(0)
        newline = newline and "n" not in flags
        escapes = "e" in flags or (escapes and "E" not in flags)
    text = " ".join(args)
    text = unescape_ansi(re.sub(r"\\0([0-7]{1,3})", r"\\\1", text)) if escapes else text
    return text + ("\n" if newline else "")


def _printf(args: list[str], _: str) -> str:
    if args and args[0] == "--":
        args.pop(0)
    if args[0].startswith("-"):
        return UNKNOWN
    form, rest = unescape_ansi(args[0]), args[1:]
    if not re.search(r"%[^%]", form):
        return form.replace("%%", "%")
    if re.search(r"%[^%sdb]", form):
        return UNKNOWN
    printed = ""
    while True:
        printed += re.sub(r"%([%sdb])", lambda match: _converted(match[1], rest), form)
        if not rest or len(printed) > MAX_OUTPUT:
            return printed


def _converted(kind: str, rest: list[str]) -> str:
    if kind == "%":
        return "%"
    value = rest.pop(0) if rest else ""
    return unescape_ansi(value) if kind == "b" else value


def _which(args: list[str], _: str) -> str:
    """Where the shell would find a program, as `$(which python3)` says; another place would be the same program."""
    return f"/usr/bin/{args[0]}\n" if len(args) == 1 and re.fullmatch(r"[\w.+-]+", args[0]) else UNKNOWN


def _cat(args: list[str], stdin: str) -> str:
    return stdin if not args or args == ["-"] else UNKNOWN


def _base64(args: list[str], stdin: str) -> str:
    decode = any(re.fullmatch(r"-[a-zA-Z]*[dD][a-zA-Z]*|--d(?:e(?:c(?:o(?:de?)?)?)?)?", arg) for arg in args)
    if [arg for arg in args if not arg.startswith("-")]:
        return UNKNOWN
    if not decode:
        return base64.b64encode(_bytes(stdin)).decode() + "\n"
    return _text(_unbase64(stdin))


def _unbase64(text: str) -> bytes:
    packed = re.sub(r"[^A-Za-z0-9+/]", "", text)
    return base64.b64decode(packed + "=" * (-len(packed) % 4))


def _base32(args: list[str], stdin: str) -> str:
    if not any(arg.startswith(("-d", "--d", "-D")) for arg in args):
        return UNKNOWN
    packed = re.sub(r"[^A-Z2-7]", "", stdin)
    return _text(base64.b32decode(packed + "=" * (-len(packed) % 8)))


def _xxd(args: list[str], stdin: str) -> str:
    flags = "".join(arg.lstrip("-") for arg in args if arg.startswith("-"))
    if "r" not in flags or "p" not in flags or any(not arg.startswith("-") for arg in args):
        return UNKNOWN
    return _text(binascii.unhexlify(re.sub(r"\s", "", stdin)))


def _openssl(args: list[str], stdin: str) -> str:
    if args[0] in {"base64", "enc"} and "-d" in args and ("-base64" in args or "-a" in args or args[0] == "base64"):
        return _text(_unbase64(stdin)) if not {"-in", "-pass", "-k"} & set(args) else UNKNOWN
    return UNKNOWN


def _rev(args: list[str], stdin: str) -> str:
    return UNKNOWN if args else "\n".join(line[::-1] for line in stdin.split("\n"))


def _tac(args: list[str], stdin: str) -> str:
    return UNKNOWN if args else "".join(reversed(re.findall(r"[^\n]*\n|[^\n]+", stdin)))


_CLASSES = {
    "[:lower:]": string.ascii_lowercase,
    "[:upper:]": string.ascii_uppercase,
    "[:digit:]": string.digits,
    "[:space:]": " \t\n\r\v\f",
    "[:blank:]": " \t",
    "[:punct:]": string.punctuation,
}


def _set(text: str) -> str:
    for name, members in _CLASSES.items():
        text = text.replace(name, members)
    text = unescape_ansi(text)
    return re.sub(
        r"(.)-(.)", lambda match: "".join(chr(code) for code in range(ord(match[1]), ord(match[2]) + 1)), text
    )


def _tr(args: list[str], stdin: str) -> str:
    deletes = args[0] in {"-d", "--delete"}
    if deletes and len(args) == 2:  # noqa: PLR2004  # the flag and one set
        gone = set(_set(args[1]))
        return "".join(letter for letter in stdin if letter not in gone)
    if len(args) != 2 or args[0].startswith("-"):  # noqa: PLR2004  # two sets
        return UNKNOWN
    source, target = _set(args[0]), _set(args[1])
    padded = target + target[-1:] * (len(source) - len(target))
    return stdin.translate({ord(a): b for a, b in zip(source, padded, strict=False)})


def _gunzip(args: list[str], stdin: str) -> str:
    if [arg for arg in args if arg not in {"-c", "-d", "-dc", "-cd", "-", "--stdout", "--decompress"}]:
        return UNKNOWN
    return _text(zlib.decompressobj(wbits=47).decompress(_bytes(stdin), MAX_OUTPUT))


def _sed(args: list[str], stdin: str) -> str:
    match = re.fullmatch(r"s(.)([\w .,=+-]*)\1([\w .,=/+-]*)\1(g?)", args[-1]) if len(args) == 1 else None
    if match is None:
        return UNKNOWN
    count = 0 if match[4] else 1
    changed = (re.sub(re.escape(match[2]), lambda _: match[3], line, count=count) for line in stdin.split("\n"))
    return "\n".join(changed) if "." not in match[2] else UNKNOWN


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "surrogateescape")
    return UNKNOWN if "\0" in text and raw[:2] != b"\x1f\x8b" else text


_PRINTERS: dict[str, Callable[[list[str], str], str]] = {
    "base32": _base32,
    "base64": _base64,
    "cat": _cat,
    "echo": _echo,
    "gunzip": _gunzip,
    "gzip": _gunzip,
    "openssl": _openssl,
    "printf": _printf,
    "rev": _rev,
    "sed": _sed,
    "tac": _tac,
    "tee": lambda _, stdin: stdin,
    "tr": _tr,
    "which": _which,
    "xxd": _xxd,
    "zcat": _gunzip,
}
