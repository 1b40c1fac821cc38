"""What could not be merged as it was is told to each person in their language, also later, and to models in English."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.layers.entries import Entry, EntryState, MergeStep, next_folder
from agents.tools.tool import ToolResult
from agents.turn.trials import trial_of
from gateway.web.console.changes import ROUTES
from governance.guard.effects import whole
from governance.values.reasons import why
from tests.unit.layers.room import Room
from tests.unit.web.stage import open_stage

ODD = "mkfifo pipe; cp /bin/true t; chmod 4755 t"


async def test_notes_are_read_back_from_the_history_in_either_language(apart: Room) -> None:
    kept = await apart.call(ODD)
    [entry] = await apart.layers.history(apart.workspace)

    assert entry.notes == kept.notes
    assert {note.said("en") for note in entry.notes} == {
        "pipe is a device, FIFO or socket, and was left out",
        "t lost its set-uid bits",
    }
    assert {note.said("zh") for note in entry.notes} == {"pipe 是设备、FIFO 或套接字，已略过", "t 的 set-uid 位已移除"}


async def test_notes_that_an_older_program_wrote_stand_as_they_were(apart: Room) -> None:
    await apart.call(ODD)
    [entry] = await apart.layers.history(apart.workspace)
    about = next(entry.folder.glob("*.json"))
    about.write_text(json.dumps(json.loads(about.read_text()) | {"notes": ["t lost its set-uid bits"]}))
    [entry] = await apart.layers.history(apart.workspace)

    assert [note.said("zh") for note in entry.notes] == ["t lost its set-uid bits"]


async def test_the_card_of_a_trial_speaks_the_language_of_its_reader(apart: Room) -> None:
    layer = await apart.layers.open(apart.workspace, uuid4())
    await apart.run(f"{ODD}; echo x >new", layer.view)
    trial = json.loads(json.dumps(trial_of(await layer.changes(), ToolResult(text="done"))))
    await layer.discard()

    english, chinese = whole(trial, "en").splitlines(), whole(trial, "zh").splitlines()
    assert "t lost its set-uid bits" in english
    assert "added new (2 B)" in english
    assert "t 的 set-uid 位已移除" in chinese
    assert "新增 new (2 B)" in chinese


@pytest.mark.parametrize(("language", "note"), [("en", "t lost its set-uid bits"), ("zh", "t 的 set-uid 位已移除")])
async def test_the_console_shows_them_in_the_language_of_whoever_looks(
    pool: Any, dsn: str, tmp_path: Path, language: str, note: str
) -> None:
    async with open_stage(pool, dsn, tmp_path, routes=ROUTES) as web:
        alice = await web.visitor("alice")
        await web.stage.people.describe(alice.person.id, by=None, language=language)
        history = web.parts.layers.history_of(web.parts.layers.workspace("a" * 24))
        folder = next_folder(history, call := uuid4())
        folder.mkdir(parents=True)
        Entry(
            folder=folder,
            call=call,
            state=EntryState.MERGED,
            at=web.stage.clock().isoformat(),
            person=str(alice.person.id),
            steps=(MergeStep(op="put", path="t", stamp="f:1"),),
            notes=(why("layer.set_uid", path="t"),),
        ).save()
        page = await alice("GET", f"/changes/{'a' * 24}/1", headers={"Accept": "text/html"})

    assert page.status == 200
    assert note in page.text
