"""What was used: counted with the change it belongs to, priced once, and shown to whom it concerns."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from agents.models.prices import Prices
from channels.text.columns import PHONE_COLUMNS, width
from governance.people.people import Role
from governance.record.transaction import Store
from governance.usage.usage import Usage, UsageRow, UsageWrong, render_usage
from tests.unit.people_stage import HandClock, Stage

PRICES = {("openai", "big"): Decimal("0.001"), ("openai", "small"): Decimal("0.0001"), ("ollama", "own"): Decimal(0)}


def cost_usd(provider, model, input_tokens, output_tokens, cached_tokens):
    each = PRICES.get((provider, model))
    return None if each is None else each * (input_tokens - cached_tokens + output_tokens)


class Scene:
    def __init__(self, pool):
        self.clock = HandClock()
        self.store = Store(pool, now=self.clock)
        self.stage = Stage(self.store, self.clock)
        self.usage = Usage(self.store, cost_usd)

    async def prepare(self):
        self.root = replace(await self.stage.person("root", Role.ADMIN), time_zone="UTC")
        self.alice = await self.stage.person("alice")
        self.bob = await self.stage.person("bob")
        return self

    async def spend(
        self, person, model="openai/big", tokens=(10, 5, 0), *, agent="ops", channel="tg", room="tg|1", estimated=False
    ):
        provider, _, name = model.partition("/")
        async with self.store.transaction() as work:
            return await self.usage.add(
                work,
                person_id=person.id,
                agent=agent,
                provider=provider,
                model=name,
                input_tokens=tokens[0],
                output_tokens=tokens[1],
                cached_tokens=tokens[2],
                is_estimated=estimated,
                channel=channel,
                conversation=room,
                turn_id=uuid4(),
                purpose="turn",
            )

    async def table(self, viewer, by):
        window = {"since": self.clock() - timedelta(days=30), "until": self.clock() + timedelta(seconds=1)}
        return await self.usage.table(viewer, by=by, **window)

    async def shown(self, viewer, by):
        return [
            (row.label, row.input_tokens, row.output_tokens, row.calls, row.cost_usd)
            for row in await self.table(viewer, by)
        ]


@pytest.fixture
async def scene(pool):
    return await Scene(pool).prepare()


async def test_a_call_is_counted_with_its_change_or_not_at_all(scene):
    async def fail_after_counting():
        async with scene.store.transaction() as work:
            await scene.usage.add(
                work,
                person_id=scene.alice.id,
                agent="ops",
                provider="openai",
                model="big",
                input_tokens=1,
                output_tokens=1,
                channel="tg",
                conversation="tg|1",
            )
            raise RuntimeError("turn failed")

    with pytest.raises(RuntimeError, match="turn failed"):
        await fail_after_counting()
    assert await scene.table(scene.root, "person") == []

    assert await scene.spend(scene.alice, tokens=(10, 5, 4)) == Decimal("0.011")

    (row,) = await scene.table(scene.root, "person")
    assert row == UsageRow(
        key=str(scene.alice.id),
        label="alice",
        input_tokens=10,
        output_tokens=5,
        cached_tokens=4,
        calls=1,
        cost_usd=Decimal("0.011"),
        unpriced_calls=0,
        name="alice",
    )


async def test_admins_see_everybody_and_others_themselves(scene):
    await scene.spend(scene.alice)
    await scene.spend(scene.bob, tokens=(100, 0, 0))

    assert [row.label for row in await scene.table(scene.root, "person")] == ["bob", "alice"]
    for by in ("agent", "channel", "conversation", "day", "model", "person", "purpose"):
        (row,) = await scene.table(scene.alice, by)
        assert (row.input_tokens, row.calls) == (10, 1)
    window = (scene.clock() - timedelta(days=1), scene.clock() + timedelta(days=1))
    assert (await scene.usage.total(scene.alice, *window)).tokens == 15
    assert (await scene.usage.total(scene.root, *window)).tokens == 115


async def test_every_way_of_grouping_adds_up_to_the_same(scene):
    await scene.spend(scene.alice, agent="ops", channel="tg", room="tg|1")
    await scene.spend(scene.alice, "openai/small", agent="dev", channel="slack", room="slack|2")
    await scene.spend(scene.bob, "ollama/own", agent="dev", channel="tg", room="tg|1")
    await scene.store.pool.execute(
        "insert into nexora_conversations (key, channel, room, title) values ('tg|1', 'tg', '1', 'Disks')"
    )
    day = f"{scene.clock():%Y-%m-%d}"

    big, small, free = Decimal("0.015"), Decimal("0.0015"), Decimal(0)
    assert await scene.shown(scene.root, "agent") == [("ops", 10, 5, 1, big), ("dev", 20, 10, 2, small)]
    assert await scene.shown(scene.root, "channel") == [("tg", 20, 10, 2, big), ("slack", 10, 5, 1, small)]
    assert await scene.shown(scene.root, "conversation") == [("Disks", 20, 10, 2, big), ("slack|2", 10, 5, 1, small)]
    assert await scene.shown(scene.root, "day") == [(day, 30, 15, 3, big + small)]
    assert await scene.shown(scene.root, "model") == [
        ("openai/big", 10, 5, 1, big),
        ("openai/small", 10, 5, 1, small),
        ("ollama/own", 10, 5, 1, free),
    ]
    assert await scene.shown(scene.root, "person") == [("alice", 20, 10, 2, big + small), ("bob", 10, 5, 1, free)]


async def test_an_unknown_price_is_none_and_a_sum_says_how_many_it_leaves_out(scene):
    await scene.spend(scene.alice, "new/model")
    await scene.spend(scene.alice)

    dear, unknown = await scene.table(scene.root, "model")
    (whole,) = await scene.table(scene.root, "person")
    assert (dear.cost_usd, dear.unpriced_calls) == (Decimal("0.015"), 0)
    assert (unknown.cost_usd, unknown.unpriced_calls) == (None, 1)
    assert (whole.cost_usd, whole.unpriced_calls, whole.calls) == (Decimal("0.015"), 1, 2)


@pytest.mark.parametrize(
    ("zone", "at", "days"),
    [
        ("UTC", "2030-05-06T23:59:59.999999", ("2030-05-06", "2030-05-07")),
        ("Asia/Kathmandu", "2030-05-06T18:14:59.999999", ("2030-05-06", "2030-05-07")),
        ("Asia/Kolkata", "2030-05-06T18:29:59.999999", ("2030-05-06", "2030-05-07")),
        ("Asia/Shanghai", "2030-05-06T15:59:59.999999", ("2030-05-06", "2030-05-07")),
        ("Europe/Berlin", "2030-03-31T21:59:59.999999", ("2030-03-31", "2030-04-01")),
        ("Europe/Berlin", "2030-10-27T22:59:59.999999", ("2030-10-27", "2030-10-28")),
        ("America/Havana", "2030-03-10T04:59:59.999999", ("2030-03-09", "2030-03-10")),
    ],
)
async def test_days_are_those_of_whoever_looks_also_once_they_are_summed_up(scene, zone, at, days):
    scene.clock.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    viewer = replace(scene.root, time_zone=zone)
    await scene.spend(scene.alice, tokens=(1, 0, 0))
    scene.clock.move(seconds=1)
    await scene.spend(scene.alice, tokens=(900, 0, 0))

    async def by_day():
        return [(row.key, row.label, row.input_tokens) for row in await scene.table(viewer, "day")]

    expected = [(days[0], days[0], 1), (days[1], days[1], 900)]
    assert await by_day() == expected
    scene.clock.move(hours=3)
    assert await scene.usage.roll_up() == 2
    assert await by_day() == expected


async def test_days_are_in_their_order_and_the_end_is_not_part_of_a_window(scene):
    scene.clock.at = scene.clock.at.replace(hour=23, minute=59, second=59, microsecond=999999)
    await scene.spend(scene.alice, tokens=(1, 0, 0))
    scene.clock.move(seconds=1)
    await scene.spend(scene.alice, tokens=(900, 0, 0))
    assert [(row.key, row.input_tokens) for row in await scene.table(scene.root, "day")] == [
        ("2030-05-06", 1),
        ("2030-05-07", 900),
    ]

    since, until = scene.clock() - timedelta(hours=1), scene.clock()

    assert (await scene.usage.total(scene.root, since, until)).input_tokens == 1
    assert (await scene.usage.total(scene.root, until, until + timedelta(hours=1))).input_tokens == 900


async def test_a_way_of_grouping_that_does_not_exist_is_refused(scene):
    with pytest.raises(UsageWrong):
        await scene.table(scene.root, "user_id; drop table nexora_users")


async def test_the_bundled_prices_fit(scene):
    scene.usage = Usage(scene.store, Prices().cost_usd)

    assert await scene.spend(scene.alice, "openai/gpt-4o", (1_000_000, 1_000_000, 0)) > 1
    assert await scene.spend(scene.alice, "nobody/knows") is None


async def test_a_hundred_thousand_calls_are_summed_in_a_moment(scene):
    await scene.store.pool.execute(
        "insert into nexora_token_usage (at, user_id, agent, provider, model, channel, conversation, input_tokens, "
        "output_tokens, cost_usd) select $1::timestamptz - n * interval '1 second', $2, 'ops', 'openai', 'm' || n % 9, "
        "'tg', 'tg|' || n % 500, 2000000, 1000000, 0.5 from generate_series(1, 100000) n",
        scene.clock(),
        scene.alice.id,
    )

    rows = await scene.table(scene.root, "conversation")
    assert len(rows) == 500
    assert sum(row.input_tokens for row in rows) == 200_000_000_000
    assert sum(row.cost_usd for row in rows) == 50_000


def row(label, tokens=1500, cost="0.5", calls=3, unpriced=0):
    known = None if cost is None else Decimal(cost)
    return UsageRow(key=label, label=label, input_tokens=tokens, calls=calls, cost_usd=known, unpriced_calls=unpriced)


def test_the_table_in_chat_fits_a_phone():
    rows = [
        row("运维助手和开发助手的会话记录"),
        row("openai/a-model-with-a-long-name", 12_345_678_901, "12345.678"),
        row("own", 999, "0"),
        row("tiny", 5, "0.00000001"),
        row("new", 7, None, 1, 1),
        row("mix", 7, "2", 2, 1),
    ]

    text = render_usage(rows, "en")
    assert (
        text.splitlines()[1:]
        == [
            "                 tokens calls      cost",
            "运维助手和开…      1.5k     3   $0.5000",
            "openai/a-model…   12.3G     3 $12345.68",
            "own                 999     3        $0",
            "tiny                  5     3 <$0.0001",
            "new                   7     1         ?",
            "mix                   7     2    $2.00+",
            "─" * 40,
            "total             12.3G    15 $12348.1…",
            "```",
            "+ or ?: 2 calls went to models whose price is not known.",
        ]
        or text
    )
    assert all(width(line) <= PHONE_COLUMNS for line in text.splitlines()[:-1])


async def test_what_nobody_counted_is_marked_as_estimated(scene):
    await scene.spend(scene.alice, "openai/big", estimated=True)
    await scene.spend(scene.alice, "openai/big")
    await scene.spend(scene.alice, "openai/small")

    rows = await scene.table(scene.root, "model")

    assert {row.label: row.estimated_calls for row in rows} == {"openai/big": 1, "openai/small": 0}
    assert [line.split() for line in render_usage(rows, "en").splitlines()[2:4]] == [
        ["openai/big", "≈30", "2", "$0.0300"],
        ["openai/small", "15", "1", "$0.0015"],
    ]
    assert "1 calls are estimated" in render_usage(rows, "en")
    assert "有 1 次调用的 token 数为估算值" in render_usage(rows, "zh")


def test_the_table_in_chat_speaks_chinese_and_says_when_there_is_nothing():
    assert "合计" in render_usage([row("a"), row("b", unpriced=1)], "zh")
    assert "价格未知" in render_usage([row("a"), row("b", unpriced=1)], "zh")
    assert render_usage([], "zh") == "该时段内没有用量。"
    assert render_usage([], "en") == "No tokens were used in this time."


def test_a_long_table_is_cut_and_no_label_ends_the_block():
    text = render_usage([row("```**bold**")] * 36, "en")

    assert "5 more rows" in text
    assert text.count("```") == 2


async def test_quarters_that_are_over_are_summed_up_once_and_every_sum_stays_what_it_was(pool):
    scene = await Scene(pool).prepare()
    for number in range(40):
        person = (scene.alice, scene.bob)[number % 2]
        model = ("openai/big", "openai/small", "other/unknown")[number % 3]
        await scene.spend(
            person, model, (number, 7, 1), agent=f"a{number % 2}", room=f"tg|{number % 4}", estimated=number % 5 == 0
        )
        scene.clock.move(hours=3, minutes=7)
    now = scene.clock()
    windows = [
        (now - timedelta(days=days, minutes=minutes), now - timedelta(hours=hours))
        for days, minutes, hours in ((30, 0, 0), (3, 17, 0), (2, 0, 13), (1, 0, 23), (4, 0, 48), (0, 30, 0))
    ]

    async def sums():
        return [
            await scene.usage.table(viewer, by=by, since=since, until=until)
            for viewer in (scene.root, scene.alice)
            for by in ("agent", "channel", "conversation", "day", "model", "person", "purpose")
            for since, until in windows
        ]

    before = await sums()
    assert any(len(table) > 1 for table in before)
    assert await scene.usage.roll_up() >= 4
    assert await sums() == before
    assert await scene.usage.roll_up() == 0

    await scene.spend(scene.alice)
    scene.clock.move(days=2)
    later = await sums()
    assert await scene.usage.roll_up() >= 1
    assert await sums() == later
    rolled = await scene.store.fetchval("select sum(calls) from nexora_token_usage_quarters")
    assert rolled == await scene.store.fetchval("select count(*) from nexora_token_usage")


async def test_a_quarter_is_not_summed_up_while_it_may_still_grow(pool):
    scene = await Scene(pool).prepare()
    scene.clock.at = scene.clock().replace(hour=23, minute=59, second=0)
    await scene.spend(scene.alice)
    scene.clock.move(minutes=59)

    assert await scene.usage.roll_up() == 0
    scene.clock.move(minutes=3)
    assert await scene.usage.roll_up() == 1


async def test_sums_over_long_times_read_the_sums_and_not_the_calls(pool):
    scene = await Scene(pool).prepare()
    await scene.store.fetch(
        "insert into nexora_token_usage (at, user_id, agent, provider, model, channel, conversation, input_tokens, "
        "output_tokens) select now() - interval '40 days' + n * interval '30 seconds', $1, 'ops', 'p', 'm', 'tg', 'r', "
        "1, 1 from generate_series(1, 50000) n",
        scene.alice.id,
    )
    scene.clock.at = datetime.now(UTC)
    await scene.usage.roll_up()
    await scene.store.fetch("analyze nexora_token_usage")
    query = scene.usage._queries["sums"]
    plan = await scene.store.fetchval(
        f"explain (analyze, format json) {_with(query, scene.clock() - timedelta(days=39), scene.clock())}"
    )

    read = sum(
        node["Actual Rows"] * node["Actual Loops"]
        for node in _nodes(json.loads(plan)[0]["Plan"])
        if node.get("Relation Name") == "nexora_token_usage"
    )
    assert read < 6000


def _with(query, since, until):
    for name, value in (
        ("$1", "'agent'"),
        ("$2", f"'{since.isoformat()}'::timestamptz"),
        ("$3", f"'{until.isoformat()}'::timestamptz"),
        ("$4", "null"),
        ("$5", "'{}'"),
    ):
        query = query.replace(name, value)
    return query.rstrip(";")


def _nodes(plan):
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def test_the_share_of_cached_tokens_is_told_where_there_is_one() -> None:
    row = UsageRow(key="ops", label="ops", input_tokens=1_000, output_tokens=100, calls=1)

    assert "75% of the input" in render_usage([replace(row, cached_tokens=750)], "en")
    assert "输入的 75%" in render_usage([replace(row, cached_tokens=750)], "zh")
    assert "cache" not in render_usage([row], "en")
