"""Signing in: passwords that are refused, guessers who are kept out, and links that work once."""

import asyncio
import time

import pytest

from governance.people import invitations
from governance.people.people import Role
from governance.people.wrong import NameWrong, PersonExists
from governance.record.transaction import Store
from governance.sign_in import passwords
from governance.sign_in.attempts import MOST_OF_ONE_ADDRESS, TooManyAttempts
from governance.sign_in.passwords import (
    LONGEST,
    MEMORY_KIB,
    PasswordCommon,
    Passwords,
    PasswordTooLong,
    PasswordTooShort,
    require_usable,
)
from governance.sign_in.sign_in import LinkUsed, SignInRefused
from tests.unit.people_stage import PASSWORD, WEB, HandClock, Stage, by_address, wrong


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def first_admin_code(stage):
    async with stage.store.transaction() as work:
        return await invitations.create(work, "first_admin", None, now=stage.clock())


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("1234567", PasswordTooShort),
        ("", PasswordTooShort),
        ("p" * 129 + "q7!", PasswordTooLong),
        ("password", PasswordCommon),
        ("PassWord123", PasswordCommon),
        ("qwertyuiop", PasswordCommon),
        ("aaaaaaaaaaaa", PasswordCommon),
        ("alice2026!", PasswordCommon),
        ("ｐａｓｓｗｏｒｄ", PasswordCommon),
    ],
)
def test_passwords_that_everybody_would_try_are_refused(password, error):
    with pytest.raises(error):
        require_usable(password, name="alice")


def test_the_list_of_common_passwords_is_worth_having():
    assert len(passwords._common()) > 450


async def test_passwords_are_kept_as_argon2id_of_the_strength_we_promise():
    kept = await Passwords().hash(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert MEMORY_KIB >= 19 * 1024
    assert PASSWORD not in kept


async def test_every_letter_of_a_long_password_counts():
    cheap = Passwords(memory_kib=64, passes=1)
    longest = "密码 é🦊 " + "x" * (LONGEST - 8)
    kept = await cheap.hash(longest)

    assert await cheap.verify(kept, longest)
    assert not await cheap.verify(kept, longest[:-1])
    assert not await cheap.verify(kept, longest + "x")
    assert not await cheap.verify(kept, longest.upper())
    assert not await cheap.verify(kept, "x" * 1_000_000)
    assert not await cheap.verify("no hash at all", longest)
    assert await cheap.verify(await cheap.hash("cafe\u0301 noir 9"), "café noir 9")


async def test_an_older_hash_is_renewed_at_sign_in(stage):
    alice = await stage.person("alice")
    await stage.store.fetch(
        "update nexora_users set password_hash = $2 where id = $1 returning id",
        alice.id,
        await Passwords(memory_kib=32, passes=1).hash(PASSWORD),
    )

    await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)

    kept = await stage.store.fetchval("select password_hash from nexora_users where id = $1", alice.id)
    assert "m=64," in kept
    await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)


async def test_a_hundred_at_once_wait_in_a_queue(monkeypatch):
    cheap = Passwords(memory_kib=64, passes=1)
    kept = await cheap.hash(PASSWORD)
    running, most = 0, 0
    real = cheap._matches

    def counted(*arguments):
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.001)
        running -= 1
        return real(*arguments)

    monkeypatch.setattr(cheap, "_matches", counted)
    answers = await asyncio.gather(*(cheap.verify(kept, PASSWORD) for _ in range(100)))

    assert all(answers)
    assert 1 <= most <= passwords.AT_ONCE


async def test_an_unknown_name_and_a_wrong_password_cannot_be_told_apart(stage):
    stage.passwords._memory_kib = MEMORY_KIB
    await stage.person("alice")
    await stage.people.create("invited", Role.OPERATOR, by=None)
    taken = {"alice": [], "nobody": [], "invited": []}
    sentences = set()
    for round_ in range(7):
        for name, times in taken.items():
            begun = time.process_time()
            with pytest.raises(SignInRefused) as raised:
                await stage.sign_in.by_password(name, "not this one", origin=by_address(f"192.0.2.{round_}"))
            times.append(time.process_time() - begun)
            sentences.add(str(raised.value))

    best = {name: min(times) for name, times in taken.items()}
    assert len(sentences) == 1
    assert best["nobody"] > best["alice"] / 2
    assert best["invited"] > best["alice"] / 2


