"""Takes out of a page what its reader cannot see, so that it cannot say one thing to people and another to a model.

By attributes, and by the page's own styles. What an element is told reaches those inside it as in a browser: what is
not displayed stays away with everything in it, while a size of letters, a colour or `visibility` ends where another is
set. (Programs that lay out mails write `font-size:0` around almost everything.) `aria-hidden` hides from who listens,
not from who looks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from channels.page.colours import BLACK, LINK, Colour, colour, is_clear, is_seen
from channels.page.selectors import Element, Index
from channels.page.styles import Declared, declared, laid_over, rules

_SIZE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*(px|pt|em|rem|%|ex|ch|vw|vh|vmin|vmax|mm|cm|in|pc)?")
_FONT_SIZE = re.compile(r"(?:^|\s)((?:\d+\.?\d*|\.\d+)(?:px|pt|em|rem|%)?)(?=\s|/)")
_AWAY = re.compile(r"-\s*(?:\d{4,}(?:\.\d+)?(?:px|pt)?|\d{3,}(?:\.\d+)?(?:em|rem|vw|vh|%))")
_MOVED = re.compile(
    r"translate(?:x|y|3d)?\([^)]*-\s*(?:\d{4,}px|\d{3,}(?:em|rem|vw|vh|%))|scale(?:x|y)?\(\s*0*\.?0*\s*[,)]"
)
_CLIPPED = re.compile(
    r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?|inset\(\s*(?:[5-9]\d|\d{3,})(?:\.\d+)?%|circle\(\s*0"
)
_GROUND = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|[a-z]+")
_EDGES = ("left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top")
_CUTS = re.compile("hidden|clip")
_SMALLEST = 1.0
_NOT_WORDS = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object"})
_OWN_COLOURS = frozenset({"a", "mark", "button", "input", "textarea", "select"})
_PAINTS = ("background", "background-image", "background-color")
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "display": ("none",),
    "visibility": ("hidden", "collapse"),
    "content-visibility": ("hidden",),
    "mso-hide": ("all",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How an element and what is inside it look. A colour that is not known is None."""

    is_gone: bool = False
    is_tiny: bool = False
    is_veiled: bool = False
    is_clear: bool = False
    ink: Colour | None = BLACK
    ground: Colour | None = None

    @property
    def shows_words(self) -> bool:
        return not (self.is_gone or self.is_tiny or self.is_veiled or self.is_clear) and is_seen(self.ink, self.ground)


def take_out_unseen(tree: Any, ground: Colour | None = None) -> int:
    """Take it out of the tree; how many characters of words it held. `ground` is what a page is shown on, if known."""
    nodes = list((tree.body or tree.root).traverse(include_text=True))
    places = {node.mem_id: number for number, node in enumerate(nodes)}
    elements = [_element(node, places) for node in nodes]
    styles = _styles(tree, elements)
    start = _Look(ground=ground)
    looks: list[_Look] = []
    doomed: list[Any] = []
    letters = 0
    silent: set[int] = set()
    for number, (node, element) in enumerate(zip(nodes, elements, strict=True)):
        above = looks[element.parent] if element.parent >= 0 else start
        if element.tag in _NOT_WORDS or element.parent in silent:
            silent.add(number)
        if node.is_text_node:
            looks.append(above)
            if not above.shows_words and number not in silent:
                letters += len(" ".join(node.text_content.split()))
                if not above.is_gone:
                    doomed.append(node)
            continue
        look = _seen(above, element, styles.get(number))
        looks.append(look)
        if (look.is_gone and not above.is_gone) or (look.is_veiled and not look.is_gone and element.tag == "img"):
            doomed.append(node)
    for node in doomed:
        node.decompose()
    return letters


def _element(node: Any, places: Mapping[int, int]) -> Element:
    above = node.parent
    parent = places.get(above.mem_id, -1) if above is not None else -1
    about = node.attributes if node.is_element_node else {}
    return Element(tag=node.tag, about=about, parent=parent, classes=frozenset((about.get("class") or "").split()))


def _styles(tree: Any, elements: list[Element]) -> dict[int, Declared]:
    """What each element is told, by the rules in their order and then by itself. Hiding rules are looked for first."""
    told: dict[int, list[tuple[int, Declared]]] = {}
    index: Index | None = None
    known = [(number, selector, said) for number, (selector, said) in enumerate(rules(tree))]
    for number, selector, said in sorted(known, key=lambda rule: _look(_Look(), rule[2], "p").shows_words):
        index = index or Index(elements)
        for place in index.meant(selector):
            told.setdefault(place, []).append((number, said))
    styles: dict[int, Declared] = {}
    for place, found in told.items():
        styles[place] = {}
        for _, said in sorted(found, key=lambda rule: rule[0]):
            styles[place] = laid_over(styles[place], said)
    for place, element in enumerate(elements):
        if style := element.about.get("style"):
            styles[place] = laid_over(styles.get(place, {}), declared(style))
    return styles


