"""What commands leave that nobody expects, and merges that nobody waits for any more."""

import asyncio
import json
import os
from uuid import uuid4

import pytest

from agents.layers import About, LayerBroken
from tests.unit.layers.room import Room


async def test_a_merge_that_goes_on_while_its_call_is_cancelled_is_whole(apart: Room):
    for number in range(20):
        layer = await apart.layers.open(apart.workspace, uuid4())
        await apart.run(f"mkdir n{number}; touch n{number}/a; echo {number} >f", layer.view)
        merging = asyncio.create_task(layer.merge(), name="merge")
        await asyncio.sleep(0.0002 * number)
        merging.cancel()
        await asyncio.wait([merging])
        await layer.discard()

        is_merged = (apart.workspace / f"n{number}" / "a").exists()
        assert (apart.workspace / f"n{number}").exists() is is_merged
        assert ((apart.workspace / "f").read_text() == f"{number}\n") is is_merged if number else True
        assert len([each for each in await apart.layers.history(apart.workspace) if each.state != "merged"]) == 0


async def test_names_that_are_no_text_and_folders_nobody_may_look_into_are_taken_over(apart: Room):
    layer = await apart.layers.open(apart.workspace, uuid4(), About(what="odd"))
    await apart.run(r"touch $'\xff\xfe'; mkdir -p d/e; touch d/e/f; chmod 000 d/e d", layer.view)
    changes = await layer.changes()
    json.dumps([each.path for each in changes.changes]).encode()
    assert {"\ufffd\ufffd", "d", "d/e", "d/e/f"} == {each.path for each in changes.changes}

    kept = await layer.merge(changes)

    assert (apart.workspace / "d" / "e" / "f").exists()
    assert os.fsencode(next(apart.workspace.glob("[!d]*")).name) == b"\xff\xfe"
    assert kept.number == 1
    undone = await apart.layers.undo(apart.workspace)
    assert set(undone.paths) == {"\ufffd\ufffd", "d"}
    assert apart.look() == {}


async def test_what_is_too_deep_is_not_taken_over_and_leaves_nothing(apart: Room):
    layer = await apart.layers.open(apart.workspace, uuid4())
    deep = 'import os\nfor _ in range(1500):\n os.mkdir("dddd")\n os.chdir("dddd")'
    await apart.run(f"python3 -c '{deep}'", layer.view)

    with pytest.raises(LayerBroken):
        await layer.merge()
    await layer.discard()
    apart.layers.swept()

    assert apart.look() == {}
    assert [path.name for path in apart.layers.history_of(apart.workspace).iterdir()] == [".lock"]
