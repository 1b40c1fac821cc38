"""Keeps a page from lying deeper than browsers let it, since a parser pays for each tag with all that are open.

Blink stops at 512 elements in each other (`kMaximumHTMLParserDOMTreeDepth`); what is deeper keeps its words and loses
its tags.
"""

import re

_DEEPEST = 512
_FEW = 4000
"""Tags of which no order costs much."""
_TAG = re.compile(r"<(?:(/?)([a-zA-Z][^\s/<>]*)[^<>]*>?|!--)")
_NOT_NESTED = frozenset(
    {
        *("a", "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img"),
        *("input", "li", "link", "meta", "optgroup", "option", "p", "param", "source", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "track", "wbr"),
    }
)
"""Those that hold nothing, or end where the next of their kind begins."""
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})


def shallow(html: str) -> str:
    """The page without the tags that would lie too deep."""
    if html.count("<") < _FEW:
        return html
    kept: list[str] = []
    at, depth, dropped, begun = 0, 0, 0, 0
    while found := _TAG.search(html, at):
        at = found.end()
        name = (found[2] or "").lower()
        if not name:
            end = html.find("-->", found.end() - 2)
            at = len(html) if end < 0 else end + 3
        elif name in _RAW and not found[1]:
            closing = re.compile(rf"</{name}", re.IGNORECASE).search(html, at)
            at = closing.start() if closing else len(html)
        elif name in _NOT_NESTED:
            continue
        elif found[1]:
            is_over = dropped > 0
            dropped, depth = (dropped - 1, depth) if is_over else (0, max(depth - 1, 0))
            if is_over:
                kept.append(html[begun : found.start()])
                begun = at
        elif depth < _DEEPEST:
            depth += 1
        else:
            dropped += 1
            kept.append(html[begun : found.start()])
            begun = at
    return "".join([*kept, html[begun:]]) if kept else html
