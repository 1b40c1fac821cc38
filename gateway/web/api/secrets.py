"""The API of secrets: one's own, and for admins those of the installation. A value goes in and never comes out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from gateway.web.api.openapi import Operation
from gateway.web.api.types import Given
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.people.people import Person
from governance.secrets.names import LONGEST, NAME, Holder, HolderKind, SecretMissing, StoredSecret
from governance.secrets.store import Secrets

SecretName = Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]
Owner = Literal["me", "installation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of secrets uses."""

    secrets: Secrets


class HolderGiven(Given):
    """What may have a secret, by its kind and its name."""

    kind: HolderKind
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}$")]

    @property
    def holder(self) -> Holder:
        """As the secrets know it."""
        return Holder(self.kind.value, self.name)


class HolderChange(HolderGiven):
    """Whether it may have it from now on."""

    may: bool = True


class SecretGiven(Given):
    """A value to keep; it is never shown again. `holders` may have it besides those that may already."""

    value: Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"writeOnly": True})]
    holders: Annotated[tuple[HolderGiven, ...], Field(max_length=50)] = ()


class SecretOut(BaseModel):
    """Everything about a secret but its value."""

    name: str
    owner: Owner
    version: int
    holders: list[str]
    created_by: str
    created_at: datetime
    changed_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, one: StoredSecret) -> "SecretOut":
        """As the API shows it."""
        same = ("name", "version", "created_by", "created_at", "changed_at", "used_at")
        owner: Owner = "me" if one.owner else "installation"
        return cls(owner=owner, holders=[*map(str, one.holders)], **{name: getattr(one, name) for name in same})


async def list_secrets(request: web.Request) -> list[SecretOut]:
    """One's own; for admins those of the installation too. Never a value."""
    return [SecretOut.of(one) for one in await needs_of(request, Needs).secrets.list(request[PERSON])]


async def set_secret(request: web.Request, owner: Owner, name: SecretName, secret: SecretGiven) -> SecretOut:
    """Keep a value under a name, new or in the place of an older one."""
    secrets, me = needs_of(request, Needs).secrets, request[PERSON]
    holders = [each.holder for each in secret.holders]
    await secrets.set(name, secret.value, by=me, owner=_whose(me, owner), holders=holders, origin=request[ORIGIN])
    return await _shown(request, owner, name)


async def remove_secret(request: web.Request, owner: Owner, name: SecretName) -> None:
    """Forget a secret for good; nobody gets it any more."""
    me = request[PERSON]
    await needs_of(request, Needs).secrets.remove(name, by=me, owner=_whose(me, owner), origin=request[ORIGIN])


async def allow_secret(request: web.Request, owner: Owner, name: SecretName, change: HolderChange) -> SecretOut:
    """Let a holder have a secret, or no longer where `may` is false."""
    secrets, me = needs_of(request, Needs).secrets, request[PERSON]
    await secrets.entitle(name, change.holder, by=me, owner=_whose(me, owner), may=change.may, origin=request[ORIGIN])
    return await _shown(request, owner, name)


async def rotate_secret(request: web.Request, owner: Owner, name: SecretName) -> SecretOut:
    """Seal the value under a new key of its own."""
    me = request[PERSON]
    await needs_of(request, Needs).secrets.rotate(name, by=me, owner=_whose(me, owner), origin=request[ORIGIN])
    return await _shown(request, owner, name)


def _whose(me: Person, owner: Owner) -> UUID | None:
    return me.id if owner == "me" else None


async def _shown(request: web.Request, owner: Owner, name: str) -> SecretOut:
    me = request[PERSON]
    listed = await needs_of(request, Needs).secrets.list(me)
    found = next((one for one in listed if (one.name, one.owner) == (name, _whose(me, owner))), None)
    if found is None:  # removed meanwhile
        raise SecretMissing
    return SecretOut.of(found)


_AT = "/api/secrets/{owner}/{name}"
OPERATIONS = (
    Operation("GET", "/api/secrets", list_secrets),
    Operation("PUT", _AT, set_secret, problems=(403, 404)),
    Operation("DELETE", _AT, remove_secret, problems=(403, 404)),
    Operation("POST", f"{_AT}/holders", allow_secret, problems=(403, 404)),
    Operation("POST", f"{_AT}/rotate", rotate_secret, problems=(403, 404)),
)
