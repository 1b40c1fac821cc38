"""What is wrong with what somebody wrote (settings, a policy, an agent, a call, a request), and what they meant.

Only places, reasons and known names are told: a value is never repeated, for it may be a secret.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Place: TypeAlias = tuple[str | int, ...]
_LONGEST = 100
"""Characters of a word that are compared, since comparing takes the square of them."""
LOOSELY = 0.5
"""How much alike words must be that were typed in a hurry."""
_LIKE = 0.6
_NO_KEY = re.compile(r"[a-z-]+\[.*\]|(?:constrained|function)-.*", re.DOTALL)
"""Steps of a location that name pydantic's own way to the value, and nothing that somebody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong: pydantic's `kind` of it, where it stands, why, and the keys that are known there."""

    kind: str
    place: Place
    says: str
    known: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether it is a key that nothing reads."""
        return self.kind == "extra_forbidden"

    @property
    def is_missing(self) -> bool:
        """Whether something that is needed was not given."""
        return self.kind == "missing"

    @property
    def path(self) -> str:
        """Where it stands, in one word."""
        return dotted(self.place)

    @property
    def near(self) -> str:
        """The key that was probably meant by an unknown one; empty where none is like it."""
        return nearest(str(self.place[-1]), self.known) if self.is_unknown and self.place else ""

    @property
    def sentence(self) -> str:
        """Why it is wrong, and what was probably meant, for whoever sees the place beside it."""
        if not self.is_unknown:
            return self.says
        return f"is not known here; did you mean {self.near}?" if self.near else "is not known here"

    def meant(self, otherwise: str) -> str:
        """What was probably meant by an unknown key, or which are known."""
        return meant(str(self.place[-1]), self.known, otherwise)


def mistakes(error: ValidationError, model: type[BaseModel] | None = None) -> list[Mistake]:
    """Everything that is wrong, in order; `model` is what was validated, where its keys may be told."""
    found = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place = tuple(step for step in each["loc"] if isinstance(step, int) or not _NO_KEY.fullmatch(step))
        inside = model_at(model, place[:-1]) if model is not None and each["type"] == "extra_forbidden" else None
        known = tuple(inside.model_fields) if inside is not None else ()
        says = each["msg"].removeprefix("Value error, ")
        found.append(Mistake(kind=each["type"], place=place, says=says, known=known))
    return found


def dotted(place: Place) -> str:
    """A place in one word, as in `channels.telegram.token`."""
    return ".".join(map(str, place))


def nearest(word: str, known: Iterable[str], like: float = _LIKE) -> str:
    """The known word that somebody may have meant; empty where none is so much like it."""
    lowered = {each.casefold(): each for each in known}
    found = get_close_matches(word[:_LONGEST].casefold(), lowered, n=1, cutoff=like)
    return lowered[found[0]] if found else ""


def meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """The known word that was probably meant, or all of them after `otherwise`."""
    known = list(known)
    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"{otherwise} {', '.join(known)}"


def model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """What is validated at a place in a model; None where that is no model."""
    current: Any = model
    for step in place:
        current = _plain(current)
        if _is_model(current):
            field = current.model_fields.get(str(step))
            current = field.annotation if field is not None else None
        elif (origin := get_origin(current)) is not None and isinstance(origin, type) and issubclass(origin, Iterable):
            kinds = [kind for kind in get_args(current) if kind is not Ellipsis]
            current = kinds[-1] if kinds else None
        else:
            return None
    current = _plain(current)
    return current if _is_model(current) else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _plain(kind: Any) -> Any:
    """A kind without what is only said about it; of several, the one that holds something."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) not in {Union, UnionType}:
        return kind
    members = [_plain(each) for each in get_args(kind) if each is not type(None)]
    return next((each for each in members if _is_model(each) or get_origin(each) is not None), members[0])