async def test_of_a_flood_few_are_worked_on_and_the_others_are_told_to_come_back_at_once(stage):
    await stage.person("alice")
    answers = await asyncio.gather(
        *(
            stage.sign_in.by_password(f"name-{number}", "not this one", origin=by_address("192.0.2.9"))
            for number in range(200)
        ),
        stage.sign_in.by_password("alice", PASSWORD, origin=WEB),
        return_exceptions=True,
    )

    kinds = [type(answer) for answer in answers[:-1]]
    assert kinds.count(SignInRefused) == MOST_OF_ONE_ADDRESS
    assert kinds.count(TooManyAttempts) == 200 - MOST_OF_ONE_ADDRESS
    assert answers[-1].person.name == "alice"


async def test_what_one_time_links_are_guessed_is_bounded_as_well(stage):
    origin = by_address("192.0.2.9")
    answers = await asyncio.gather(
        *(stage.sign_in.by_link(f"guess-{number}", "alice", PASSWORD, origin=origin) for number in range(100)),
        return_exceptions=True,
    )

    kinds = [type(answer) for answer in answers]
    assert (kinds.count(LinkUsed), kinds.count(TooManyAttempts)) == (MOST_OF_ONE_ADDRESS, 100 - MOST_OF_ONE_ADDRESS)


async def test_strange_names_are_only_wrong(stage):
    for name in ("", "\0", "' or true --", "x" * 10_000, "\ud800"):
        with pytest.raises(SignInRefused):
            await stage.sign_in.by_password(name, "\ud800\0", origin=WEB)


async def test_the_first_admin_s_link_makes_one_admin(stage):
    code, other = await first_admin_code(stage), await first_admin_code(stage)

    with pytest.raises(NameWrong):
        await stage.sign_in.by_link(code, "<root>", PASSWORD, origin=WEB)
    with pytest.raises(PasswordCommon):
        await stage.sign_in.by_link(code, "root", "password", origin=WEB)
    answers = await asyncio.gather(
        *(
            stage.sign_in.by_link(code, f"root{number}", PASSWORD, agents=("assistant", "ops"), origin=WEB)
            for number in range(4)
        ),
        return_exceptions=True,
    )

    made = [answer for answer in answers if not isinstance(answer, LinkUsed)]
    assert len(made) == 1
    assert made[0].person.role is Role.ADMIN
    session = await stage.sessions.check(made[0].token)
    assert session.person.agents == frozenset({"assistant", "ops"})
    with pytest.raises(LinkUsed):
        await stage.sign_in.by_link(other, "second", PASSWORD, origin=WEB)


async def test_a_link_ends_after_a_day_and_with_a_newer_one(stage):
    alice, first = await stage.people.create("alice", Role.OPERATOR, by=None)
    second = await stage.people.reset(alice.id, by=None)
    assert await invitations.find(stage.store, first) is None
    assert (await invitations.find(stage.store, second)).name == "alice"

    stage.clock.move(hours=24)

    with pytest.raises(LinkUsed):
        await stage.sign_in.by_link(second, "", PASSWORD, origin=WEB)


async def test_a_first_admin_cannot_take_a_name_that_is_there(stage):
    await stage.person("alice")
    code = await first_admin_code(stage)

    with pytest.raises(PersonExists):
        await stage.sign_in.by_link(code, "Alice", PASSWORD, origin=WEB)
    assert await invitations.find(stage.store, code) is not None, "the link still works"


async def test_a_password_set_by_a_link_ends_every_session_and_a_lock(stage):
    alice = await stage.person("alice")
    token = (await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).token
    await wrong(stage, times=10, address="192.0.2.50")

    code = await stage.people.reset(alice.id, by=None)
    await stage.sign_in.by_link(code, "somebody else", "quite another phrase", origin=by_address("192.0.2.51"))

    assert await stage.sessions.check(token) is None
    with pytest.raises(SignInRefused):
        await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)
    await stage.sign_in.by_password("alice", "quite another phrase", origin=WEB)


async def test_a_changed_password_needs_the_current_one_and_ends_the_other_sessions(stage):
    await stage.person("alice")
    here, there = [(await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).token for _ in range(2)]
    session = await stage.sessions.check(here)

    with pytest.raises(SignInRefused):
        await stage.sign_in.change_password(session, "not this one", "quite another phrase", origin=WEB)
    with pytest.raises(PasswordTooShort):
        await stage.sign_in.change_password(session, PASSWORD, "short", origin=WEB)
    await stage.sign_in.change_password(session, PASSWORD, "quite another phrase", origin=WEB)

    assert await stage.sessions.check(here) is not None
    assert await stage.sessions.check(there) is None
    assert (await stage.last_event("web:password:changed"))["actor_name"] == "alice"


async def test_no_password_reaches_the_record(stage):
    await stage.person("alice")
    await wrong(stage)

    rows = await stage.store.fetch("select row_to_json(e)::text from nexora_audit_events e")
    assert len(rows) >= 3
    assert not [row for row in rows if PASSWORD in row[0] or "not this one" in row[0]]
