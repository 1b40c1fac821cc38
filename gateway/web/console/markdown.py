"""Markdown as agents write it, to HTML that can do nothing. Raw HTML is shown as words, images become links."""

from markupsafe import Markup

from channels.shared.markdown.page import HtmlWriter
from channels.shared.markdown.reader import read, settled
from channels.shared.markdown.tree import Table

__all__ = ["render", "settled"]


class _Console(HtmlWriter):
    """Links open a page of their own; what is wider than the screen is scrolled by keys as well."""

    first_level = 3
    attributes = {  # noqa: RUF012 -- read only
        "a": ' rel="noopener noreferrer nofollow ugc" target="_blank"',
        "pre": ' tabindex="0"',
        "th": ' scope="col"',
    }

    def table(self, table: Table) -> str:
        return f'<div class="wide" tabindex="0">{super().table(table)}</div>'


_CONSOLE = _Console()


def render(text: str) -> Markup:
    """The HTML of a whole message."""
    return Markup(_CONSOLE.write(read(text)))  # noqa: S704 -- built of escaped text
