"""Every mutant of `tests.mutants` can still be made: its passage stands in the adapter once, and Python reads it."""

import ast
from importlib.util import module_from_spec
from pathlib import Path

import pytest

from channels import imessage
from channels.imessage import render
from channels.running import catalogue
from tests.mutants.flaws import NOTICED_BY, Edit, Flaw, kinds, mutants, told
from tests.mutants.running import Finder

ROOT = Path(__file__).parents[2]
FEWEST = 10
CASES = [pytest.param(kind, edit, id=f"{kind}-{flaw}") for kind in kinds() for flaw, edit in mutants(kind).items()]


@pytest.mark.parametrize(("kind", "edit"), CASES)
def test_a_mutant_is_an_adapter_with_one_flaw(kind: str, edit: Edit) -> None:
    assert edit.file.startswith((f"{kind}/", f"{kind}.py"))
    ast.parse(edit.applied_to((ROOT / "channels" / edit.file).read_text(encoding="utf-8")))


def test_every_channel_tells_of_every_flaw_how_it_looks_or_why_there_is_none() -> None:
    assert kinds() == sorted(catalogue.kinds())
    assert {kind: set(Flaw) - set(told(kind)) for kind in kinds() if set(Flaw) != set(told(kind))} == {}
    assert {kind: len(mutants(kind)) for kind in kinds() if len(mutants(kind)) < FEWEST} == {}
    assert set(NOTICED_BY) == set(Flaw)


@pytest.mark.parametrize("kind", kinds())
def test_what_is_impossible_has_a_reason_and_nothing_else(kind: str) -> None:
    reasons = [table for table in told(kind).values() if "impossible" in table]

    assert all(set(table) == {"impossible"} and len(table["impossible"]) > 10 for table in reasons)


def test_a_module_is_read_with_its_flaw_and_every_other_as_it_is() -> None:
    edit = Edit(file="imessage/render.py", old="return PLAIN.write(read(text))", new="return text.upper()")
    finder = Finder(edit)
    spec = finder.find_spec("channels.imessage.render", imessage.__path__)
    assert spec is not None
    assert spec.loader is not None
    mutant = module_from_spec(spec)
    spec.loader.exec_module(mutant)

    assert mutant.words("**all**") == "**ALL**"
    assert render.words("**all**") == "all"
    assert finder.find_spec("channels.imessage.api", imessage.__path__) is None
