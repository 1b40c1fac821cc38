"""Where people and models write otherwise than CommonMark reads: rules for markdown-it in place of its own.

- Marks beside letters and signs of Chinese count: `**“词”**字` is bold (CommonMark's flanking rules ask for a blank).
- Two marks need no blank beside punctuation either (`**bold:**text`); a single one never stands inside a word or a
  product (`2*3*4`), nor do two underscores inside of a name (`pkg.__init__.py`).
- A fence ends at its own end, also where its lines stand left of the point to which it belongs.
- A line without `>` is outside of the quote. A line without `|` is outside of the table; a row keeps all its cells.
- Addresses are links by themselves and end before the punctuation of either language.
- Nothing is left out however deeply it is nested: markdown-it drops what is below its limit.
"""

import bisect
import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

DEEPEST = 16
"""Levels of markdown-it, of which a quote takes one and a list two; below them all is words."""
_ALTERNATES: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MOST_COLUMNS = 64
_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_SCHEME = re.compile(r"(?:(?<=[^a-zA-Z0-9])|^)https?$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"://(?:\[[0-9a-fA-F:.]{2,45}\])?(?:(?!\*\*|~~)[^\s<>\"'`\[\]|\\^{}\u2018-\u201f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20])+"
)
_PIECES = ((1,), (2,), (2, 1))
"""Of which marks a run of as many is made: two are one mark and never two, so that `**a *b** c*` is bold."""
_TWICE = 1 << 20
_TRAILING = ".,;:!?*_~&"


