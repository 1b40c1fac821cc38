"""Mails as real programs write them, each with what of it must reach an agent. Everybody in them is made up."""

from tests.unit.email.shapes import (
    calendars,
    charsets,
    files,
    headers,
    passed_on,
    programs,
    replies,
    sealed,
    structures,
)
from tests.unit.email.shapes.shape import Shape

__all__ = ["SHAPES", "Shape"]

SHAPES: tuple[Shape, ...] = (
    *headers.SHAPES,
    *structures.SHAPES,
    *charsets.SHAPES,
    *files.SHAPES,
    *calendars.SHAPES,
    *passed_on.SHAPES,
    *sealed.SHAPES,
    *replies.SHAPES,
    *programs.SHAPES,
)
