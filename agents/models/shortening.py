"""Makes a conversation shorter, in parts: long results of tools first, then whole old turns, pairs always kept whole.

The instructions, what the person said last and the latest calls with their results stay, and so do the last question
and the last answer before it, unless they alone are what does not fit. It refuses to shorten what a person said: that
is for them to do. Every part that is left out says what it was, and how to have it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from agents.models.context import Prepared, calls_in, json_array, message, subject_of
from agents.models.pictures import MOST, Pictured, PicturedResult
from agents.models.protocol import Message
from agents.models.summary import apart

LONG_RESULT = 500
"""Results of more characters are left out before anything else."""
STEP = 0.25
"""What goes by itself goes in steps of that part of the room, counted in bytes from the beginning of all that was said:
the beginning of what is sent then stays the same until another step is needed, and can be cached."""
_PICTURE_BYTES = 4_800
"""What models take for one picture: 1,600 tokens (Anthropic)."""
_LATEST_STEPS = 2
"""The results of so many of the latest answers are what a turn works with."""
_LONGEST_SUBJECT = 80
_KEPT_OF_A_COMMAND = 250
"""The last characters of what a command wrote are kept: they say how it ended, and running it again may do harm."""
_SHORT_RESULT = 300
_CUT_HERE = "… (left out, since it no longer fits)"
_ENVELOPE_BYTES = 150
"""What a result takes beside its text, with the sentence above."""
_QUESTION_PART = 4
"""The last question and answer go after all, before the latest results do, when they take this part of the room."""

_Turn = list[Message]


def shortened(messages: Sequence[Message], room: int) -> list[Message]:
    """The messages in that many bytes, or in as few as possible; the very same ones while they fit.

    The same messages with more behind them come out with the same beginning, until another step has to be made.
    """
    size = sum(map(size_of, messages))
    if size <= room:
        return list(messages)
    step = max(1, int(room * STEP))
    parts = _Parts(messages, size)
    parts.leave_out_old_results(room, step)
    parts.drop_old_turns(room, step)
    parts.leave_out_results(room)
    parts.keep_question_and_answer(room)
    parts.drop_steps(room)
    if parts.earlier and parts.size_of_earlier() > room // _QUESTION_PART:
        parts.drop_all_turns(room)
    parts.cut_latest(room)
    parts.drop_all_turns(room)
    parts.drop_summary(room)
    return parts.whole()


def size_of(given: Message) -> int:
    """Bytes of a message; a picture counts as what models take for one."""
    if isinstance(given, Pictured):
        return len(given.plain.json) + MOST * _PICTURE_BYTES
    if isinstance(given, PicturedResult):
        return len(given.json) + len(given.pictures) * _PICTURE_BYTES
    return len(given.json) if isinstance(given, Prepared) else len(json_array([given]))


class _Parts:
    """A conversation in its parts: instructions, turns of before, what was said last, and the steps since."""

    def __init__(self, messages: Sequence[Message], size: int) -> None:
        self.size = size
        self._head = [each for each in messages if role_of(each) in ("system", "developer")]
        self._summary, said = apart([each for each in messages if role_of(each) not in ("system", "developer")])
        turns = _split(said, "user")
        *self.earlier, latest = turns or [[]]
        has_said = bool(latest) and role_of(latest[0]) == "user"
        self._said = latest[:has_said]
        self.steps = _split(latest[has_said:], "assistant")
        self._size_of_head = sum(map(size_of, (*self._head, *self._summary)))
        self._calls = dict(chain.from_iterable(map(_calls_in, messages)))

    def whole(self) -> list[Message]:
        turns = (each for turn in self.earlier for each in turn)
        return [*self._head, *self._summary, *turns, *self._said, *(each for step in self.steps for each in step)]

    def size_of_earlier(self) -> int:
        return sum(size_of(each) for turn in self.earlier for each in turn)

    def leave_out_old_results(self, room: int, step: int) -> None:
        """Those of whole steps from the beginning, but not in the last step, nor those that the turn works with."""
        last, until, start = self.size - step, 0, self._size_of_head
        for turn in [*self.earlier, self._said, *self.steps[:-_LATEST_STEPS]]:
            for at, each in enumerate(turn):
                if start >= until:
                    until = start - start % step + step
                    if self.size <= room or until > last:
                        return
                start += size_of(each)
                self._put(turn, at, left_out(each, self._calls))

    def drop_old_turns(self, room: int, step: int) -> None:
        """Those of whole steps from the beginning, but for the last of them."""
        until, start = 0, self._size_of_head
        for size in [sum(map(size_of, turn)) for turn in self.earlier[:-1]]:
            if start >= until:
                until = start - start % step + step
                if self.size <= room:
                    return
            start += size
            self._drop(self.earlier.pop(0))

    def leave_out_results(self, room: int) -> None:
        """All but those of the latest step, the oldest first, as far as need be."""
        for turn in [*self.earlier, *self.steps[:-1]]:
            for at, each in enumerate(turn):
                if self.size <= room:
                    return
                self._put(turn, at, left_out(each, self._calls))

    def drop_all_turns(self, room: int) -> None:
        while self.earlier and self.size > room:
            self._drop(self.earlier.pop(0))

    def drop_summary(self, room: int) -> None:
        if self.size > room:
            self._drop(self._summary)
            self._summary = []

    def keep_question_and_answer(self, room: int) -> None:
        """Of the last turn before this one, without what happened between them."""
        if self.size <= room or not self.earlier:
            return
        turn = self.earlier[-1]
        is_whole = role_of(turn[0]) == "user" and role_of(turn[-1]) == "assistant" and not turn[-1].get("tool_calls")
        if is_whole:
            self._drop(turn[1:-1])
            self.earlier[-1] = [turn[0], turn[-1]]

    def drop_steps(self, room: int) -> None:
        while len(self.steps) > 1 and self.size > room:
            self._drop(self.steps.pop(0))

    def cut_latest(self, room: int) -> None:
        """The results of the latest calls, each to its share of what is left."""
        over = self.size - room
        if over <= 0 or not self.steps:
            return
        latest = self.steps[-1]
        results = [each for each in latest if role_of(each) == "tool"]
        most = max(_SHORT_RESULT, (sum(map(size_of, results)) - over) // max(1, len(results)))
        for at, each in enumerate(latest):
            self._put(latest, at, _cut(each, most))

    def _put(self, turn: _Turn, at: int, new: Message) -> None:
        self.size += size_of(new) - size_of(turn[at])
        turn[at] = new

    def _drop(self, messages: Sequence[Message]) -> None:
        self.size -= sum(map(size_of, messages))


def left_out(given: Message, calls: Mapping[str, tuple[str, str, bool]]) -> Message:
    """In place of a long result, what it was, and of one with pictures, its words; anything else as it is."""
    if isinstance(given, PicturedResult):
        return _with_text(given, f"{given['content']}\n[no longer shown]")
    text = given.get("content") if role_of(given) == "tool" and size_of(given) > LONG_RESULT else None
    if not isinstance(text, str) or len(text) <= LONG_RESULT:
        return given
    name, subject, is_command = calls.get(str(given["tool_call_id"]), ("result", "", False))
    about = " ".join([name, *subject.split()])[:_LONGEST_SUBJECT]
    tail = text[-_KEPT_OF_A_COMMAND:] if is_command else ""
    told = f"[{about}: {len(text) - len(tail):,} characters left out"
    return _with_text(given, f"{told}]\n…{tail}" if tail else f"{told}; call it again if needed]")


def role_of(given: Message) -> str:
    """Whose message it is."""
    return given.role if isinstance(given, Prepared) else str(given.get("role"))


def _calls_in(given: Message) -> Iterable[tuple[str, tuple[str, str, bool]]]:
    """The calls of an answer by their ids: name, subject, whether it is a command."""
    if role_of(given) != "assistant" or (isinstance(given, Prepared) and b'"tool_calls"' not in given.json):
        return
    for call_id, name, arguments in calls_in(given):
        yield call_id, (name, subject_of(arguments), "command" in arguments)


def _split(messages: Sequence[Message], role: str) -> list[_Turn]:
    """The messages in groups, each beginning with one of that role, but for the first group perhaps."""
    groups: list[_Turn] = []
    for each in messages:
        if not groups or role_of(each) == role:
            groups.append([])
        groups[-1].append(each)
    return groups


def _cut(given: Message, most_bytes: int) -> Message:
    """A result with that many bytes of its text, or fewer; anything else as it is."""
    text = given.get("content") if role_of(given) == "tool" else None
    if not isinstance(text, str) or size_of(given) <= most_bytes:
        return given
    if isinstance(given, PicturedResult):
        return left_out(given, {})
    plain = text.encode("utf-8", "replace")
    room = (most_bytes - _ENVELOPE_BYTES) * len(plain) // size_of(given)  # as JSON it takes more, by its line breaks
    return _with_text(given, plain[: max(0, room)].decode("utf-8", "ignore") + _CUT_HERE)


def _with_text(given: Message, text: str) -> Message:
    said: Any = message("tool", text, tool_call_id=given["tool_call_id"])
    return Prepared(said.json, given.outcome if isinstance(given, Prepared) else None)
