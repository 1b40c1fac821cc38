"""What a person sees of a call that takes long: its last lines, without secrets. It runs nothing."""

import re
from collections.abc import Awaitable, Callable

from governance.masking import for_chat

LINES = 8
LINE_LENGTH = 160
_ENDS = re.compile(r"[\r\n]+")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

Report = Callable[[str], Awaitable[None]]


def reporting(show: Callable[[str], None]) -> Report:
    """What a tool reports its newest output to, so that `show` gets its last lines as Markdown."""

    async def report(output: str) -> None:
        if lines := last_lines(output):
            show(f"```\n{lines}\n```")

    return report


def last_lines(output: str) -> str:
    """The last whole lines of an output that may begin and end anywhere, as plain text that closes no code block.

    A line that is not finished, or whose beginning is missing, is left out: half a secret does not look like one.
    """
    whole = _ENDS.split(_ESCAPE.sub("", output))[1:-1] if _is_cut(output) else _ENDS.split(_ESCAPE.sub("", output))[:-1]
    kept = [_UNSEEN.sub("", line).rstrip().replace("```", "'''") for line in for_chat("\n".join(whole)).split("\n")]
    return "\n".join(line[:LINE_LENGTH] for line in [line for line in kept if line][-LINES:])


def _is_cut(output: str) -> bool:
    """Whether the beginning is missing, which a tool marks by an ellipsis."""
    return output.startswith("…")
