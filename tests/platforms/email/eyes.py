"""What a person sees of a mail: its HTML part as a mail program shows it. It refuses a page that would load or run."""

from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser

from channels.messages import FileKind
from tests.contract.drivers import Seen, SeenFile

HARMLESS = {
    "a", "blockquote", "body", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr",
    "html", "li", "meta", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
HARMLESS_ATTRIBUTES = {"charset", "href", "rel", "start", "style"}
VOID = frozenset({"br", "hr", "meta"})
BLOCKS = {
    "blockquote",
    "br",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
}


@dataclass
class Link:
    url: str
    label: str


@dataclass
class Page:
    """A page as it is shown: its words, and what stands out in it."""

    text: str = ""
    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[tuple[str, int]] = []
        self._url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in HARMLESS, f"a mail must not contain <{tag}>"
        given = {name: value or "" for name, value in attrs}
        assert given.keys() <= HARMLESS_ATTRIBUTES, f"<{tag}> has {sorted(given)}"
        assert "url(" not in given.get("style", "")
        if tag in BLOCKS:
            self.page.text += "\n"
        if tag == "td":
            self.page.text += " "
        if tag not in VOID:
            self._open.append((tag, len(self.page.text)))
        if tag == "a":
            self._url = given["href"]
            assert self._url.startswith(("http://", "https://", "mailto:"))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:  # written <br/>, which the parser reports as begun and ended
            return
        opened, start = self._open.pop()
        assert opened == tag
        inside = self.page.text[start:]
        if tag in {"strong", "h1", "h2", "h3"}:
            self.page.bold.append(inside)
        elif tag in {"code", "pre"}:
            self.page.code.append(inside)
        elif tag == "a":
            self.page.links.append(Link(self._url, inside))
        if tag in BLOCKS:
            self.page.text += "\n"

    def handle_data(self, data: str) -> None:
        self.page.text += data


def look_at(mail: EmailMessage) -> Page:
    """The page of a mail; both its forms must say the same words."""
    shown, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert shown is not None
    assert plain is not None
    reader = _Reader()
    reader.feed(shown.get_content())
    reader.close()
    assert reader._open == []
    words = plain.get_content().split()
    assert words or not reader.page.text.split()
    lines = (line.strip() for line in reader.page.text.split("\n"))
    reader.page.text = "\n".join(line for line in lines if line)
    return reader.page


def seen(mail: EmailMessage, door: str) -> Seen:
    """As the suite asks. Links to `door` and ready-made replies are buttons."""
    page = look_at(mail)
    buttons = [link for link in page.links if is_button(link, door)]
    return Seen(
        id=str(mail["Message-ID"]).strip("<>"),
        text=page.text,
        bold=tuple(page.bold),
        code=tuple(page.code),
        links=tuple(link.url for link in page.links if link not in buttons),
        buttons=tuple(link.label for link in buttons),
        files=tuple(_files(mail)),
        answers=str(mail.get("In-Reply-To", "")).strip("<>"),
        thread=str(mail.get("References", "")).split(" ")[0].strip("<>"),
    )


def is_button(link: Link, door: str) -> bool:
    return link.url.startswith((f"{door}/channels/", "mailto:"))


def _files(mail: EmailMessage) -> list[SeenFile]:
    return [
        SeenFile(
            name=part.get_filename() or "",
            content=_content(part),
            presented_as=FileKind.IMAGE if part.get_content_maintype() == "image" else FileKind.DOCUMENT,
        )
        for part in mail.iter_attachments()
    ]


def _content(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content
