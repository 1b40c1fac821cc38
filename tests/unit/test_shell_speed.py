"""That judging stays far from quadratic: ten times the aim, on the clock of the processor, not of the wall."""

import pytest

from tests.unit.bench_shell import long_commands, milliseconds, p99
from tests.unit.shell_corpus import commands


def test_judging_a_command_takes_less_than_ten_times_its_aim():
    taken = milliseconds(command for name in ("everyday.txt", "dangerous.txt") for _, command in commands(name))

    assert p99(taken) < 100


@pytest.mark.parametrize("name", long_commands())
def test_judging_64_kilobytes_takes_less_than_ten_times_its_aim(name: str):
    assert min(milliseconds([long_commands()[name]] * 2)) < 500
