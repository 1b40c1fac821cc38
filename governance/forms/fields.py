"""What a server of others asks for, field by field, and whether what somebody answers is such a value.

The schema is the flat one of the Model Context Protocol (modelcontextprotocol.io/specification/2025-11-25/client/
elicitation): texts, numbers, yes or no, one of several, some of several. Anything else is no form and is declined.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from channels.base import NexoraError
from channels.locales import say
from channels.text.grammar import folded, spellings
from governance.values.reasons import Why, why

MOST_FIELDS = 10
MOST_OPTIONS = 40
LONGEST_VALUE = 2_000
LONGEST_NAME = 80
_SECRET = re.compile(
    r"pass(?:word|wd|phrase|code)|(?<![a-z])pwd(?![a-z])|secret|token|credential|api[ _-]?key|private[ _-]?key"
    r"|access[ _-]?key|(?<![a-z])(?:pin|otp|cvv|cvc|2fa|mfa|totp)(?![a-z])|one[ _-]?time[ _-]?code"
    r"|passwort|kennwort|geheim|schlüssel|zugangsdaten|密码|密碼|口令|密钥|密鑰|令牌|验证码|驗證碼|私钥|私鑰|凭证|凭据"
)
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[,，;；、\n]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class FormRefused(NexoraError):
    """Nobody is asked this."""

    def __init__(self, reason: Why) -> None:
        super().__init__(str(reason))
        self.why = reason


class ValueWrong(NexoraError):
    """That is no such value; the reason says which would be."""

    def __init__(self, reason: Why) -> None:
        super().__init__(str(reason))
        self.why = reason


class FieldKind(StrEnum):
    """What a field takes. Alphabetical."""

    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    SEVERAL = "several"
    TEXT = "text"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedField:
    """One field, as it may be stored. `options` are values with what people read of them; bounds are None for none.

    `least` and `most` bound a number, the letters of a text, or how many are chosen.
    """

    name: str
    kind: FieldKind
    title: str = ""
    about: str = ""
    is_required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    default: Any = None
    least: float | None = None
    most: float | None = None
    form: str = ""

    @property
    def shown(self) -> str:
        """What people call it."""
        return self.title or self.name


def fields_of(schema: Mapping[str, Any]) -> tuple[AskedField, ...]:
    """The fields of a schema. Raises FormRefused."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties or len(properties) > MOST_FIELDS:
        raise FormRefused(why("form.refused.shape"))
    needed = schema.get("required")
    required = frozenset(str(each) for each in needed) if isinstance(needed, list) else frozenset()
    found = tuple(_field(str(name), each, is_required=name in required) for name, each in properties.items())
    for field in found:
        if is_secret(field):
            raise FormRefused(why("form.refused.secret", field=field.shown[:LONGEST_NAME]))
    return found


def is_secret(field: AskedField) -> bool:
    """Whether it looks as if it wanted a password or the like, which the protocol forbids to ask for in a form."""
    texts = (_HUMPS.sub(" ", each).replace("_", " ") for each in (field.name, field.title, field.about))
    return any(_SECRET.search(each.casefold()) for each in texts)


def _field(name: str, given: Any, *, is_required: bool) -> AskedField:
    if not isinstance(given, Mapping) or not name.strip() or len(name) > LONGEST_NAME:
        raise FormRefused(why("form.refused.shape"))
    kind, options = _kind_of(given)
    bounds = {
        FieldKind.TEXT: ("minLength", "maxLength"),
        FieldKind.SEVERAL: ("minItems", "maxItems"),
        FieldKind.INTEGER: ("minimum", "maximum"),
        FieldKind.NUMBER: ("minimum", "maximum"),
    }.get(kind, ("", ""))
    field = AskedField(
        name=name,
        kind=kind,
        title=_text(given.get("title"))[:LONGEST_NAME],
        about=_text(given.get("description"))[:400],
        is_required=is_required,
        options=options,
        least=_bound(given.get(bounds[0])),
        most=_bound(given.get(bounds[1])),
        form=_text(given.get("format")),
    )
    return _with_default(field, given.get("default"))


def _with_default(field: AskedField, default: Any) -> AskedField:
    """With its default, where that is a value that it takes."""
    if default is None:
        return field
    typed = "\n".join(map(str, default)) if isinstance(default, list) else str(default)
    try:
        value = read_value(field, typed)
    except ValueWrong:
        return field
    return replace(field, default=value)


def _kind_of(given: Mapping[str, Any]) -> tuple[FieldKind, tuple[tuple[str, str], ...]]:
    match given.get("type"):
        case "boolean":
            return FieldKind.YES_NO, ()
        case "integer":
            return FieldKind.INTEGER, ()
        case "number":
            return FieldKind.NUMBER, ()
        case "string":
            options = _options(given)
            return (FieldKind.CHOICE, options) if options else (FieldKind.TEXT, ())
        case "array" if isinstance(given.get("items"), Mapping) and (options := _options(given["items"])):
            return FieldKind.SEVERAL, options
    raise FormRefused(why("form.refused.shape"))


