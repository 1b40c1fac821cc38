"""Which part of a page is what it is about, and what stands around that: menus, lists of links, footers."""

from typing import Any

from channels.page.nesting import outermost

_MAIN = "main, [role=main], #mw-content-text, #main-content, .markdown-body"
_AROUND = "nav, aside, footer, [role=navigation], [role=complementary], [role=contentinfo]"
_ENOUGH = 200
"""Characters of words outside of links from which a part can be what a page is about."""
_MOST = 0.7
_FEWEST = 0.3
_NOT_WORDS = frozenset({"script", "style", "noscript", "template", "svg", "iframe"})
_MOST_NODES = 300_000


def main_part(body: Any) -> tuple[Any, list[Any]]:
    """The main part of a body, and the menus and notes inside it. It is the body itself where no part stands out."""
    weights = _weights(body)
    whole = weights.get(body.mem_id, 0)
    main = _named(body, weights, whole) or _densest(body, weights)
    return main, outermost(each for each in main.css(_AROUND) if each.mem_id != main.mem_id)


def _named(body: Any, weights: dict[int, int], whole: int) -> Any:
    """What the page itself calls its main part, or its one article, where enough of its words stand there."""
    for selector, share in ((_MAIN, _FEWEST), ("article", 0.5)):
        found = max(body.css(selector), key=lambda node: weights.get(node.mem_id, 0), default=None)
        if found is not None and weights.get(found.mem_id, 0) >= max(_ENOUGH, share * whole):
            return found
    return None


def _densest(body: Any, weights: dict[int, int]) -> Any:
    """The deepest part that holds most of the words that are in no link."""
    node = body
    while True:
        weight = weights.get(node.mem_id, 0)
        heaviest = max(node.iter(), key=lambda child: weights.get(child.mem_id, 0), default=None)
        if heaviest is None or weights.get(heaviest.mem_id, 0) < max(_ENOUGH, _MOST * weight):
            return node
        if heaviest.tag in ("p", "pre", "table", "ul", "ol", "blockquote", "form"):
            return node
        node = heaviest


def _weights(body: Any) -> dict[int, int]:
    """How many characters of words each node holds outside of links and menus."""
    weights: dict[int, int] = {}
    order: list[tuple[int, int]] = []
    silent = {each.mem_id for each in body.css(f"a, {_AROUND}")}
    for count, node in enumerate(body.traverse(include_text=True)):
        if count > _MOST_NODES:
            break
        parent = node.parent
        above = parent.mem_id if parent is not None else 0
        if above in silent or node.tag in _NOT_WORDS:
            silent.add(node.mem_id)
        elif node.tag == "-text":
            weights[node.mem_id] = len(node.text_content.strip())
            order.append((node.mem_id, above))
        else:
            order.append((node.mem_id, above))
    for own, above in reversed(order):
        if own != body.mem_id and own in weights:
            weights[above] = weights.get(above, 0) + weights[own]
    return weights
