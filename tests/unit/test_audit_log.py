"""Reading the record: who may see which line, page by page, and what a person reads."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from channels.locales import knows, languages, sentences
from channels.text.columns import PHONE_COLUMNS, shorten, width, wrap
from governance.approvals.presses.press_answers import WhyNot
from governance.audit.log import AuditLog, cursor_of, describe, render_audit_log
from governance.people.people import Person, Role
from governance.record.audit import AuditLine, Event, Status, canonical
from governance.record.transaction import Store
from tests.unit.people_stage import WEB, HandClock, Stage


def in_language(language):
    return Person(id=UUID(int=1), name="reader", role=Role.ADMIN, language=language)


class Scene:
    def __init__(self, pool):
        self.clock = HandClock()
        self.store = Store(pool, now=self.clock)
        self.stage = Stage(self.store, self.clock)
        self.audit_log = AuditLog(self.store)

    async def prepare(self):
        self.root = await self.stage.person("root", Role.ADMIN)
        self.alice = await self.stage.person("alice")
        self.bob = await self.stage.person("bob")
        self.clock.move(days=1)
        return self

    async def act(self, person, tag="test:line:written", **fields):
        await self.store.record(Event(tag=tag, actor=str(person.id), actor_name=person.name, **fields))

    async def read(self, viewer, **filters):
        return await self.audit_log.read(viewer, **{"since": self.clock() - timedelta(hours=1), **filters})


@pytest.fixture
async def scene(pool):
    return await Scene(pool).prepare()


async def test_admins_see_every_line_and_others_their_own(scene):
    await scene.act(scene.alice)
    await scene.act(scene.bob)
    await scene.store.record(Event(tag="test:line:written", resource=str(scene.alice.id)))

    assert len(await scene.read(scene.root)) == 3
    for person in (scene.alice, scene.bob):
        assert [line.actor for line in await scene.read(person)] == [str(person.id)]
    assert await scene.read(scene.alice, actor="bob") == []
    assert await scene.read(scene.alice, actor=str(scene.bob.id)) == []
    assert await scene.read(scene.alice, actor="system") == []


async def test_the_page_after_a_cursor_goes_on_without_gap_or_repeat(scene):
    for number in range(9):
        writer = Store(scene.store.pool, now=scene.clock)
        events = [Event(tag="test:line:written", resource=f"{number}.{part}") for part in range(3)]
        await writer.record(*events)
        if number % 3 == 2:
            scene.clock.move(microseconds=1)
    whole = await scene.read(scene.root, limit=100)
    paged, before = [], None
    while page := await scene.read(scene.root, limit=4, before=before):
        paged += page
        before = cursor_of(page[-1])

    assert len(whole) == 27
    assert paged == whole
    assert [line.at for line in whole] == sorted((line.at for line in whole), reverse=True)


async def test_lines_written_while_somebody_reads_do_not_move_the_next_page(scene):
    for number in range(4):
        scene.clock.move(seconds=1)
        await scene.act(scene.alice, resource=str(number))
    first = await scene.read(scene.root, limit=2)
    scene.clock.move(seconds=1)
    await scene.act(scene.alice, resource="new")

    second = await scene.read(scene.root, limit=2, before=cursor_of(first[-1]))

    assert [line.resource for line in first + second] == ["3", "2", "1", "0"]


async def test_lines_are_found_by_tag_actor_status_resource_and_time(scene):
    await scene.act(scene.alice, "chat:account:linked", resource="Room-7")
    await scene.act(scene.bob, "chat:user:created", status=Status.DENIED)
    scene.clock.move(hours=2)
    await scene.act(scene.bob, "web:user:created", resource="100%_")

    async def tags(**filters):
        return [line.tag for line in await scene.audit_log.read(scene.root, **filters)][:2]

    day = scene.clock() - timedelta(hours=3)
    assert await tags(tag="chat:", since=day) == ["chat:user:created", "chat:account:linked"]
    assert await tags(tag="chat:u", since=day) == ["chat:user:created"]
    assert await tags(tag="%", since=day) == []
    assert await tags(actor="BOB", since=day) == ["web:user:created", "chat:user:created"]
    assert await tags(actor=str(scene.alice.id), since=day) == ["chat:account:linked"]
    assert await tags(status="denied", since=day) == ["chat:user:created"]
    assert await tags(resource="room-7", since=day) == ["chat:account:linked"]
    assert await tags(resource="%_", since=day) == ["web:user:created"]
    assert await tags(since=scene.clock()) == ["web:user:created"]
    assert await tags(tag="\0", actor="'; drop table nexora_users; --", since=day) == []


async def test_a_limit_out_of_reason_is_brought_into_it(scene):
    for _ in range(3):
        await scene.act(scene.alice)

    assert len(await scene.read(scene.root, limit=0)) == 1
    assert len(await scene.read(scene.root, limit=10**9)) == 3


async def test_what_people_really_do_reads_as_sentences(scene):
    await scene.stage.agent_grants.grant(scene.alice.id, "ops", by=scene.root, origin=WEB)
    (line,) = await scene.read(scene.root)
    known = await scene.audit_log.known([line])

    assert describe(line, "en", known) == "root gave alice the agent ops"
    assert describe(line, "zh", known) == "root 授权 alice 使用智能体 ops"
    assert describe(line, "en") == f"root gave {str(scene.alice.id)[:8]} the agent ops"


async def test_whoever_is_acted_upon_is_told_by_name_wherever_their_id_stands(scene):
    alice, root = str(scene.alice.id), str(scene.root.id)
    lines = [
        told("web:user:described", actor=root, name="root", resource=alice),
        told("web:account:linked", actor=root, name="root", resource=alice, detail={"channel": "qq", "account": "7"}),
        told("web:x:y", actor="system", resource="a place", detail={"for": alice}),
    ]
    known = await scene.audit_log.known(lines)

    assert known == {alice: "alice", root: "root"}
    assert describe(lines[0], "zh", known) == "root 修改了 alice 的资料"
    assert describe(lines[1], "en", known) == "root linked qq account 7 to alice"


def told(tag, *, actor="7", name="alice", status="ok", resource="", detail=None, address="tg:5"):
    return AuditLine(
        writer="w",
        seq=1,
        at=HandClock().at,
        actor=actor,
        actor_name=name,
        tag=tag,
        resource=resource,
        status=status,
        address=address,
        user_agent="",
        detail=canonical(detail or {}),
        previous="",
        digest="",
    )


def test_each_sentence_needs_nothing_that_may_be_missing():
    whats = [key.removeprefix("record.") for key in sentences("en") if key.startswith("record.") and ":" in key]

    assert all(describe(told(f"chat:{what}"), language) for what in [*whats, "x:y"] for language in languages())


def test_every_tag_that_is_documented_has_a_sentence():
    page = (Path(__file__).parents[2] / "docs" / "governance.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    tags = re.findall(r"`([a-z]+:([a-z_]+:[a-z_]+))`", rows)

    assert len(tags) > 30
    assert [tag for tag, what in tags if not knows(f"record.{tag}") and not knows(f"record.{what}")] == []


def test_an_unknown_tag_is_told_by_its_words():
    assert describe(told("bus:event:gave_up", resource="lane 7"), "en") == "alice: event gave up lane 7"
    assert describe(told("x", actor="system", name=""), "zh") == "系统："


def test_a_person_without_a_name_is_told_by_the_account():
    assert describe(told("x:y:z", actor="account:tg:5", name=""), "en") == "tg:5: y z"


def test_values_are_never_read_as_a_pattern_and_stay_on_one_line():
    line = told("chat:user:created", detail={"name": "{who}\n{0.__class__}\x1b[2J", "role": "x" * 500})

    assert describe(line, "en") == f"alice added {{who}} {{0.__class__}} [2J as {'x' * 79}…"


def test_a_detail_that_is_no_object_does_no_harm():
    for detail in ("[1]", "nothing", "null"):
        line = told("chat:user:created", resource="7")
        broken = AuditLine(
            **{**{name: getattr(line, name) for name in AuditLine.__dataclass_fields__}, "detail": detail}
        )
        assert describe(broken, "en") == "alice added 7 as"


def test_why_a_press_did_not_count_is_told_in_the_language_of_whoever_reads():
    why = WhyNot.STRANGER.recorded
    line = told("approvals:press:refused", status="denied", detail={"why": str(why), "said": why.stored})
    older = told("approvals:press:refused", status="denied", detail={"why": "no such request"})

    assert describe(line, "en").endswith(": the account is linked to nobody")
    assert describe(line, "zh").endswith("：该账号未关联任何人员")
    assert describe(older, "zh").endswith("：no such request")


def test_the_trail_in_chat_fits_a_phone_and_marks_what_went_wrong():
    lines = [
        told("chat:user:created", detail={"name": "bob", "role": "operator"}),
        told("approvals:press:refused", status="denied", resource="r" * 20, detail={"why": "a long reason " * 20}),
        told("outbox:message:undelivered", status="failed", actor="system", detail={"reason": "```gone```"}),
    ]

    text = render_audit_log(lines, in_language("en"))
    assert text.splitlines()[:3] == ["```", "  6 May 2030 07:08:09 UTC", "  alice added bob as operator"]
    assert "\n✗ 6 May 2030" in text
    assert "\n! 6 May 2030" in text
    assert text.count("```") == 2
    assert all(width(line) <= PHONE_COLUMNS for line in text.splitlines())
    assert all(width(line) <= PHONE_COLUMNS for line in render_audit_log(lines, in_language("zh")).splitlines())
    assert render_audit_log([], in_language("en")) == "The record has no line like that."
    assert render_audit_log([], in_language("zh")) == "没有符合条件的记录。"


def test_text_is_measured_as_a_screen_shows_it():
    assert (width("abc"), width("运维"), width("e\u0301")) == (3, 4, 1)
    assert (shorten("运维助手", 6), shorten("运维", 4), shorten("abcdef", 4)) == ("运维…", "运维", "abc…")
    assert wrap("one two three", 8, 3) == ["one two", "three"]
    assert wrap("运维助手运维助手", 6, 2) == ["运维助", "手运…"]
    assert wrap("", 6, 2) == []


def test_words_of_ours_in_a_detail_are_told_in_the_language_of_whoever_reads():
    made = told("cli:user:created", detail={"name": "bob", "role": "admin"})
    asked = told("approvals:request:opened", detail={"about": "shell", "risk": "medium"})
    decided = told("approvals:request:decided", resource="7QX4", detail={"choice": "d", "reason": "太危险"})

    assert describe(made, "zh").endswith("角色 管理员")
    assert "（风险：中）" in describe(asked, "zh")
    assert describe(decided, "zh").endswith("：拒绝 太危险")
