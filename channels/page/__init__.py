"""HTML as a model or a person reads it, one reader for pages and for mail: without what nobody who looks would see.

The parser is lexbor's, which builds the tree that browsers build; it loads with the first page. It runs and loads
nothing.
"""

from dataclasses import dataclass

__all__ = ["Page", "read_page", "readable"]

_APART = "\n\n---\nAround it:\n\n"
_MOST_CHARACTERS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was read. `start` is where the place that its address names begins in `text`; 0 without one.

    `hidden` counts the characters that were left out since nobody who looks at the page sees them.
    """

    title: str
    text: str
    start: int = 0
    hidden: int = 0


def read_page(html: str, base: str, fragment: str = "") -> Page:
    """Read a page, its main part first, as Markdown; links are made whole by `base`.

    Broken HTML is read as browsers read it. Blocks: use a thread.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  # loads with the first page

    from channels.page.depth import shallow  # noqa: PLC0415  # as above
    from channels.page.main_part import main_part  # noqa: PLC0415
    from channels.page.sheet import Markdown  # noqa: PLC0415
    from channels.page.unseen import take_out_unseen  # noqa: PLC0415

    tree = LexborHTMLParser(shallow(html))
    body = tree.body or tree.root
    if body is None:
        return Page(title="", text="")
    title = tree.css_first("title")
    letters = take_out_unseen(tree)
    main, around = main_part(body)
    inside = {each.mem_id for each in around}
    sheet = Markdown(base, fragment)
    text, start = sheet.written(main, inside)
    others = [sheet.written(each)[0] for each in around]
    if main.mem_id != body.mem_id:
        others.insert(0, sheet.written(body, inside | {main.mem_id})[0])
    rest = "\n\n".join(each for each in others if each)
    words = " ".join(title.text().split()) if title else ""
    return Page(
        title=words, text=f"{text}{_APART}{rest}" if text and rest else text or rest, start=start, hidden=letters
    )


def readable(html: str) -> str:
    """The words of a piece of HTML in its order, as plain mail writes them.

    Links stand before their addresses, quotes behind `> `, cells of a row behind ` | `.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  # loads with the first page

    from channels.page.colours import WHITE  # noqa: PLC0415
    from channels.page.depth import shallow  # noqa: PLC0415  # as above
    from channels.page.sheet import PlainWords  # noqa: PLC0415
    from channels.page.unseen import take_out_unseen  # noqa: PLC0415

    tree = LexborHTMLParser(shallow(html[:_MOST_CHARACTERS]))
    body = tree.body or tree.root
    if body is None:
        return ""
    take_out_unseen(tree, WHITE)  # no style of a mail lies elsewhere
    return PlainWords().written(body)[0]
