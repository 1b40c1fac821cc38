"""How the whole text of a request arrives on every platform, behind a real outbox: as a file, else in words."""

from channels.base import Deed
from channels.messages import Button, Card, Outbound
from governance.record.transaction import Store
from tests.contract.asked import needs
from tests.contract.drivers import Power
from tests.contract.stage import Supervised
from tests.contract.test_channels_lines import running
from tests.contract.test_channels_refused import put, sending

LINES = [f"echo {number} of all" for number in range(1, 1_500)]
BUTTONS = (Button(choice="a", label="Approve"), Button(choice="d", label="Deny"))


def whole(stage: Supervised, address) -> Outbound:
    card = Card(
        id="abcdefgh23456789",
        title="Run it: the whole text",
        body="\n".join(LINES),
        buttons=BUTTONS,
        fallback="/approve 7QX4 ABCDEF, or /deny 7QX4 reason",
        buttons_when_cut=BUTTONS,
        is_whole=True,
    )
    return stage.message(address, card=card, answers=stage.heard[-1].message)


@needs(Power.UPLOADS)
async def test_the_whole_text_of_a_request_is_a_file_before_its_buttons(stage: Supervised, store: Store) -> None:
    home = await stage.home()
    async with running(stage) as supervisor, sending(stage, store, supervisor):
        await put(store, whole(stage, home))
        seen = await stage.driver.hear(2)

    *_, last = seen
    [text] = [file.content.decode() for each in seen for file in each.files]
    assert [line for line in text.splitlines() if line.startswith("echo")] == LINES
    assert "The whole text is in the file request-" in last.text
    assert not last.files


@needs(Deed.FILES)
async def test_where_the_file_is_refused_nobody_can_approve_before_all_was_shown(
    stage: Supervised, store: Store
) -> None:
    home = await stage.home()
    async with running(stage) as supervisor, sending(stage, store, supervisor):
        stage.driver.refuse(Deed.FILES)
        await put(store, whole(stage, home))
        [first, *_] = await stage.driver.hear(1)

    assert not first.files
    assert "The whole text is in the file" not in first.text
    assert "(1/" in first.text or "The console shows it" in first.text
