"""The rules of a page's own style sheets that hold on a screen of usual width, as selectors with what they declare.

Styles that lie elsewhere are not read. Rules in `@media all` and `screen`, `@supports` and `@layer` hold as well, and
rules in rules (css-nesting-1); those for print, for narrow windows or for dark rooms do not.
"""

import re
from collections.abc import Iterator
from typing import Any

Declared = dict[str, tuple[str, bool]]
"""The value of each property, and whether it is important."""
_MOST_STYLES = 400_000
_LONGEST_SELECTOR = 200
_DEEPEST = 8
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_END = re.compile(r"[{};]")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_WIDTH = re.compile(r"\((min|max)-(?:device-)?width:(\d+(?:\.\d+)?)(px|em|rem)?\)")
_WINDOW_PIXELS = 1280


def declared(style: str) -> Declared:
    """What a style says, the later above the earlier and the important above both."""
    found: Declared = {}
    for piece in _unescaped(_COMMENT.sub("", style)).lower().split(";"):
        name, colon, value = piece.partition(":")
        value, bang, _ = value.partition("!")
        if colon and (bang or not found.get(name.strip(), ("", False))[1]):
            found[name.strip()] = (value.strip(), bool(bang))
    return found


def laid_over(below: Declared, above: Declared) -> Declared:
    """Two styles of one element."""
    kept = {name: said for name, said in below.items() if said[1] and not above.get(name, ("", False))[1]}
    return {**below, **above, **kept}


def rules(tree: Any) -> Iterator[tuple[str, Declared]]:
    """Each selector that stands alone, with what its rule declares, in the order of the page."""
    sheets = [node for node in tree.css("style") if _is_read(node)]
    text = "\n".join(node.text() for node in sheets)[:_MOST_STYLES]
    for selectors, body in _rules(_STRING.sub(_harmless, _COMMENT.sub("", text))):
        said = declared(body)
        for selector in selectors.split(","):
            yield selector.strip(), said


def _is_read(node: Any) -> bool:
    above = node.parent.tag if node.parent is not None else ""
    return above != "noscript" and _holds(node.attributes.get("media") or "")


def _harmless(string: re.Match[str]) -> str:
    return re.sub(r"[{};,]", "", string[0])


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Rules with their selectors, in one pass.

    The stack holds for each open block its selectors, "" for a block that is none and None for one that does not hold,
    and what was declared in it.
    """
    stack: list[tuple[str | None, list[str]]] = []
    begun = 0
    for sign in _END.finditer(css):
        inside = css[begun : sign.start()].strip()
        begun = sign.end()
        if sign[0] == "{":
            stack.append((_opened(inside, stack), []))
        elif stack:
            selectors, body = stack[-1]
            if selectors:
                body.append(inside)
            if sign[0] == "}":
                stack.pop()
                if selectors and any(body):
                    yield selectors, ";".join(body)


def _opened(prelude: str, stack: list[tuple[str | None, list[str]]]) -> str | None:
    """The selectors of a block that opens."""
    above = stack[-1][0] if stack else ""
    if above is None or len(stack) >= _DEEPEST:
        return None
    if prelude.startswith("@"):
        return above if _condition_holds(prelude) else None
    if not above:
        return prelude
    if "," in above or len(above) + len(prelude) > _LONGEST_SELECTOR:
        return None
    nested = (each.strip() for each in prelude.split(","))
    return ",".join(each.replace("&", above) if "&" in each else f"{above} {each}" for each in nested)


def _condition_holds(prelude: str) -> bool:
    word, _, rest = prelude.partition(" ")
    word = word.lower().partition("(")[0]
    if word == "@media":
        return _holds(prelude[len("@media") :])
    return word == "@layer" or (word == "@supports" and "not" not in rest.lower().split("(")[0])


def _holds(queries: str) -> bool:
    """Whether one of these media queries is true of a screen."""
    return any(_is_true(re.sub(r"\s+", " ", query).strip().lower()) for query in queries.split(","))


def _is_true(query: str) -> bool:
    is_not = query.startswith("not ")
    kind, *features = [each.strip() for each in query.removeprefix("not ").removeprefix("only ").split(" and ")]
    if kind.startswith("("):
        kind, features = "all", [kind, *features]
    truth = kind in ("", "all", "screen") and all(_is_so(each.replace(" ", "")) for each in features)
    return truth is not is_not


def _is_so(feature: str) -> bool:
    if (found := _WIDTH.fullmatch(feature)) is None:
        return feature in ("(color)", "(hover)", "(hover:hover)", "(orientation:landscape)", "(scripting:enabled)")
    pixels = float(found[2]) * (1 if (found[3] or "px") == "px" else 16)
    return pixels <= _WINDOW_PIXELS if found[1] == "min" else pixels >= _WINDOW_PIXELS


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: found[2] or chr(min(int(found[1] or "20", 16), 0x10FFFF)), text)