class _Parser(MarkdownIt):
    """Takes every address as it was written: what may be followed is each dialect's to say."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 -- markdown-it's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 -- as above
        return link

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 -- as above
        return True


def taught() -> MarkdownIt:
    """The parser of blocks and of what is within a line, with our rules in place of its own."""
    parser = _Parser("commonmark", {"html": False, "maxNesting": 100})
    parser.core.ruler.enableOnly(["normalize", "block"])
    block, inline = parser.block.ruler, parser.inline.ruler
    block.disable(["code", "lheading", "reference", "html_block"])
    block.enable("table")
    block.at("fence", _fence, _ALTERNATES)
    block.at("table", _table, {"alt": ["paragraph", "reference", "list"]})
    block.before("table", "deep", _deep)
    block.before("paragraph", "indented", _indented)
    block.before("paragraph", "outside", _outside, {"alt": ["blockquote"]})
    inline.enable("strikethrough")
    parser.inline.ruler2.enable("strikethrough")
    inline.at("emphasis", _emphasis)
    inline.at("strikethrough", _struck)
    parser.inline.ruler2.at("emphasis", _set)
    inline.at("linkify", _address)
    inline.enable("linkify")
    inline.disable(["entity", "html_inline"])
    return parser


# Blocks


def _deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- markdown-it calls it so
    return state.level >= DEEPEST and paragraph(state, start, end, silent)


def _indented(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- as above
    """Lines indented by four blanks, after an empty one: code, but not in a list, where indents are no one's care.

    Nor at the beginning of a text, which may be a piece of a longer one.
    """
    is_apart = state.isEmpty(start - 1) if start else state.env.get("gap", False)
    if silent or state.level or not is_apart or state.sCount[start] < 4:  # noqa: PLR2004 -- CommonMark's four
        return False
    line = last = start
    while line < end and (state.isEmpty(line) or state.sCount[line] >= 4):  # noqa: PLR2004 -- as above
        last = last if state.isEmpty(line) else line
        line += 1
    state.line = last + 1
    token = state.push("code_block", "code", 0)
    token.content = state.getLines(start, state.line, 4, False)  # noqa: FBT003 -- as above
    token.map = [start, state.line]
    return True


def _outside(state: StateBlock, start: int, _: int, silent: bool) -> bool:  # noqa: FBT001 -- as above
    """Ends a quote at a line without its sign, and a table at a line without its."""
    if not silent:
        return False
    return state.parentType != "table" or "|" not in _line(state, start)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- as above
    opening = _line(state, start)
    found = _FENCE.match(opening)
    if not found:
        return False
    if silent:
        return True
    mark, line = found[1], start + 1
    closed = allowed = -1
    while line < end:
        text = _line(state, line)
        is_left = bool(text) and state.sCount[line] < state.blkIndent and line > allowed
        if is_left and (allowed := _close_below(state, line, end, mark)) < 0:
            break
        if text.startswith(mark) and closes(text, mark):
            closed = line
            break
        line += 1
    state.line = line + (closed >= 0)
    token = state.push("fence", "code", 0)
    token.info = opening[found.end() :]
    token.markup = mark
    token.meta = {"is_open": closed < 0}
    token.content = state.getLines(start + 1, line, state.sCount[start], True)  # noqa: FBT003 -- as above
    token.map = [start, state.line]
    return True


def closes(line: str, mark: str) -> bool:
    """Whether the line ends the fence that `mark` began."""
    bare = line.strip()
    return len(bare) >= len(mark) and not bare.strip(mark[0])


def _close_below(state: StateBlock, line: int, end: int, mark: str) -> int:
    """The line that closes a fence whose code stands left of its point; -1 where another fence begins before that."""
    lines = state.env.get("fences")
    if lines is None:
        lines = [number for number, text in enumerate(state.src.split("\n")) if _FENCE.match(text)]
        state.env["fences"] = lines
    at = bisect.bisect_left(lines, line)
    if at == len(lines) or lines[at] >= end:
        return -1
    return lines[at] if closes(_line(state, lines[at]), mark) else -1


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- as above
    if start + 2 > end or (state.sCount[start + 1] < state.blkIndent and not silent):
        return False
    head, divider = _line(state, start), _line(state, start + 1)
    if "|" not in head or "|" not in divider or not _DIVIDER.fullmatch(divider):
        return False
    if silent:
        return True
    line, outer = start + 2, state.parentType
    state.parentType = "table"
    terminators = state.md.block.ruler.getRules("blockquote")
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if any(rule(state, line, end, True) for rule in terminators):  # noqa: FBT003 -- as above
            break
        line += 1
    state.parentType, state.line = outer, line
    token = state.push("table", "table", 0)
    token.map = [start, line]
    written = [_line(state, number) for number in range(start, line)]
    width = len(cells(head))
    token.meta = {"rows": [cells(each, width) for each in (head, *written[2:])], "written": written}
    return True


def cells(line: str, width: int = _MOST_COLUMNS) -> list[str]:
    r"""The cells of one row; `\|` is a letter of its cell.

    A sign within ticks parts cells as well, unless the row then had more than `width`: whoever writes code in a cell
    mostly forgets to escape it.
    """
    bare = line.strip().removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    found = _parted(bare, minds_ticks=False)
    if len(found) > width:
        found = _parted(bare, minds_ticks=True)
    return [cell.strip() for cell in found[:_MOST_COLUMNS]]


def _parted(line: str, *, minds_ticks: bool) -> list[str]:
    found, kept, at, in_ticks = [], "", 0, False
    while at < len(line):
        sign = line[at]
        if sign == "\\" and line[at + 1 : at + 2] == "|":
            kept, at = kept + "|", at + 1
        elif sign == "|" and not in_ticks:
            found.append(kept)
            kept = ""
        else:
            in_ticks ^= minds_ticks and sign == "`"
            kept += sign
        at += 1
    return [*found, kept]


# Lines


def _emphasis(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- as above
    if silent or state.src[state.pos] not in "*_":
        return False
    mark = state.src[state.pos]
    length = _run(state)
    can_open, can_close = flanks(state.src, state.pos, state.pos + length)
    if length > len(_PIECES):
        state.append_pending(mark * length)
    else:
        pieces = _PIECES[length - 1]
        is_closing = can_close and (not can_open or any(each.marker == ord(mark) for each in state.delimiters))
        for count in reversed(pieces) if is_closing else pieces:
            _push_delimiter(state, mark * count, can_open=can_open, can_close=can_close)
    state.pos += length
    return True


def _set(state: StateInline) -> None:
    """Makes tags of the marks that have found each other."""
    for delimiters in [state.delimiters, *(each["delimiters"] for each in state.tokens_meta if each)]:
        for opening in delimiters:
            if opening.end >= 0 and opening.marker != ord("~"):
                for place, kind in ((opening.token, "open"), (delimiters[opening.end].token, "close")):
                    token = state.tokens[place]
                    token.markup, token.content = token.content, ""
                    token.type = f"{'strong' if len(token.markup) > 1 else 'em'}_{kind}"
                    token.nesting = 1 if kind == "open" else -1


def _struck(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- as above
    if silent or not state.src.startswith("~~", state.pos):
        return False
    length = _run(state)
    can_open, can_close = flanks(state.src, state.pos, state.pos + length)
    if length > 2:  # noqa: PLR2004 -- a wave or a fence, nothing that strikes out
        state.append_pending("~" * length)
    else:
        _push_delimiter(state, "~~", can_open=can_open, can_close=can_close)
    state.pos += length
    return True


def _run(state: StateInline) -> int:
    """How often the sign at this place stands one after the other."""
    rest, sign = state.pos, state.src[state.pos]
    while rest < state.posMax and state.src[rest] == sign:
        rest += 1
    return rest - state.pos


def _push_delimiter(state: StateInline, signs: str, *, can_open: bool, can_close: bool) -> None:
    token = state.push("text", "", 0)
    token.content = signs
    state.delimiters.append(
        Delimiter(
            marker=ord(signs[0]) + (_TWICE if len(signs) > 1 and signs != "~~" else 0),
            length=0,
            token=len(state.tokens) - 1,
            end=-1,
            open=can_open,
            close=can_close,
        )
    )


def flanks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a run of marks may begin and whether it may end what is set, by what stands before and after it."""
    mark, length = text[start], end - start
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    can_open, can_close = not after.isspace(), not before.isspace()
    if mark == "*" and _multiplies(before, after):
        return False, False
    if mark == "~" or (mark == "*" and length > 1):
        return can_open, can_close
    if mark == "_":
        joins_before = before.isalnum() or (before in "./" and text[start - 2 : start - 1].isalnum())
        joins_after = after.isalnum() or (after in "./(" and text[end + 1 : end + 2].isalnum())
        return can_open and not joins_before, can_close and not joins_after
    is_pattern = "/" in (before, after) or (after == "." and text[end + 1 : end + 2].isalnum())
    if is_pattern:  # of names of files, as in `src/*.py`
        return False, False
    return can_open and not _is_latin(before), can_close and not _is_latin(after)


