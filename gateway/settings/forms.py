"""The options of a kind of channel as a form: what each is for, and what was typed, checked by the adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from channels.mistakes import mistakes
from channels.options import ChannelOptions, PlatformOptions
from channels.running import catalogue

_WRITTEN_AS_YAML = (bool, int, float, tuple, list, dict, set, frozenset)
_NOT_ASKED = frozenset(PlatformOptions.model_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One option. `default` is what holds when it is left empty, as it is written in the settings."""

    name: str
    help: str
    is_secret: bool
    is_needed: bool
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as it was filled in. `wrong` holds sentences by the option's name, "" for what is wrong with several."""

    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    checked: ChannelOptions | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)


def fields_of(kind: str) -> tuple[FormField, ...]:
    """The options of that kind in the order of its adapter. Raises UnknownChannelKind."""
    known = catalogue.load(kind).Options.model_fields
    return tuple(_field(name, info) for name, info in known.items() if name not in _NOT_ASKED)


def filled(kind: str, texts: Mapping[str, str]) -> Filled:
    """What the texts amount to; empty ones leave the default. Raises UnknownChannelKind."""
    model = catalogue.load(kind).Options
    given = {name: text for name, text in texts.items() if text.strip()}
    secrets = {name: text.strip() for name, text in given.items() if _is_secret(model.model_fields.get(name))}
    options = {
        name: _read(text.strip(), model.model_fields.get(name)) for name, text in given.items() if name not in secrets
    }
    try:
        checked = model.model_validate({**options, **secrets})
    except ValidationError as error:
        wrong = {str(one.place[0]) if one.place else "": one.sentence for one in mistakes(error, model)}
        return Filled(options=options, secrets=secrets, wrong=wrong)
    return Filled(options=options, secrets=secrets, checked=checked)


def _field(name: str, info: FieldInfo) -> FormField:
    plain = info.default is not PydanticUndefined and info.default is not None
    default = info.default.value if isinstance(info.default, Enum) else info.default
    return FormField(
        name=name,
        help=" ".join((info.description or "").split()),
        is_secret=_is_secret(info),
        is_needed=info.is_required(),
        default=_written(default) if plain and not _is_secret(info) else "",
        choices=_choices(info.annotation),
    )


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    shown = list(value) if isinstance(value, tuple | set | frozenset) else value
    return str(yaml.safe_dump(shown, default_flow_style=True, allow_unicode=True)).removesuffix("...\n").strip()


def _read(text: str, info: FieldInfo | None) -> Any:
    """A number, a yes or a list as YAML has them; any other option is the text itself, however it looks."""
    if info is None or not any(each in _WRITTEN_AS_YAML for each in _kinds(info.annotation)):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _is_secret(info: FieldInfo | None) -> bool:
    return info is not None and SecretStr in _kinds(info.annotation)


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(str(each) for each in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(each.value) for each in annotation)
    return ()


def _kinds(annotation: Any) -> set[Any]:
    """The types that a value of the option may have, without what is said about them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return set().union(*(_kinds(each) for each in get_args(annotation)))
    return {origin or annotation}
