"""Signs: what a skill asks for or does that tells little alone, and what it tells together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that a skill asks for or does, by the name of its rule; `points` say how telling it is by itself."""

    rule: str
    points: int
    file: str
    line: int
    shown: str