def _multiplies(before: str, after: str) -> bool:
    """Whether stars between these two are a product or a power, as in `x**2` and `(a)*(b)`."""
    if not (before + after).isascii():
        return False
    if before in ")]":
        return after.isalnum() or after in "(["
    return before.isalnum() and after.isalnum() and (before.isdigit() or after.isdigit())


def _is_latin(sign: str) -> bool:
    """Whether a single star beside it belongs to a word."""
    return sign.isalnum() and sign < "\u1100"


def _address(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- as above
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - 6), state.pos)
    found = _ADDRESS.match(state.src, state.pos, state.posMax)
    if not scheme or not found:
        return False
    url = trimmed(scheme[0] + found[0])
    rest = url[len(scheme[0]) + 3 :]
    if not rest:
        return False
    if silent or state.linkLevel:
        if not silent:
            state.append_pending(url[len(scheme[0]) :])
    elif not state.pending.endswith(scheme[0]):
        return False
    else:
        state.pending = state.pending[: -len(scheme[0])]
        token = state.push("bare", "a", 0)
        token.content = url
    state.pos += len(url) - len(scheme[0])
    return True


def trimmed(url: str) -> str:
    """An address without the punctuation after it, and without a bracket that was opened before it."""
    while url and (url[-1] in _TRAILING or (url[-1] == ")" and url.count(")") > url.count("("))):
        url = url[:-1]
    return url
