"""How often the guard asks, counted from the record and the requests as they are written."""

from datetime import timedelta
from uuid import uuid4

import pytest

from channels.text.columns import width
from governance.record.audit import Event
from governance.usage.call_tally import CallTally, per_hundred, render_tally, tally, told_duration
from tests.unit.approval_scene import Scene, open_scene


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def judged(scene: Scene, agent: str, **answers: int) -> None:
    """Lines of the record, as calls leave them."""
    async with scene.stage.store.transaction() as work:
        for answer, count in answers.items():
            for _ in range(count):
                work.record(Event(tag=f"guard:call:{answer}", detail={"agent": agent, "call": str(uuid4())}))


async def counted(scene: Scene, days: int = 7) -> tuple[CallTally, list[CallTally]]:
    until = scene.stage.clock() + timedelta(seconds=1)
    return await tally(scene.stage.store, until - timedelta(days=days), until, ["tool_call"])


async def test_calls_are_counted_by_verdict_for_all_and_for_each_agent(scene):
    await judged(scene, "ops", allowed=6, deferred=3, refused=1)
    await judged(scene, "writer", allowed=10)

    total, agents = await counted(scene)

    assert (total.calls, total.free, total.asked, total.refused) == (20, 16, 3, 1)
    assert total.asks_per_hundred == 15
    assert [(one.agent, one.calls, one.asks_per_hundred) for one in agents] == [("ops", 10, 30), ("writer", 10, 0)]


async def test_only_calls_of_that_time_are_counted(scene):
    await judged(scene, "ops", deferred=1)
    scene.stage.clock.move(days=10)
    await judged(scene, "ops", allowed=1)

    assert (await counted(scene, 7))[0].calls == 1
    assert (await counted(scene, 30))[0].calls == 2


async def test_a_call_that_was_refused_after_its_approval_counts_once_as_asked(scene):
    call = str(uuid4())
    for tag in ("guard:call:deferred", "guard:call:refused"):
        await scene.stage.store.record(Event(tag=tag, detail={"agent": "ops", "call": call}))
        scene.stage.clock.move(seconds=1)

    total, _ = await counted(scene)
    assert (total.asked, total.refused) == (1, 0)


async def test_what_became_of_the_questions_and_how_long_it_took(scene):
    await judged(scene, "ops", deferred=6)
    requests = [await scene.asked() for _ in range(5)]
    for request, choice, seconds in zip(requests, ("a", "d", "s"), (10, 20, 300), strict=False):
        scene.stage.clock.move(seconds=seconds)
        await scene.press(scene.root, request, choice)
    scene.stage.clock.at = max(request.expires_at for request in requests)
    await scene.approvals.expire()
    await scene.asked()

    total, (ops,) = await counted(scene)

    assert (total.approved, total.denied, total.expired, total.waiting) == (2, 1, 2, 1)
    assert total.median_seconds == ops.median_seconds == 30
    assert ops.approved == 2


async def test_without_any_call_there_is_nothing_to_divide(scene):
    total, agents = await counted(scene)

    assert (total.calls, total.asks_per_hundred, total.median_seconds, agents) == (0, None, None, [])
    assert per_hundred(total) == "–"


async def test_requests_that_are_no_calls_are_not_counted(scene):
    await judged(scene, "ops", allowed=1)
    await scene.asked()
    await scene.stage.store.fetch("update nexora_approval_requests set kind = 'admission'")

    assert (await counted(scene))[0].waiting == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_fits_a_phone(language: str):
    one = CallTally(agent="an agent with a long name", free=123_456, asked=7_890, median_seconds=4321)
    shown = render_tally([(7, one), (30, one)], [one], language)

    assert max(width(line) for line in shown.splitlines()) <= 40
    assert "6.0" in shown


@pytest.mark.parametrize(("seconds", "told"), [(None, "–"), (0.4, "0 s"), (59, "59 s"), (90, "2 min"), (5400, "1.5 h")])
def test_a_duration_is_told_as_people_say_it(seconds: float | None, told: str):
    assert told_duration(seconds, "en") == told
