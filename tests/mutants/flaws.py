"""What may be wrong with an adapter, and the tests of the contract that ought to notice."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent


class Flaw(StrEnum):
    """Kinds of breakage, by what the adapter does wrongly. Alphabetical.

    AGAIN: an edit is told as a new message; ALARMS: words call everybody; ANSWERLESS: what is sent answers nothing;
    BELIEVES: a request without a proof is heard; BUTTONS: a card that is decided keeps them; CALLED: everything in a
    group is for the bot; CHOICE: another button than the pressed one is told; DEAF: a connection that answers nothing
    is called healthy; DOUBLES: a message loses the key by which a repeat is known; DOWN: refused credentials are
    trouble that passes; EARLY: acknowledged before it is stored; ECHO: bots and ourselves are heard; FOLLOWS: a
    redirect is followed; LACKLESS: a right that is missing is trouble of one message; LOST: what was not stored is
    dropped; NAME: a person's name is taken for their id, or an id for a name; PATIENCE: the platform's seconds are
    ignored; PRESSER: a press is credited to somebody else; PUBLIC: what is for one alone is shown to all; QUOTE: an
    answer does not say what it answers; REWRITES: a message that should be rewritten is sent anew; ROOM: another room
    is the private one; SECRET: a credential stands in a reason; TASKS: tasks outlive the connection; THREAD: what
    belongs to a thread goes elsewhere; TITLE: a file loses its name or its kind; TWICE: a repeat has another event id;
    UNBOUNDED: more bytes are fetched than were allowed.
    """

    AGAIN = "again"
    ALARMS = "alarms"
    ANSWERLESS = "answerless"
    BELIEVES = "believes"
    BUTTONS = "buttons"
    CALLED = "called"
    CHOICE = "choice"
    DEAF = "deaf"
    DOUBLES = "doubles"
    DOWN = "down"
    EARLY = "early"
    ECHO = "echo"
    FOLLOWS = "follows"
    LACKLESS = "lackless"
    LOST = "lost"
    NAME = "name"
    PATIENCE = "patience"
    PRESSER = "presser"
    PUBLIC = "public"
    QUOTE = "quote"
    REWRITES = "rewrites"
    ROOM = "room"
    SECRET = "secret"
    TASKS = "tasks"
    THREAD = "thread"
    TITLE = "title"
    TWICE = "twice"
    UNBOUNDED = "unbounded"


NOTICED_BY = {
    Flaw.AGAIN: "edit or corrections",
    Flaw.ALARMS: "calls_nobody or call_nobody or marks_of_a_platform",
    Flaw.ANSWERLESS: "names_the_message_that_it_answers",
    Flaw.BELIEVES: "somebody_else_cannot",
    Flaw.BUTTONS: "loses_its_buttons or keeps_its_buttons or outcome_refers or pressed_and_rewritten",
    Flaw.CALLED: "only_a_mention",
    Flaw.CHOICE: "press_tells_who",
    Flaw.DEAF: "were_taken_back or deaf or working_channel_up",
    Flaw.DOUBLES: "sent_twice",
    Flaw.DOWN: "wrong_credentials or refused_while_sending",
    Flaw.EARLY: "takes_its_time or could_not_be_stored",
    Flaw.ECHO: "our_own_words",
    Flaw.FOLLOWS: "redirect",
    Flaw.LACKLESS: "right_that_is_missing or may_not_be_read",
    Flaw.LOST: "could_not_be_stored",
    Flaw.NAME: "arrives_once_with or is_called_what",
    Flaw.PATIENCE: "too_many_calls",
    Flaw.PRESSER: "press_tells_who",
    Flaw.PUBLIC: "private_sentence or for_one_alone",
    Flaw.QUOTE: "carries_the_words or reply_to_the_bot",
    Flaw.REWRITES: "rewritten",
    Flaw.ROOM: "private_room",
    Flaw.SECRET: "tells_a_secret",
    Flaw.TASKS: "leaves_no_task",
    Flaw.THREAD: "thread or press_tells_who",
    Flaw.TITLE: "files_and_images_go_out or arrives_with_its_bytes or voice_and_pictures",
    Flaw.TWICE: "repeated_delivery or could_not_be_stored",
    Flaw.UNBOUNDED: "longer_than",
}
"""Words in the names of the tests that are run first; what these do not notice the rest of the contract may."""


@dataclass(frozen=True, slots=True)
class Edit:
    """In `file`, below `channels`, the passage `old`, which stands there once, becomes `new`."""

    file: str
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        """The text with the flaw; raises ValueError when the passage is not there once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} has {text.count(self.old)} times: {self.old}")
        return text.replace(self.old, self.new)


def kinds() -> list[str]:
    """The channels that have mutants."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def told(kind: str) -> dict[Flaw, dict[str, str]]:
    """What is told of every flaw in that channel: an edit, or why there can be none under `impossible`."""
    tables = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    return {Flaw(flaw): table for flaw, table in tables.items()}


def mutants(kind: str) -> dict[Flaw, Edit]:
    """The flaws that this channel can have."""
    return {flaw: Edit(**table) for flaw, table in told(kind).items() if "impossible" not in table}
