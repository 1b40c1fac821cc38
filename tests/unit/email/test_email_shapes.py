"""Mails as real programs write them: what of each reaches the agent, from their bytes and over real servers."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import pytest

from channels.email.contents import packed_file
from channels.email.normalise import HeardMail, House, Ignored, Mail, normalise
from channels.messages import Inbound, Quote
from tests.platforms.mail.places import HOST
from tests.unit.email.bench import bench
from tests.unit.email.shapes import SHAPES, Shape
from tests.unit.email.shapes.shape import REPLY, mail

HOUSE = House(channel="email", address="nexora@corp.example", authserv_id=HOST)
SENT = [shape for shape in SHAPES if shape.is_really_sent]


def vouch(shape: Shape) -> str:
    address = shape.raw.partition(b"\r\n")[0].rpartition(b"<")[2].strip(b">\r\n").decode("utf-8", "replace")
    domain = address.rpartition("@")[2].strip(" ;)").partition(" ")[0]
    return f"Authentication-Results: {HOST}; dmarc=pass header.from={domain}"


def heard(shape: Shape) -> HeardMail | Ignored:
    raw = vouch(shape).encode() + b"\r\n" + shape.raw
    return normalise(Mail(uid=7, validity=3, arrived=datetime.now(UTC), raw=raw), HOUSE)


def compare(shape: Shape, inbound: Inbound) -> None:
    quotes = [part for part in inbound.parts if isinstance(part, Quote)]
    others = "\n".join(part.text for part in quotes)

    if not shape.has:
        assert inbound.text == shape.says
    assert [piece for piece in shape.has if piece not in inbound.text] == []
    assert [piece for piece in shape.quotes if piece not in others] == []
    assert shape.quotes or not others
    assert [piece for piece in shape.quotes if piece in inbound.text] == []
    assert [file.name for file in inbound.files] == list(shape.files)
    assert not shape.by or shape.by in [part.author.name for part in quotes if part.author]
    assert not shape.sender or inbound.sender.name == shape.sender
    assert not shape.thread or inbound.address.thread == shape.thread


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_a_mail_says_reaches_the_agent(shape: Shape) -> None:
    found = heard(shape)

    if shape.ignored:
        assert isinstance(found, Ignored)
        assert shape.ignored in found.because
        return
    assert isinstance(found, HeardMail), found
    compare(shape, found.inbound)


def test_there_are_many_shapes_of_every_kind_and_their_names_are_their_own() -> None:
    assert len(SHAPES) >= 60
    assert len(SENT) >= 12


@pytest.mark.parametrize("shape", SENT, ids=lambda shape: shape.name)
async def test_over_real_servers_the_same_reaches_the_agent(shape: Shape) -> None:
    async with bench() as stage:
        driver = stage.driver
        driver.servers.verdict(driver.alice.id, vouch(shape))
        await asyncio.to_thread(driver.servers.arrive, shape.raw, to=driver.bot, sender=driver.alice.id)
        if shape.ignored:
            async with asyncio.timeout(5):
                while driver.acknowledged < 1:  # noqa: ASYNC110 -- the servers are asked, they announce nothing
                    await asyncio.sleep(0.01)
            assert stage.heard == []
            return
        [event] = await stage.hears()
        compare(shape, event)
        for file in event.files:
            wanted, content = shape.files[file.name], await stage.email.fetch(file, 100_000)
            assert wanted is None or content == wanted


@pytest.mark.parametrize("how", ["sealed", "winmail"])
def test_what_is_packed_and_broken_is_not_found_and_hurts_nobody(how: str) -> None:
    for content in (b"", b"\x30", b"\x30\x80" * 500, b"\x78\x9f\x3e\x22\x01\x00" + b"\xff" * 50, b"\xff" * 100):
        assert packed_file(content, how, "1") is None


@pytest.mark.parametrize(
    "piece",
    [" ", "> ", "-- ", "2026 wrote ", "From: ", "on 2026 ", "\t>", "a \n", "-----BEGIN PGP SIGNED MESSAGE-----\n"],
)
@pytest.mark.parametrize("head", ["", REPLY, "Content-Type: text/plain; format=flowed"])
def test_words_that_look_like_marks_cost_no_more_than_their_length(piece: str, head: str) -> None:
    shape = Shape(name="", raw=mail(piece * (300_000 // len(piece)), head))
    began = time.process_time()
    heard(shape)

    assert time.process_time() - began < 5


@pytest.mark.parametrize("value", ['"=?utf-8?B?', "=?a?b?=", "; name=a b", "=?utf-8?q?=e?= ", '"', "("])
@pytest.mark.parametrize("name", ["From", "Subject", "Content-Type", "Content-Disposition"])
def test_headers_that_are_rubbish_cost_no_more_than_their_length(name: str, value: str) -> None:
    began = time.process_time()
    with contextlib.suppress(RecursionError):  # of the parser, for brackets in each other: such a mail is put aside
        heard(Shape(name="", raw=mail("hi", f"{name}: x{value * 500}")))

    assert time.process_time() - began < 5
