"""The real packages that commands have for documents, installed once for all workers and kept for the next run."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from agents.sandbox import choose
from agents.sandbox.extras import DOCUMENTS
from gateway.run import extra_install
from tests.conftest import unavailable
from tests.unit.tool_desk import ToolDesk


@pytest.fixture(scope="session")
def extras() -> Path:
    folder = Path(tempfile.gettempdir(), f"nexora-test-extras-{os.geteuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "one-at-a-time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            extra_install.add(DOCUMENTS, folder / "extras", choose("auto"), lambda _: None)
        except extra_install.ExtraFailed as problem:
            unavailable(f"the packages for documents cannot be installed here: {problem}")
    return folder / "extras"


@pytest.fixture
def desk(tmp_path: Path, extras: Path) -> ToolDesk:
    return ToolDesk(tmp_path, extras)
