"""A secret that a tool was handed and prints is found however it is encoded, on every surface, at no great cost."""

import base64
import json
import random
import time
import urllib.parse

import pytest

from governance.guard.hidden import Hidden
from governance.keys.master_key import MasterKey
from governance.masking import for_chat, for_export, for_record, known, masked
from governance.masking.known import MOST, KnownValues
from governance.secrets.names import Holder
from governance.secrets.store import Secrets
from tests.unit.secrets_corpus import WORD, harmless

VALUE = "p9s/Dk2q+W7z_mN4&=tr?ue"
DATA = VALUE.encode()
PRINTED = {
    "as it is": VALUE,
    "reversed": VALUE[::-1],
    "upper": VALUE.upper(),
    "base64": base64.b64encode(DATA).decode(),
    "base64 after one": base64.b64encode(b"x" + DATA + b" and more").decode(),
    "base64 after two": base64.b64encode(b"k=" + DATA + b"!").decode(),
    "base64 for addresses": base64.urlsafe_b64encode(DATA).decode(),
    "base64 in lines": base64.encodebytes(b"a long text before " * 3 + DATA + b"and after" * 9).decode(),
    "basic": base64.b64encode(b"user:" + DATA).decode(),
    "hex": DATA.hex(),
    "hex in capitals": DATA.hex(":").upper(),
    "hex dump": DATA.hex(" ", 2),
    "bytes of C": "".join(f"\\x{byte:02x}" for byte in DATA),
    "bytes": ", ".join(map(str, DATA)),
    "a list of bytes": ", ".join(f"0x{byte:02x}" for byte in DATA),
    "address": urllib.parse.quote(VALUE, safe=""),
    "form": urllib.parse.quote_plus(VALUE),
    "all escaped": "".join(f"%{byte:02X}" for byte in DATA),
    "unicode escaped": "".join(f"\\u{ord(sign):04x}" for sign in VALUE),
    "json": json.dumps({"token": VALUE}),
    "html": VALUE.replace("&", "&amp;"),
    "spaced": " ".join(VALUE),
    "dashed": "-".join(VALUE),
    "in lines": "\n".join(VALUE[at : at + 5] for at in range(0, len(VALUE), 5)),
    "invisible between": "\u200b".join(VALUE),
}


@pytest.mark.parametrize("how", PRINTED)
def test_what_is_printed_of_a_value_is_found_where_it_stands(how):
    printed, values = PRINTED[how], KnownValues({"token": VALUE})
    text = f"before it: {printed}. after it"
    (found,) = values.found_in(text)
    shown = text[found.start : found.end]

    assert len(shown) >= 0.5 * len(printed) or "more" in how or "lines" in how or "after" in how or how == "json"
    assert values.name_in(shown) == "token"
    assert text[: found.start].startswith("before it:")
    assert text[found.end :].endswith("after it")


@pytest.fixture
def handed_out(monkeypatch):
    values = KnownValues({"token": VALUE})
    for place in ("governance.masking", "governance.masking.known", "governance.guard.hidden"):
        monkeypatch.setattr(f"{place}.HANDED_OUT", values)
    monkeypatch.setattr("governance.secrets.store.HANDED_OUT", values)
    return values


@pytest.mark.parametrize("how", PRINTED)
async def test_no_surface_shows_it(handed_out, store, how):
    text = f"it says {PRINTED[how]} and ends"
    hidden = Hidden(store, MasterKey(bytes(32)))
    for told in (for_chat(text), for_record(text), for_export(text), masked({"line": text})["line"]):
        assert not known.KnownValues({"token": VALUE}).found_in(told)
        assert told.endswith("and ends")
    read = await hidden.hide("chat:1", text)

    assert "‹secret token›" in read
    assert hidden.holds_keys(text)
    assert not await store.fetch("select * from nexora_hidden")


async def test_what_is_handed_out_is_hidden_from_then_on_and_ones_own_without_its_name(handed_out, stage_of_two):
    store, alice = stage_of_two
    secrets, hidden = Secrets(store, MasterKey(bytes(32))), Hidden(store, MasterKey(bytes(32)))
    holder = Holder("mcp", "github")
    await secrets.set("OURS", "of-the-installation-7", by=None, holders=[holder])
    await secrets.set("HERS", "of-alice-alone-55", by=alice, owner=alice.id, holders=[holder])
    await secrets.reveal(holder, alice.id)
    read = await hidden.hide("chat:1", "of-the-installation-7, of-alice-alone-55")

    assert read == "‹secret OURS›, ***"


@pytest.fixture
async def stage_of_two(store):
    from tests.unit.people_stage import HandClock, Stage  # noqa: PLC0415  # needs the database of the test

    return store, await Stage(store, HandClock()).newcomer("alice")


def test_nothing_harmless_is_taken_for_one():
    rng = random.Random(5)
    values = KnownValues({f"s{n}": "".join(rng.choices(WORD, k=16)) for n in range(100)})

    assert [text for text in harmless() if values.found_in(text)] == []


def test_a_command_keeps_the_signs_that_a_shell_would_interpret(handed_out):
    handed_out.learn({"pin": "abcdefgh1234"})

    assert for_record("echo abcd; rm efgh$(id)1234") == "echo abcd; rm efgh$(id)1234"
    assert for_record("echo abcd;efgh 1234") == "echo ***;*** ***"


def test_the_oldest_are_forgotten_where_there_are_too_many():
    values = KnownValues({f"s{n}": f"value-number-{n}" for n in range(MOST + 1)})

    assert len(values.names) == MOST
    assert not values.found_in("value-number-0")
    assert values.found_in("value-number-500")


@pytest.mark.parametrize("count", [1, 400])
def test_a_hundred_kilobytes_cost_little_however_many_there_are(count):
    rng = random.Random(6)
    values = KnownValues({f"s{n}": "".join(rng.choices(WORD, k=40)) for n in range(count)})
    text = "word and 12 more, token bucket, password field; " * 2100
    took = []
    for _ in range(3):
        began = time.process_time()
        assert values.found_in(text) == []
        took.append(time.process_time() - began)

    assert min(took) < 0.2  # 2 ms of one value and 20 of hundreds where it was measured
