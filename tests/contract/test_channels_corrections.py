"""What every adapter owes when a person edits what they said, where its platform tells bots of that.

An adapter that tells edits takes `Power.CORRECTIONS` out of what its driver lacks, and gives the driver `edit_again`
and `touch`; nothing here has to change. What becomes of a correction is the gateway's business (`corrections`).
"""

from channels.messages import Inbound
from tests.contract.asked import needs
from tests.contract.drivers import Power
from tests.contract.stage import Stage


def corrections(stage: Stage) -> list[Inbound]:
    return [event for event in stage.heard if event.corrects is not None]


async def everything(stage: Stage) -> None:
    """Wait until what was told so far has been heard."""
    await stage.driver.say("the end")
    await stage.until(lambda: any(event.text == "the end" for event in stage.heard))


@needs(Power.EDITS, Power.CORRECTIONS)
async def test_an_edit_is_a_correction_of_the_message_by_whoever_wrote_it(stage: Stage) -> None:
    said = await stage.driver.say("meet at five")
    [first] = await stage.hears()
    await stage.driver.edit(said, "meet at six")
    await everything(stage)
    [corrected] = corrections(stage)
    assert corrected.corrects is not None

    assert corrected.text == "meet at six"
    assert (corrected.corrects.event_id, corrected.corrects.at) == (first.event_id, first.at)
    assert corrected.corrects.words in {"", "meet at five"}
    assert corrected.event_id != first.event_id
    assert corrected.at >= first.at
    assert (corrected.message, corrected.address) == (first.message, first.address)
    assert corrected.sender.id == first.sender.id
    assert corrected.is_direct
    assert corrected.to_me


@needs(Power.EDITS, Power.CORRECTIONS)
async def test_each_edit_has_an_event_id_that_stays_the_same_when_it_is_told_again(stage: Stage) -> None:
    said = await stage.driver.say("one")
    await stage.hears()
    await stage.driver.edit(said, "two")
    await stage.until(lambda: corrections(stage) != [])  # a platform that is asked tells of the newest edit alone
    await stage.driver.edit_again(said)
    await stage.driver.edit(said, "three")
    await stage.until(lambda: "three" in [event.text for event in corrections(stage)])
    await everything(stage)
    ids = {
        event.text: {other.event_id for other in corrections(stage) if other.text == event.text}
        for event in stage.heard
    }

    assert {words: len(found) for words, found in ids.items() if found} == {"two": 1, "three": 1}
    assert ids["two"] != ids["three"]


@needs(Power.EDITS, Power.CORRECTIONS)
async def test_what_changes_no_words_is_told_with_the_same_words_or_not_at_all(stage: Stage) -> None:
    said = await stage.driver.say("look at this")
    await stage.hears()
    await stage.driver.touch(said)
    await everything(stage)

    assert {event.text for event in corrections(stage)} <= {"look at this"}