def _seen(above: _Look, element: Element, style: Declared | None) -> _Look:
    """How an element looks inside another."""
    about = element.about
    if not about and style is None:
        return above
    said = dict(style or {})
    if "hidden" in about:
        said.setdefault("display", ("none", False))
    if element.tag == "font" and about.get("color"):
        said.setdefault("color", (str(about["color"]).lower().strip(), False))
    if about.get("bgcolor"):
        said.setdefault("background-color", (str(about["bgcolor"]).lower().strip(), False))
    if about.get("background"):
        said.setdefault("background-image", ("url()", False))
    if element.tag == "body" and about.get("text"):
        said.setdefault("color", (str(about["text"]).lower().strip(), False))
    if element.tag in _OWN_COLOURS:
        above = replace(above, ink=LINK if element.tag == "a" and "href" in about else above.ink)
    look = _look(above, said, element.tag)
    # A page that hides all of itself shows it again by a script.
    return replace(look, is_gone=False, is_tiny=False, is_veiled=False) if element.tag in ("html", "body") else look


def _look(above: _Look, said: Declared, tag: str) -> _Look:
    values = {name: value for name, (value, _) in said.items()}
    look = above
    if not above.is_gone and _is_gone(values, tag):
        look = replace(look, is_gone=True)
    size = values.get("font-size") or (_FONT_SIZE.findall(values.get("font", "")) or [""])[-1]
    if size:
        look = replace(look, is_tiny=_is_tiny(size, is_tiny=above.is_tiny))
    if visibility := values.get("visibility"):
        look = replace(look, is_veiled=visibility in _PLAIN["visibility"])
    return _painted(look, values)


def _is_gone(values: Mapping[str, str], tag: str) -> bool:
    """Whether an element is away with everything inside it, whatever that says."""
    if any(values.get(name) in hiding for name, hiding in _PLAIN.items() if name != "visibility"):
        return True
    if _is_nothing(values.get("opacity", "1"), 0.01) or _is_nothing(values.get("max-height", "1em"), 0):
        return True
    is_cell = tag in ("td", "th")  # whose width is that of its column
    if not is_cell and _is_nothing(values.get("max-width", "1em"), 0):
        return True
    sides = ("height", "max-height") if is_cell else ("height", "max-height", "width", "max-width")
    cuts = any(_CUTS.search(values.get(name, "")) for name in ("overflow", "overflow-x", "overflow-y"))
    if cuts and any(_is_nothing(values.get(name, "1em"), _SMALLEST) for name in sides):
        return True
    if any(_AWAY.match(values.get(name, "")) for name in _EDGES) or _MOVED.search(values.get("transform", "")):
        return True
    return bool(_CLIPPED.match(values.get("clip", "")) or _CLIPPED.match(values.get("clip-path", "")))


def _is_nothing(size: str, most: float) -> bool:
    found = _SIZE.fullmatch(size)
    if found is None:
        return False
    return float(found[1]) <= (most if (found[2] or "px") in ("px", "pt") else 0)


def _is_tiny(size: str, *, is_tiny: bool) -> bool:
    found = _SIZE.fullmatch(size)
    if found is None:
        return is_tiny and size in ("inherit", "larger", "smaller", "unset")
    if found[2] in ("em", "%", "ex", "ch"):
        return is_tiny or float(found[1]) == 0
    return _is_nothing(size, _SMALLEST)


def _painted(look: _Look, values: Mapping[str, str]) -> _Look:
    """With the colours that are set."""
    if (ink := values.get("color")) and ink not in ("inherit", "currentcolor", "unset"):
        cut = f"{values.get('background-clip', '')}{values.get('-webkit-background-clip', '')}"
        look = replace(look, ink=colour(ink), is_clear=is_clear(ink) and "text" not in cut)
    for name in _PAINTS:
        paint = values.get(name, "")
        if "(" in paint.replace("rgb(", "").replace("rgba(", ""):
            look = replace(look, ground=None)  # a picture, or what only a browser can work out
        elif name != "background-image" and paint:
            look = _on_ground(look, paint)
    return look


def _on_ground(look: _Look, paint: str) -> _Look:
    for word in _GROUND.findall(paint):
        if is_clear(word) or word in ("none", "inherit", "initial", "unset"):
            return look
        if (found := colour(word)) is not None:
            return replace(look, ground=found)
    return replace(look, ground=None)
