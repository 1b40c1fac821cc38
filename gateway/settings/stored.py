"""References in the settings to secrets that the database keeps: `secret:NAME` in the place of a value.

A reference is worth something only to who may have that secret: the channel, the models' provider or the setting in
which it stands. The address of the database and the master key cannot be kept there, for they open it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from channels.mistakes import Place
from governance.secrets.names import Holder, referred

StoredValues = Mapping[Holder, Mapping[str, str]]
"""The values that each holder was handed, by name."""
_OPENERS = {("database", "url"), ("keys", "master")}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReference:
    """One reference: where it stands, which secret it names, and who has to be allowed to have that."""

    place: Place
    name: str
    holder: Holder

    @property
    def opens_the_database(self) -> bool:
        """Whether it stands where nothing of the database can be read yet."""
        return self.place in _OPENERS

    @property
    def lack(self) -> str:
        """What to do where there is no such secret for this holder."""
        return (
            f"refers to the secret {self.name}, which is not kept or not for the {self.holder}: nexora secret set "
            f"{self.name}, then nexora secret allow {self.name} {self.holder}"
        )


def references(data: Any, place: Place = ()) -> Iterator[StoredReference]:
    """Every reference of a settings file."""
    if isinstance(data, str) and (name := referred(data)):
        yield StoredReference(place=place, name=name, holder=_holder_at(place))
    elif isinstance(data, Mapping):
        for key, inner in data.items():
            yield from references(inner, (*place, str(key)))
    elif isinstance(data, list):
        for index, inner in enumerate(data):
            yield from references(inner, (*place, index))


def filled(data: Any, values: StoredValues, place: Place = ()) -> Any:
    """The same data with the values in their places, of a kind that no setting but a secret takes."""
    if isinstance(data, str):
        value = values.get(_holder_at(place), {}).get(referred(data)) if referred(data) else None
        return data if value is None else SecretStr(value)
    if isinstance(data, Mapping):
        return {key: filled(inner, values, (*place, str(key))) for key, inner in data.items()}
    if isinstance(data, list):
        return [filled(inner, values, (*place, index)) for index, inner in enumerate(data)]
    return data


def _holder_at(place: Place) -> Holder:
    if place[:1] == ("channels",) and len(place) > 1:
        return Holder("channel", str(place[1]))
    if place[:2] == ("models", "providers") and len(place) > 2:  # noqa: PLR2004  # a name follows
        return Holder("model", str(place[2]))
    return Holder("setting", ".".join(map(str, place)))
