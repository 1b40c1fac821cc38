"""A web page as a model reads it: its main part first, as Markdown, without what its reader could not see.

The parser is lexbor's, which builds the tree that browsers build; it loads with the first page.
"""

from dataclasses import dataclass

__all__ = ["Page", "read_page"]

_APART = "\n\n---\nAround it:\n\n"


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
    """Read a page; links are made whole by `base`. Broken HTML is read as browsers read it. Blocks: use a thread."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  # loads with the first page

    from agents.toolbox.page.main_part import main_part  # noqa: PLC0415  # as above
    from agents.toolbox.page.markdown import Sheet  # noqa: PLC0415
    from agents.toolbox.page.unseen import unseen  # noqa: PLC0415

    tree = LexborHTMLParser(html)
    body = tree.body or tree.root
    if body is None:
        return Page(title="", text="")
    title = tree.css_first("title")
    hidden, letters = unseen(tree)
    main, around = main_part(body, hidden)
    inside = {each.mem_id for each in around}
    sheet = Sheet(base, fragment)
    text, start = sheet.written(main, hidden | inside)
    others = [sheet.written(each, hidden)[0] for each in around]
    if main.mem_id != body.mem_id:
        others.insert(0, sheet.written(body, hidden | inside | {main.mem_id})[0])
    rest = "\n\n".join(each for each in others if each)
    words = " ".join(title.text().split()) if title else ""
    return Page(
        title=words, text=f"{text}{_APART}{rest}" if text and rest else text or rest, start=start, hidden=letters
    )
