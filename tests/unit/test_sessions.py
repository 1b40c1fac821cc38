"""Tokens and sessions: what is believed, how it ends, and that nothing in a token decides anything else."""

import base64
import hmac
import json
from hashlib import sha256
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.people.people import Role
from governance.record.transaction import Store
from governance.sign_in.sessions import KeyWeak, Sessions
from tests.unit.people_stage import KEY, PASSWORD, WEB, HandClock, Stage


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def signed_in(stage, name="alice", role=Role.OPERATOR):
    await stage.person(name, role)
    return (await stage.sign_in.by_password(name, PASSWORD, origin=WEB)).token


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def handmade(header, claims, key=KEY):
    """A token signed as HS256 whatever its header says."""
    signed = f"{segment(header)}.{segment(claims)}"
    signature = hmac.digest(key, signed.encode(), sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def test_a_session_is_its_person_as_the_database_knows_them_now(stage):
    token = await signed_in(stage, role=Role.ADMIN)
    await stage.person("other", Role.ADMIN)
    person = (await stage.sessions.check(token)).person
    assert person.role is Role.ADMIN

    await stage.people.set_role(person.id, Role.OPERATOR, by=None)
    await stage.agent_grants.grant(person.id, "ops", by=None)

    found = (await stage.sessions.check(token)).person
    assert (found.role, found.agents) == (Role.OPERATOR, frozenset({"ops"}))
    assert "role" not in claims_of(token)


async def test_no_other_algorithm_is_believed(stage):
    claims = claims_of(await signed_in(stage))

    assert await stage.sessions.check(handmade({"alg": "HS256", "typ": "JWT"}, claims)) is not None
    for name in ("none", "None", "nOnE", "HS512", "RS256", "EdDSA"):
        unsigned = f"{segment({'alg': name, 'typ': 'JWT'})}.{segment(claims)}."
        assert await stage.sessions.check(unsigned) is None
        assert await stage.sessions.check(unsigned.rstrip(".")) is None
        assert await stage.sessions.check(handmade({"alg": name, "typ": "JWT"}, claims)) is None, name


async def test_a_public_key_is_no_secret_to_sign_with(stage):
    token = await signed_in(stage)
    public = Ed25519PrivateKey.generate().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    text = public.public_bytes(serialization.Encoding.PEM, form)

    assert await stage.sessions.check(handmade({"alg": "HS256"}, claims_of(token), key=text)) is None


NAMED_KEYS = [
    {"kid": "../../../dev/null"},
    {"kid": "' union select 'x"},
    {"kid": "http://127.0.0.1:1/key"},
    {"jku": "http://127.0.0.1:1/keys"},
    {"x5u": "http://127.0.0.1:1/cert"},
    {"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode()}},
]


async def test_a_token_cannot_name_its_own_key(stage):
    claims = claims_of(await signed_in(stage))

    for header in NAMED_KEYS:
        for key in (b"", b"k" * 32):
            assert await stage.sessions.check(handmade({"alg": "HS256", **header}, claims, key=key)) is None, header


WRONG_CLAIMS = [
    {"exp": None},
    {"exp": "2099-01-01"},
    {"exp": "9999999999"},
    {"exp": True},
    {"exp": 1.5e12},
    {"iat": None},
    {"sid": None},
    {"sid": "no-uuid"},
    {"sid": 7},
    {"aud": "nexora-download"},
    {"aud": None},
    {"iss": "somebody"},
    {"typ": "refresh"},
    {"typ": None},
    {"sub": "no-uuid"},
]
"""None takes a claim away."""


async def test_a_claim_that_is_missing_or_meant_for_something_else_is_refused(stage):
    right = claims_of(await signed_in(stage))

    for change in WRONG_CLAIMS:
        claims = {name: value for name, value in (right | change).items() if value is not None}
        assert await stage.sessions.check(handmade({"alg": "HS256"}, claims)) is None, change


async def test_times_are_held_against_our_clock(stage):
    right = claims_of(await signed_in(stage))
    now = int(stage.clock().timestamp())

    for claim, seconds in [("nbf", 61), ("iat", 61), ("iat", 10**9), ("exp", 0), ("exp", -1)]:
        claims = {**right, claim: now + seconds}
        assert await stage.sessions.check(handmade({"alg": "HS256"}, claims)) is None, (claim, seconds)
    assert await stage.sessions.check(handmade({"alg": "HS256"}, {**right, "nbf": now + 20})) is not None


async def test_a_signature_covers_one_body_only(stage):
    alice, bob = await signed_in(stage, "alice"), await signed_in(stage, "bob")
    header, _, signature = alice.split(".")
    mixed = handmade({"alg": "HS256"}, {**claims_of(alice), "sub": claims_of(bob)["sub"]})

    assert await stage.sessions.check(f"{header}.{bob.split('.')[1]}.{signature}") is None
    assert await stage.sessions.check(mixed) is None, "somebody else's session, even well signed"
    assert await stage.sessions.check(f"{header}.{alice.split('.')[1]}.") is None


async def test_junk_is_no_session(stage):
    for junk in ("", ".", "..", "a.b.c", "\0", "é", "x" * 100_000, "eyJ" * 50):
        assert await stage.sessions.check(junk) is None


async def test_another_key_ends_all_sessions(stage):
    token = await signed_in(stage)

    assert await Sessions(stage.store, bytes(reversed(KEY))).check(token) is None


def test_a_weak_key_stops_the_start():
    for key in (b"", b"change-me", b"x" * 31, b"x" * 64, b"secret-secret-secret"):
        with pytest.raises(KeyWeak):
            Sessions(Store(None), key)


async def test_a_session_ends_when_it_is_not_used(stage):
    token = await signed_in(stage)

    for _ in range(3):
        stage.clock.move(hours=11, minutes=59)
        assert await stage.sessions.check(token) is not None
    stage.clock.move(hours=12)

    assert await stage.sessions.check(token) is None


async def test_a_session_ends_after_a_week_however_much_it_is_used(stage):
    token = await signed_in(stage)

    for _ in range(15):
        stage.clock.move(hours=11)
        assert await stage.sessions.check(token) is not None
    stage.clock.move(hours=3)

    assert await stage.sessions.check(token) is None


async def test_a_session_that_was_ended_is_over_at_once_everywhere(stage, pool):
    token = await signed_in(stage)
    elsewhere = Sessions(Store(pool, now=stage.clock), KEY)
    session = await elsewhere.check(token)

    assert await stage.sessions.end(session.id, session.person.id, by=session.person, origin=WEB)

    assert await stage.sessions.check(token) is None
    assert await elsewhere.check(token) is None
    assert not await elsewhere.is_live(session.id)
    assert not await stage.sessions.end(session.id, session.person.id, by=session.person, origin=WEB)


async def test_only_the_owner_s_name_ends_a_session(stage):
    session = await stage.sessions.check(await signed_in(stage))

    assert not await stage.sessions.end(session.id, uuid4(), by=session.person, origin=WEB)
    assert await stage.sessions.is_live(session.id)


async def test_every_sign_in_has_a_session_of_its_own(stage):
    await stage.person("alice")
    tokens = [(await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).token for _ in range(2)]
    first, second = [await stage.sessions.check(token) for token in tokens]

    assert first.id != second.id
    assert {session.id for session in await stage.sessions.of(first.person.id)} >= {first.id, second.id}
    assert (first.address, first.user_agent) == ("192.0.2.7", "a browser")


async def test_a_person_who_is_shut_out_has_no_session(stage):
    token = await signed_in(stage)
    session = await stage.sessions.check(token)
    await stage.people.disable(session.person.id, by=None)
    await stage.people.enable(session.person.id, by=None)

    assert await stage.sessions.check(token) is None, "being let in again does not revive it"
