"""Guessers are kept out, and nobody else: what a wrong password locks, for whom, and for how long."""

import asyncio
import contextlib

import pytest

from governance.record.transaction import Store
from governance.sign_in.attempts import LockedOut
from governance.sign_in.sign_in import SignInRefused
from tests.unit.people_stage import PASSWORD, WEB, HandClock, Stage, by_address, wrong


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def test_after_ten_wrong_passwords_even_the_right_one_waits(stage):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, address=f"192.0.2.{number}")

    with pytest.raises(LockedOut) as locked:
        await stage.sign_in.by_password("ALICE", PASSWORD, origin=by_address("198.51.100.1"))
    assert locked.value.retry_after_seconds == 60
    assert (await stage.last_event("web:session:locked"))["detail"] == '{"seconds":60}'
    assert (await stage.tags()).count("web:session:refused") == 10
    stage.clock.move(seconds=60)
    assert (await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).person.name == "alice"

    await wrong(stage, times=9, address="198.51.100.2")
    await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)


async def test_the_lock_grows_ends_and_is_not_prolonged_by_knocking(stage):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, address=f"192.0.2.{number}")
    waits = []
    for number in range(6):
        with pytest.raises(LockedOut) as locked:
            await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("198.51.100.1"))
        waits.append(locked.value.retry_after_seconds)
        stage.clock.move(seconds=waits[-1])
        await wrong(stage, address=f"198.51.100.{10 + number}")

    assert waits == [60, 120, 240, 480, 900, 900]
    stage.clock.move(hours=1)
    await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)


async def test_an_address_is_locked_whatever_names_it_tries(stage):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, name=f"name{number}", address="203.0.113.9")

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("203.0.113.9"))
    await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("203.0.113.10"))


async def test_a_name_that_is_locked_at_an_address_locks_no_other_name_there(stage):
    await stage.person("bob")
    here = by_address("203.0.113.9")
    await wrong(stage, name="alice", times=10, address="203.0.113.9")

    with pytest.raises(LockedOut) as locked:
        await stage.sign_in.by_password("alice", PASSWORD, origin=here)
    assert "for this name" in locked.value.said("en")
    assert "该用户名" in locked.value.said("zh")
    assert (await stage.sign_in.by_password("bob", PASSWORD, origin=here)).person.name == "bob"


async def test_one_address_locks_no_name_for_whoever_comes_from_elsewhere(stage):
    await stage.person("alice")
    for _ in range(30):
        with contextlib.suppress(SignInRefused, LockedOut):
            await stage.sign_in.by_password("alice", "not this one", origin=by_address("203.0.113.9"))
        stage.clock.move(seconds=30)

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("203.0.113.9"))
    assert (await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("203.0.113.10"))).person


async def test_who_is_locked_as_an_address_reads_which_one(stage):
    for number in range(10):
        await wrong(stage, name=f"name{number}", address="203.0.113.9")

    for _ in range(2):
        with pytest.raises(LockedOut) as locked:
            await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("203.0.113.9"))
        assert "203.0.113.9; try again in 1 minute." in locked.value.said("en")


async def test_signing_in_oneself_does_not_reset_the_count_of_an_address(stage):
    await stage.person("mallory")
    await stage.person("alice")
    for name in ("alice", "bob", "carol"):
        await wrong(stage, name=name, times=3, address="203.0.113.9")
    await stage.sign_in.by_password("mallory", PASSWORD, origin=by_address("203.0.113.9"))
    await wrong(stage, name="dave", address="203.0.113.9")

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("mallory", PASSWORD, origin=by_address("203.0.113.9"))


async def test_a_name_that_nobody_has_locks_like_any_other(stage):
    for number in range(10):
        await wrong(stage, name="nobody", address=f"192.0.2.{number}")

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("nobody", PASSWORD, origin=by_address("198.51.100.1"))


async def test_of_many_guesses_at_once_ten_are_answered(stage):
    await stage.person("alice")

    guesses = [f"guess number {number}" for number in range(40)]
    answers = await asyncio.gather(
        *(
            stage.sign_in.by_password("alice", guess, origin=by_address(f"203.0.113.{number}"))
            for number, guess in enumerate(guesses)
        ),
        return_exceptions=True,
    )

    kinds = [type(answer) for answer in answers]
    assert (kinds.count(SignInRefused), kinds.count(LockedOut)) == (10, 30)


async def test_a_guess_from_where_somebody_has_signed_in_is_counted_apart_however_late_it_comes(stage):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, address=f"203.0.113.{number}")

    await wrong(stage, address=WEB.address)


async def test_guesses_from_elsewhere_keep_nobody_out_where_they_have_signed_in_before(stage):
    await stage.person("alice")
    home = by_address("198.51.100.7")
    await stage.sign_in.by_password("alice", PASSWORD, origin=home)
    for number in range(12):
        with contextlib.suppress(SignInRefused, LockedOut):
            await stage.sign_in.by_password("alice", "not this one", origin=by_address(f"192.0.2.{number}"))

    assert (await stage.sign_in.by_password("alice", PASSWORD, origin=home)).person.name == "alice"


async def test_guesses_at_a_place_where_somebody_has_signed_in_lock_that_place(stage):
    await stage.person("alice")
    await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)
    await wrong(stage, address=WEB.address, times=10)

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)


async def test_one_machine_with_many_addresses_of_ipv6_is_one_guesser(stage):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, name=f"name-{number}", address=f"2001:db8:1:2::{number + 1:x}")

    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("2001:db8:1:2:ffff::1"))
    assert await stage.sign_in.by_password("alice", PASSWORD, origin=by_address("2001:db8:1:3::1"))


async def test_who_is_locked_out_costs_neither_a_query_nor_a_hash(stage, monkeypatch):
    await stage.person("alice")
    for number in range(10):
        await wrong(stage, name=f"name{number}")
    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("bob", PASSWORD, origin=by_address("192.0.2.7"))

    async def forbidden(*_):
        raise AssertionError("this is work")

    monkeypatch.setattr(stage.store, "fetch", forbidden)
    monkeypatch.setattr(stage.store, "fetchrow", forbidden)
    monkeypatch.setattr(stage.passwords, "verify", forbidden)
    for name in ("alice", "bob", "carol"):
        with pytest.raises(LockedOut) as caught:
            await stage.sign_in.by_password(name, PASSWORD, origin=by_address("192.0.2.7"))

        assert 0 < caught.value.retry_after_seconds <= 60
