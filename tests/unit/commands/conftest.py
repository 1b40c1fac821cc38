"""The room in which each test of this folder types."""

import pytest

from tests.unit.commands.room import Room, open_room


@pytest.fixture
async def room(store, dsn, tmp_path) -> Room:
    return await open_room(store, dsn, tmp_path)
