"""What every adapter owes to the words of an answer: long ones, code, tables, and words that would call everybody."""

from dataclasses import replace

from channels.messages import BodyKind, Button, Card, Fact, plain
from channels.running.degrade import degrade
from tests.contract.asked import needs
from tests.contract.drivers import Power, Seen
from tests.contract.stage import Stage

EVERYBODY = '@everyone @here @channel @all @所有人 <!everyone> <@all> <at id=all></at> <at user_id="all">all</at>'
TABLE = """| host | disk used |
|:-----|----------:|
| db-1 | 91% |
| web-2 | 7% |"""
CODE = """@dataclass(frozen=True)
def check(x):
    if x < 3 and "<b>" != '&':
        return **x, *y*, _z_  # [a](https://x.org/a)"""
CALLS = "@everyone <@U1> <!channel> &lt;!here&gt; <at id=all></at>"

BUTTONS = (Button(choice="a", label="Approve"), Button(choice="d", label="Deny"))


def as_read(seen: list[Seen]) -> str:
    return "\n".join(each.text for each in seen)


async def test_words_call_nobody_however_a_platform_writes_a_call_to_all(stage: Stage) -> None:
    room = stage.busiest
    home = await stage.home(room)
    await stage.send(home, parts=plain(f"{EVERYBODY} and that is all"))
    seen = await stage.driver.hear(room=room)

    assert [each.pings for each in seen] == [()]
    for words in ("everyone", "here", "channel", "所有人", "and that is all"):
        assert words in seen[0].text


async def test_a_card_calls_nobody_however_a_platform_writes_a_call_to_all(stage: Stage) -> None:
    room = stage.busiest
    home = await stage.home(room)
    facts = (Fact(label="Reason", value=EVERYBODY),)
    card = Card(id="abcdefgh23456789", title=EVERYBODY, facts=facts, body=EVERYBODY, body_kind=BodyKind.TEXT)
    await stage.send(home, card=card)
    seen = await stage.driver.hear(room=room)

    assert [each.pings for each in seen] == [()]
    assert seen[0].text.count("everyone") >= 3


async def test_a_table_can_be_read_row_by_row(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain(f"The disks:\n\n{TABLE}\n\nThat is all."))
    text = as_read(await stage.driver.hear())
    places = [
        text.index(words) for words in ("The disks", "host", "disk used", "db-1", "91%", "web-2", "7%", "That is")
    ]

    assert places == sorted(places)
    if Power.TABLES in stage.driver.lacks or TABLE not in text:
        assert ":--" not in text


@needs(Power.MARKUP)
async def test_code_is_set_as_code_and_stays_as_it_was_written(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain(f"Run this:\n\n```python\n{CODE}\n```\n\nand look."))
    [seen] = await stage.driver.hear()

    assert {each.strip("\n") for each in seen.code} == {CODE}
    assert (seen.pings, seen.links, seen.bold) == ((), (), ())
    assert "```" not in seen.text
    assert seen.text.index("Run this") < seen.text.index("def check") < seen.text.index("and look")


@needs(Power.MARKUP)
async def test_code_in_an_item_of_a_list_is_code_as_it_was_written(stage: Stage) -> None:
    home = await stage.home()
    code = "rm -r *_cache_* # **all** <b>"
    await stage.send(home, parts=plain(f"10. Remove the caches:\n    ```bash\n    {code}\n    ```\n11. Done, **all**"))
    [seen] = await stage.driver.hear()

    assert {each.strip() for each in seen.code} == {code}
    assert seen.text.index("Remove") < seen.text.index(code) < seen.text.index("Done")


async def test_code_calls_nobody_and_is_no_markup(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain(f"Look:\n\n```\n{CALLS}\nstill **code**\n```"))
    [seen] = await stage.driver.hear()

    assert (seen.pings, seen.links, seen.bold) == ((), (), ())
    assert "still **code**" in seen.text


@needs(Power.MARKUP)
async def test_long_code_is_code_in_every_piece_and_loses_no_line(stage: Stage) -> None:
    home = await stage.home()
    lines = [f"line {number} *x* <y> _z_" for number in range(stage.channel.traits.max_text // 12)]
    fence = "\n".join(lines)
    refs = await stage.send(home, parts=plain(f"Before.\n\n```\n{fence}\n```\n\nAfter."))
    seen = await stage.driver.hear(len(refs))
    shown = [line for each in seen for block in dict.fromkeys(each.code) for line in block.strip("\n").split("\n")]

    assert len(refs) > 1
    assert shown == lines
    assert "```" not in as_read(seen)
    assert as_read(seen).strip().startswith("Before.")
    assert as_read(seen).strip().endswith("After.")


async def test_a_long_text_is_parted_between_paragraphs(stage: Stage) -> None:
    home = await stage.home()
    size = stage.channel.traits.max_text // 5
    paragraphs = [f"{number}: {'word ' * (size // 5)}end{number}." for number in range(8)]
    refs = await stage.send(home, parts=plain("\n\n".join(paragraphs)))
    seen = await stage.driver.hear(len(refs))

    assert len(refs) > 1
    for each in seen:
        assert each.text.strip()[1] == ":"
        assert each.text.strip().endswith(".")


async def test_a_card_without_buttons_says_what_to_type(stage: Stage) -> None:
    home = await stage.home()
    fallback = "/approve 7QX4 or /deny 7QX4 reason"
    card = Card(id="abcdefgh23456789", title="Run a command?", body="make", buttons=BUTTONS, fallback=fallback)
    for message in degrade(stage.message(home, card=card), replace(stage.channel.traits, has_buttons=False)):
        await stage.channel.send(message)
    seen = await stage.driver.hear()

    assert [each.buttons for each in seen] == [()] * len(seen)
    for words in ("Run a command?", "make", fallback):
        assert words in as_read(seen)
