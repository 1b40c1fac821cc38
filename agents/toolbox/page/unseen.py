"""What of a page its reader cannot see, so that it cannot say one thing to people and another to a model.

By attributes, and by the page's own styles where their selectors are plain; styles that lie elsewhere are not read.
"""

import re
from collections.abc import Iterator
from typing import Any

from agents.toolbox.page.nesting import outermost

_MOST_STYLES = 400_000
_MOST_RULES = 300
_LONGEST_SELECTOR = 200
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_PLAIN = re.compile(r"[\w-]*(?:[.#][\w-]+)+|[.#][\w-]+")
_ZERO = r"\s*:\s*0*+\.?0*+(?:px|em|rem|pt|%)?\s*(?:!important\s*)?(?:;|$)"
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|clip\s*:\s*rect\(\s*0|color\s*:\s*transparent"
    r"|(?:text-indent|left|top|right|margin-left)\s*:\s*-\d{4,}"
    rf"|(?:^|;|\s)(?:font-size|opacity|max-height|max-width){_ZERO}"
    r"|font-size\s*:\s*(?:0?\.\d+|1)px",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|[;\s])(color|background(?:-color)?)\s*:\s*([^;!]+)", re.IGNORECASE)
_NAMED = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}
_STYLED = "[style], [hidden], [type=hidden]"


def unseen(tree: Any) -> tuple[set[int], int]:
    """The memory ids of the outermost nodes that nobody sees, and how many characters of words they hold."""
    found: dict[int, Any] = {}
    for node in tree.css(_STYLED):
        about = node.attributes
        if "hidden" in about or about.get("type") == "hidden" or hides(about.get("style") or ""):
            found[node.mem_id] = node
    for selector in _hiding_selectors(tree):
        for node in tree.css(selector):
            found[node.mem_id] = node
    shown = [node for node in found.values() if node.tag in ("html", "body")]
    for node in shown:  # a page that hides all of itself shows it again by a script
        del found[node.mem_id]
    return set(found), sum(_letters(node) for node in outermost(found.values()))


def hides(style: str) -> bool:
    """Whether a style keeps words from being seen: hidden, without size, outside the page, or in its own colour."""
    if _HIDES.search(style):
        return True
    colours = {name.lower(): _colour(value) for name, value in _COLOUR.findall(style)}
    ground = colours.get("background-color") or colours.get("background")
    return bool(ground) and colours.get("color") == ground


def _colour(value: str) -> str:
    plain = re.sub(r"\s+", "", value.lower())
    if found := re.fullmatch(r"rgba?\((\d+),(\d+),(\d+)(?:,[\d.]+)?\)", plain):
        return "#" + "".join(f"{min(int(each), 255):02x}" for each in found.groups())
    return _NAMED.get(plain, plain)


def _hiding_selectors(tree: Any) -> Iterator[str]:
    """Plain selectors of the page's own styles that hide, whatever the width of a window."""
    text = "\n".join(node.text() for node in tree.css("style"))[:_MOST_STYLES]
    hiding = (names for names, style in _rules(_COMMENT.sub("", text)) if hides(style))
    names = (name.strip() for each in hiding for name in each.split(","))
    plain = [name for name in names if len(name) <= _LONGEST_SELECTOR and _PLAIN.fullmatch(name)]
    yield from dict.fromkeys(plain[:_MOST_RULES])


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors with their styles, in one pass; what lies in blocks such as `@media`, or in a rule, is left out."""
    depth, begun, selectors, is_plain = 0, 0, "", False
    for brace in _BRACE.finditer(css):
        inside = css[begun : brace.start()] if depth < 2 else ""  # noqa: PLR2004  # deeper than a rule
        begun = brace.end()
        if brace[0] == "{":
            if depth == 0:
                selectors = inside.rpartition(";")[2].strip()
            is_plain = depth == 0 and not selectors.startswith("@")
            depth += 1
            continue
        if depth == 1 and is_plain:
            yield selectors, inside
        depth = max(depth - 1, 0)
        is_plain = False


def _letters(node: Any) -> int:
    return len(" ".join(node.text(deep=True).split()))
