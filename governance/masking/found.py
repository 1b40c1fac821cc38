"""What a text may hide, and where: a kind and a span. Only the shape; who looks for what stands in its neighbours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class SecretKind(StrEnum):
    """What a secret was known by. Alphabetical."""

    ASSIGNMENT = "assignment"
    HEADER = "header"
    JWT = "jwt"
    KNOWN = "known"
    PEM = "pem"
    PROVIDER = "provider"
    URL = "url"


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A secret from `start` up to `end` of a text."""

    start: int
    end: int
    kind: SecretKind


def apart(found: Iterable[FoundSecret]) -> list[FoundSecret]:
    """What was found, in order, without what lies in something longer; where two overlap, one from end to end."""
    kept: list[FoundSecret] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=each.end)
    return kept
