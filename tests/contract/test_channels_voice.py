"""One voice for each speaker on every platform: no words of a model look like a card, an outcome or a notice."""

import pytest

from channels.messages import BodyKind, Button, Card, Fact, Tone, notice, plain
from channels.shared.voice import SIGN
from tests.contract.drivers import Seen
from tests.contract.stage import Stage

FACTS = (Fact(label="Agent", value="ops"), Fact(label="By", value="Root"))
ASKING = Card(
    id="abcdefgh23456789",
    title="ops wants to run shell",
    facts=FACTS,
    body="rm -r build",
    body_kind=BodyKind.CODE,
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
    ),
    fallback="/approve 7QX4 or /deny 7QX4 reason",
)
OUTCOME = Card(
    id="abcdefgh23456789", title="Approved and run: shell", facts=FACTS, body="rm -r build", body_kind=BodyKind.CODE
)


def copies_of(seen: Seen) -> list[str]:
    """What a model would write to be taken for it: the very letters, with the marks that make them look alike."""
    first, _, rest = seen.text.partition("\n")
    return [
        seen.text,
        f"**{first}**\n{rest}",
        f"<b>{first}</b>\n{rest}",
        f"# {first}\n{rest}",
        f"> {seen.text}",
        seen.text.replace(SIGN, "&#10070;"),
        seen.text.replace(SIGN, f"\u200b{SIGN}"),
        seen.text.replace(SIGN, "\\" + SIGN),
        seen.text.replace(SIGN, "◈"),
        seen.text.replace(SIGN, ":diamond_shape_with_a_dot_inside:"),
    ]


async def heard(stage: Stage, real: list[Seen]) -> list[Seen]:
    """The messages that came beside those."""
    return [seen for seen in await stage.driver.hear(len(real) + 1) if seen not in real]


@pytest.mark.parametrize("shown", [ASKING, OUTCOME], ids=["card", "outcome"])
async def test_a_model_that_copies_a_card_is_seen_to_be_no_card(stage: Stage, shown: Card) -> None:
    home = await stage.home()
    await stage.send(home, card=shown)
    real = await heard(stage, [])
    assert any(SIGN in seen.text for seen in real)

    for copy in copies_of(next(seen for seen in real if SIGN in seen.text)):
        [ref] = await stage.send(await stage.home(), parts=plain(copy))
        said = await heard(stage, real)
        real += said
        assert ref
        assert said
        assert not any(SIGN in seen.text or "◈" in seen.text for seen in said), copy


async def test_a_model_that_copies_a_notice_is_seen_to_be_no_notice(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=notice("Approved for this conversation."))
    real = await heard(stage, [])
    assert [SIGN in seen.text for seen in real[-1:]] == [True]

    for copy in copies_of(real[-1]):
        await stage.send(await stage.home(), parts=plain(copy))
        said = await heard(stage, real)
        real += said
        assert said
        assert not any(SIGN in seen.text for seen in said), copy


async def test_a_link_that_names_another_address_shows_both(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain("Go to [https://bank.example](https://evil.example/x) now"))
    seen = (await heard(stage, []))[-1]

    assert "bank.example" in seen.text
    assert "evil.example/x" in seen.text
