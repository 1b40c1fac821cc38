"""Every mutant of `tests.mutants` can still be made: its passage stands in the adapter once, and Python reads it."""

import ast
from pathlib import Path

import pytest

from channels.running import catalogue
from tests.mutants.flaws import NOTICED_BY, Edit, Flaw, kinds, mutants

ROOT = Path(__file__).parents[2]
FEWEST = 10
CASES = [pytest.param(kind, edit, id=f"{kind}-{flaw}") for kind in kinds() for flaw, edit in mutants(kind).items()]


@pytest.mark.parametrize(("kind", "edit"), CASES)
def test_a_mutant_is_an_adapter_with_one_flaw(kind: str, edit: Edit) -> None:
    assert edit.file.startswith((f"{kind}/", f"{kind}.py"))
    ast.parse(edit.applied_to((ROOT / "channels" / edit.file).read_text(encoding="utf-8")))


def test_mutants_are_of_channels_that_exist_and_of_each_there_are_enough() -> None:
    assert set(kinds()) <= set(catalogue.kinds())
    assert {kind: len(mutants(kind)) for kind in kinds() if len(mutants(kind)) < FEWEST} == {}
    assert set(NOTICED_BY) == set(Flaw)
