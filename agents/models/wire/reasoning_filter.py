"""Hides thinking that a model writes into its answer, however it is spelled and wherever it stands.

Models served by LM Studio, llama.cpp, Ollama or vLLM without a reasoning parser do so. Many templates (DeepSeek-R1,
QwQ, Qwen3-Thinking, MiniMax-M2) open the thinking in the prompt, so that the answer holds the closing tag alone: none
of such an answer may be shown before that tag, and of an unknown server nothing before its first answer is over. Tags
that a person should read, in code or in the middle of a sentence, stay.
"""

import re
from dataclasses import dataclass

_NAMES = "think|thinking|thought|reasoning|seed:think"
_KINDS = (
    (rf"<(?:{_NAMES})>", rf"</(?:{_NAMES})>"),  # DeepSeek, Qwen, and whom others taught; Seed-OSS
    (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
    ("◁think▷", "◁/think▷"),  # Kimi-VL
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A
    (r"<\|channel\|>(?:analysis|commentary)<\|message\|>", r"<\|channel\|>final<\|message\|>"),  # gpt-oss, "Harmony"
)
_OPEN = "|".join(opening for opening, _ in _KINDS)
_CLOSE = "|".join(closing for _, closing in _KINDS)
_SIGN = re.compile(rf"(?P<fence>```|~~~)|(?P<open>{_OPEN})|(?P<close>{_CLOSE})", re.IGNORECASE)
_ENDS = tuple((re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE)) for opening, closing in _KINDS)
_SPELLED = (
    "```",
    "~~~",
    *(f"<{mark}{name}>" for mark in ("", "/") for name in _NAMES.split("|")),
    "[think]",
    "[/think]",
    "◁think▷",
    "◁/think▷",
    "<|start_thinking|>",
    "<|end_thinking|>",
    "<|channel|>analysis<|message|>",
    "<|channel|>commentary<|message|>",
    "<|channel|>final<|message|>",
)
_LONGEST = max(map(len, _SPELLED))
_FIRST = re.compile(r"[`~<\[◁]")


@dataclass(slots=True)
class Habit:
    """What is known of a server: whether its models think in the answer without an opening tag; None is not known."""

    opens: bool | None = None


class ReasoningFilter:
    """What may be seen of one answer while it arrives. With a habit it holds back until nothing can be thinking."""

    def __init__(self, habit: Habit) -> None:
        self._habit = habit
        self._is_holding = habit.opens is not False
        self._rest = ""
        self._ready: list[str] = []
        self._line = ""
        self._fence = ""
        self._mentioned = 0
        self._until: re.Pattern[str] | None = None
        self._skips_blank = True
        self._has_shown = False

    def pass_on(self, text: str) -> str:
        """What may be shown of the answer so far and was not yet."""
        self._rest += text
        self._advance(is_over=False)
        return self._release()

    def thinks_apart(self) -> str:
        """The server has a field for thinking, so the answer is free of it; what was held back may be shown."""
        if self._is_holding and self._habit.opens is None:
            self._is_holding = False
        return self._release()

    def rest(self) -> str:
        """What was held back, at the end of the answer; the habit is learnt from it."""
        self._advance(is_over=True)
        if self._habit.opens is None and (self._ready or self._has_shown):
            self._habit.opens = False
        self._is_holding = False
        return self._release()

    def _release(self) -> str:
        if self._is_holding or not self._ready:
            return ""
        shown, self._ready, self._has_shown = "".join(self._ready), [], True
        return shown

    def _advance(self, *, is_over: bool) -> None:
        while self._rest:
            if self._until is not None:
                if not self._leave_thinking(self._until):
                    return
                continue
            sign = _SIGN.search(self._rest)
            if sign is None or (sign.end() == len(self._rest) and not is_over):
                # Whether a sign counts is seen by what follows it.
                known = sign.start() if sign else len(self._rest) - (0 if is_over else _begun(self._rest))
                self._show(self._rest[:known])
                self._rest = self._rest[known:]
                return
            self._show(self._rest[: sign.start()])
            self._rest = self._rest[sign.end() :]
            self._meet(sign)

    def _leave_thinking(self, closing: re.Pattern[str]) -> bool:
        found = closing.search(self._rest)
        if found is None:
            self._rest = self._rest[-_LONGEST:]
            return False
        self._rest = self._rest[found.end() :]
        self._until, self._skips_blank = None, not self._line.strip()
        if self._habit.opens is None and not self._ready:
            self._is_holding = False  # it opens its thinking itself
        return True

    def _meet(self, sign: re.Match[str]) -> None:
        is_first = not self._line.strip()
        if sign["fence"]:
            if is_first and self._fence in ("", sign[0]):
                self._fence = "" if self._fence else sign[0]
            self._show(sign[0])
        elif self._fence or self._line.count("`") % 2:
            self._show(sign[0])
        elif sign["open"]:
            if is_first:
                self._until = next(closing for opening, closing in _ENDS if opening.fullmatch(sign[0]))
            else:
                self._mentioned += 1
                self._show(sign[0])
        elif self._mentioned or not self._is_lone(is_first=is_first):
            self._mentioned = max(0, self._mentioned - 1)
            self._show(sign[0])
        else:
            self._open_late()

    def _is_lone(self, *, is_first: bool) -> bool:
        """Whether a closing tag ends thinking that the template opened, and is not spoken of in a sentence."""
        return self._is_holding and (is_first or not (self._line.endswith(" ") and self._rest.startswith(" ")))

    def _open_late(self) -> None:
        self._habit.opens = True
        self._ready.clear()
        self._is_holding, self._line, self._skips_blank = False, "", True

    def _show(self, text: str) -> None:
        if self._skips_blank:
            text = text.lstrip()
        if text:
            self._skips_blank = False
            self._ready.append(text)
            self._line = (self._line + text).rpartition("\n")[2]


def spoken(answer: str) -> str:
    """A whole answer without thinking, also where it was not known before that its template opens it."""
    reasoning_filter = ReasoningFilter(Habit())
    return (reasoning_filter.pass_on(answer) + reasoning_filter.rest()).strip()


def _begun(text: str) -> int:
    """How many of the last characters may be the beginning of a sign."""
    tail = text[-_LONGEST:].lower()
    starts = (found.start() for found in _FIRST.finditer(tail))
    return next((len(tail) - at for at in starts if any(sign.startswith(tail[at:]) for sign in _SPELLED)), 0)
