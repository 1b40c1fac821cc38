"""The rooms in which the tests of this folder run commands."""

from pathlib import Path

import pytest

from agents.sandbox import Sandbox, SandboxLevel, choose
from tests.conftest import unavailable
from tests.unit.layers.room import Room


@pytest.fixture(params=["overlay", "copy"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    """With layers, and where there are none."""
    sandbox = choose() if request.param == "overlay" else Sandbox(level=SandboxLevel.NONE)
    if request.param == "overlay" and not sandbox.layers_in(tmp_path):
        unavailable("no overlays here")
    return Room(tmp_path, sandbox)


@pytest.fixture
def apart(tmp_path: Path) -> Room:
    sandbox = choose()
    if not sandbox.layers_in(tmp_path):
        unavailable("no overlays here")
    return Room(tmp_path, sandbox)
