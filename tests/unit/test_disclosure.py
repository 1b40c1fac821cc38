"""Nobody approves unseen: what a card cannot show is opened first, and the choice to approve comes with the opening."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import Traits
from channels.messages import Account, Address, File, Outbound
from channels.running.card_fit import shows_whole
from channels.running.degrade import degrade
from governance.approvals.shown.cards import card_for
from governance.approvals.shown.disclosure import CODE_LENGTH, MOST_TIMES
from governance.people.people import Role
from tests.unit.approval_scene import Scene, open_scene

CHAT = Account(channel="chat", id="9", name="Root")
LONG = "echo begin\n" + "\n".join(f"echo {number}" for number in range(400)) + "\nrm -rf data # the end"
SMALL = Traits(max_text=2000, has_buttons=True, max_card_body=900)


@pytest.fixture
async def scene(pool) -> Scene:
    scene = await open_scene(pool)
    await scene.stage.link(CHAT, scene.root)
    return scene


async def opened(scene: Scene) -> Outbound:
    """The newest message with a whole text."""
    return (await scene.sent("whole:%"))[-1]


def code_on(message: Outbound) -> str:
    assert message.card is not None
    return message.card.fallback.split(",")[0].split()[-1]


async def test_a_card_that_cannot_show_everything_can_only_be_opened_or_denied(scene):
    [sent] = degrade(
        Outbound(
            key="k", address=Address(channel="chat", room="1"), card=card_for(await scene.asked(command=LONG), "en")
        ),
        SMALL,
    )
    assert sent.card is not None

    assert [button.label for button in sent.card.buttons] == ["Open the whole text", "Deny"]
    assert "more characters are hidden" in sent.card.body


async def test_a_card_that_shows_everything_can_be_approved_at_once(scene):
    card = card_for(await scene.asked(), "en")
    [sent] = degrade(Outbound(key="k", address=Address(channel="chat", room="1"), card=card), SMALL)
    assert sent.card is not None

    assert shows_whole(card, SMALL)
    assert [button.choice for button in sent.card.buttons] == ["a", "d", "s"]


async def test_a_forged_press_on_a_card_that_was_cut_approves_nothing(scene):
    request = await scene.asked(command=LONG)
    outcome = await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="a")

    assert "Nothing is approved yet" in outcome.sentence
    assert not outcome.changed
    assert await scene.stands(request.id) == ("pending", "pending")


async def test_opening_sends_every_letter_and_the_buttons_last(scene):
    request = await scene.asked(command=LONG)
    outcome = await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    pieces = degrade(await opened(scene), SMALL)
    cards = [piece.card for piece in pieces if piece.card]

    assert "sent to you" in outcome.sentence
    assert len(cards) > 3
    assert LONG in "".join(card.body for card in cards)
    assert [bool(card.buttons) for card in cards] == [False] * (len(cards) - 1) + [True]
    assert [button.choice for button in cards[-1].buttons] == ["a", "d", "s"]
    assert (await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="a")).sentence == "Approved."


async def test_typing_the_code_of_the_request_alone_sends_the_text_and_asks_for_the_code_below_it(scene):
    request = await scene.asked(command=LONG)
    first = await scene.approvals.decide(scene.root, CHAT, code=request.code, choice="a")
    again = await scene.approvals.decide(scene.root, CHAT, code=request.code, choice="a")
    wrong = await scene.approvals.decide(scene.root, CHAT, code=request.code, choice="a", shown="AAAAAA")
    code = code_on(await opened(scene))

    assert all("Nothing is approved yet" in each.sentence for each in (first, again, wrong))
    assert len(code) == CODE_LENGTH
    right = await scene.approvals.decide(scene.root, CHAT, code=request.code, choice="a", shown=code.lower())
    assert right.sentence == "Approved."


async def test_the_code_of_one_person_is_nobody_elses(scene):
    bob, bobs = await scene.stage.person("bob", Role.ADMIN), Account(channel="chat", id="7", name="Bob")
    await scene.stage.link(bobs, bob)
    request = await scene.asked(command=LONG)
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    code = code_on(await opened(scene))

    assert not (await scene.approvals.decide(bob, bobs, code=request.code, choice="a", shown=code)).changed


async def test_denying_needs_no_opening_and_opening_needs_the_right_to_decide(scene):
    request = await scene.asked(command=LONG)
    alice = Account(channel="chat", id="alice")

    refused = await scene.approvals.decide(scene.alice, alice, card_id=request.card_id, choice="o")
    assert await scene.sent("whole:%") == []
    assert "admin" in refused.sentence
    assert (await scene.approvals.decide(scene.root, CHAT, code=request.code, choice="d")).sentence == "Denied."


async def test_a_text_is_sent_to_one_person_a_few_times_at_most_and_ends_with_its_request(scene):
    request = await scene.asked(command=LONG)
    for _ in range(MOST_TIMES):
        await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    last = await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    assert "already" in last.sentence
    assert len(await scene.sent("whole:%")) == MOST_TIMES

    scene.stage.clock.at += timedelta(hours=2)
    await scene.approvals.expire()
    rewritten = await scene.sent(f"whole:{request.id}:%:outcome")
    assert len(rewritten) == MOST_TIMES
    assert all(each.card and not each.card.buttons for each in rewritten)


async def test_where_files_are_taken_a_long_text_comes_as_one_and_the_buttons_behind_it(scene):
    request = await scene.asked(command=LONG)
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    file, card = degrade(await opened(scene), replace(SMALL, max_file_bytes=100_000))

    [held] = file.parts
    assert isinstance(held, File)
    assert LONG in held.content
    assert held.size == len(held.content.encode())
    assert (file.card, card.parts) == (None, ())
    assert card.card is not None
    digest = hashlib.sha256(held.content.encode()).hexdigest()[:12]
    assert f"in the file request-{digest}.txt: {len(held.content)} characters" in card.card.note
    assert [button.choice for button in card.card.buttons] == ["a", "d", "s"]
    assert LONG not in card.card.body


@pytest.mark.parametrize(
    ("traits", "messages"),
    [
        (SMALL, 7),
        (replace(SMALL, max_file_bytes=1_000), 7),
        (replace(SMALL, max_file_bytes=100_000, has_buttons=False), 2),
        (replace(SMALL, max_file_bytes=100_000, max_card_body=5_000, max_text=8_000), 1),
        (replace(SMALL, most_pieces=3), 1),
    ],
    ids=["no files", "small files", "files without buttons", "long cards", "few messages in a row"],
)
async def test_a_long_text_goes_the_way_that_a_platform_has(scene, traits, messages):
    request = await scene.asked(command=LONG)
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    sent = degrade(await opened(scene), traits)

    assert len(sent) == messages
    *_, last = sent
    assert last.card is not None
    if traits.most_pieces == 3:
        assert [button.choice for button in last.card.buttons] == ["d"]
    elif traits.has_buttons:
        assert [button.choice for button in last.card.buttons] == ["a", "d", "s"]
    else:
        assert f"/approve {request.code} {code_on(await opened(scene))}" in last.card.note


async def test_a_text_of_two_messages_is_read_in_the_chat_even_where_it_could_be_a_file(scene):
    request = await scene.asked(command=LONG[:1_000])
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    sent = degrade(await opened(scene), replace(SMALL, max_file_bytes=100_000))

    assert [piece.card is not None for piece in sent] == [True, True]


async def test_what_is_far_too_long_for_a_chat_is_left_to_the_console(scene):
    request = await scene.asked(command="echo " + "x" * 60_000)
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")
    [sent] = degrade(await opened(scene), SMALL)
    assert sent.card is not None

    assert [button.choice for button in sent.card.buttons] == ["d"]
    assert "The console shows it" in sent.card.note


async def test_opening_is_recorded(scene):
    request = await scene.asked(command=LONG)
    await scene.approvals.decide(scene.root, CHAT, card_id=request.card_id, choice="o")

    rows = await scene.stage.store.fetch(
        "select resource from nexora_audit_events where tag = $1", "approvals:request:disclosed"
    )
    assert [row["resource"] for row in rows] == [str(request.id)]