def _options(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The values one may choose, with their titles: `enum`, with `enumNames` in older servers, `oneOf` or `anyOf`."""
    titled = given.get("oneOf") or given.get("anyOf")
    plain = given.get("enum")
    if isinstance(titled, list):
        found = [(each.get("const"), each.get("title")) for each in titled if isinstance(each, Mapping)]
    elif isinstance(plain, list):
        names = given.get("enumNames")
        titles = names if isinstance(names, list) and len(names) == len(plain) else plain
        found = list(zip(plain, titles, strict=True))
    else:
        return ()
    if not found or len(found) > MOST_OPTIONS or not all(isinstance(value, str) and value for value, _ in found):
        raise FormRefused(why("form.refused.shape"))
    return tuple((str(value), _text(title) or str(value)) for value, title in found)


def _text(given: Any) -> str:
    return given.strip() if isinstance(given, str) else ""


def _bound(given: Any) -> float | None:
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


# What somebody answers


def read_value(field: AskedField, typed: str) -> Any:
    """The value that somebody typed. Raises ValueWrong, whose sentence says what would be one."""
    typed = typed.strip()
    if len(typed) > LONGEST_VALUE:
        raise ValueWrong(why("form.wrong.long", most=str(LONGEST_VALUE)))
    match field.kind:
        case FieldKind.YES_NO:
            return _yes_or_no(typed)
        case FieldKind.CHOICE:
            return _chosen(field, typed)
        case FieldKind.SEVERAL:
            return _several(field, typed)
        case FieldKind.INTEGER | FieldKind.NUMBER:
            return _number(field, typed)
        case FieldKind.TEXT:
            return _words(field, typed)


def shown_value(field: AskedField, value: Any, language: str = "en") -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return say("form.yes" if value else "form.no", language)
    titles = dict(field.options)
    if isinstance(value, list):
        return ", ".join(titles.get(str(each), str(each)) for each in value) or "—"
    return titles.get(value, value) if isinstance(value, str) else f"{value:.15g}"


def _yes_or_no(typed: str) -> bool:
    said = folded(typed)
    for word, answer in (("yes", True), ("no", False)):
        if said in {folded(each) for each in (*spellings(word), word, str(answer))}:
            return answer
    raise ValueWrong(why("form.wrong.yes_no"))


def _chosen(field: AskedField, typed: str) -> str:
    """By its value, what people read of it, or its number."""
    for value, title in field.options:
        if typed in {value, title}:
            return value
    said = folded(typed)
    same = [value for value, title in field.options if said in {folded(value), folded(title)}]
    if len(same) == 1:
        return same[0]
    number = _as_number(typed)
    if number is not None and number == int(number) and 1 <= number <= len(field.options):
        return field.options[int(number) - 1][0]
    raise ValueWrong(why("form.wrong.choice", options=listed_options(field.options)))


def listed_options(options: Sequence[tuple[str, str]]) -> str:
    """The options by their numbers, on one line."""
    return "; ".join(f"{number} = {title}" for number, (_, title) in enumerate(options, start=1))[:600]


def _several(field: AskedField, typed: str) -> list[str]:
    parts = [part.strip() for part in _SEPARATORS.split(typed) if part.strip()]
    chosen = list(dict.fromkeys(_chosen(field, part) for part in parts))
    if field.least is not None and len(chosen) < field.least:
        raise ValueWrong(why("form.wrong.few", least=f"{field.least:g}"))
    if field.most is not None and len(chosen) > field.most:
        raise ValueWrong(why("form.wrong.many", most=f"{field.most:g}"))
    return chosen


def _as_number(typed: str) -> float | None:
    try:
        value = float(folded(typed).replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number(field: AskedField, typed: str) -> float | int:
    value = _as_number(typed)
    if value is None:
        raise ValueWrong(why("form.wrong.number"))
    if field.kind is FieldKind.INTEGER and value != int(value):
        raise ValueWrong(why("form.wrong.integer"))
    if field.least is not None and value < field.least:
        raise ValueWrong(why("form.wrong.least", least=f"{field.least:g}"))
    if field.most is not None and value > field.most:
        raise ValueWrong(why("form.wrong.most", most=f"{field.most:g}"))
    return int(value) if field.kind is FieldKind.INTEGER else value


def _words(field: AskedField, typed: str) -> str:
    if not typed:
        raise ValueWrong(why("form.wrong.empty"))
    if field.least is not None and len(typed) < field.least:
        raise ValueWrong(why("form.wrong.short", least=f"{field.least:g}"))
    if field.most is not None and len(typed) > field.most:
        raise ValueWrong(why("form.wrong.long", most=f"{field.most:g}"))
    if field.form in _FORMS and not _FORMS[field.form](typed):
        raise ValueWrong(why(f"form.wrong.{field.form.replace('-', '_')}"))
    return typed


def _is_date(typed: str) -> bool:
    try:
        date.fromisoformat(typed)
    except ValueError:
        return False
    return True


def _is_moment(typed: str) -> bool:
    try:
        return datetime.fromisoformat(typed).tzinfo is not None
    except ValueError:
        return False


def _is_address(typed: str) -> bool:
    try:
        parts = urlsplit(typed)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))


_FORMS = {
    "date": _is_date,
    "date-time": _is_moment,
    "email": lambda typed: bool(_MAIL.fullmatch(typed)),
    "uri": _is_address,
}
