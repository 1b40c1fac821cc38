"""Messages as earlier versions stored them, with one dictionary for all that is told beside their words."""

import json

from channels.codec import dump, load
from channels.messages import Address, Outbound, plain
from channels.work import How, Step, Work

ROOM = Address(channel="chat", room="1")


def stored(text: str = "Done.", **detail: object) -> str:
    """The row that a version wrote which had `detail`."""
    row = json.loads(dump(Outbound(key="k", address=ROOM, parts=plain(text))))
    now = ("agent", "continues", "ends", "in_language", "repairs", "rewrites", "work")
    return json.dumps({name: value for name, value in row.items() if name not in now} | {"detail": detail}).replace(
        ": ", ":"
    )


def test_what_an_answer_took_and_whose_it_is_is_read_from_an_old_row() -> None:
    line = {"id": "1", "what": "Run", "about": "make", "how": "failed", "seconds": 2.0, "code": ""}
    read = load(Outbound, stored(language="zh", agent="ops", turn="t", ends="e", steps=7, seconds=48.5, lines=[line]))

    step = Step(id="1", what="Run", about="make", how=How.FAILED, seconds=2.0)
    assert read.work == Work(count=7, seconds=48.5, lines=(step,))
    assert (read.language, read.agent, read.ends) == ("zh", "ops", "e")
    assert load(Outbound, dump(read)) == read


def test_a_rewritten_card_is_still_one_and_an_old_row_that_tells_nothing_is_read_too() -> None:
    read = load(Outbound, stored(rewrites="card:1", repairs=True, language="en"))

    assert (read.rewrites, read.repairs, read.continues, read.in_language) == ("card:1", True, False, "en")
    assert load(Outbound, stored()) == Outbound(key="k", address=ROOM, parts=plain("Done."))


def test_words_that_look_like_an_old_row_are_words() -> None:
    message = Outbound(key="k", address=ROOM, parts=plain('"detail":{"language":"zh"}'), agent="ops")

    assert load(Outbound, dump(message)) == message
