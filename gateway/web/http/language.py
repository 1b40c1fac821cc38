"""The language in which a request is answered."""

from aiohttp import web

from channels.locales import closest, languages
from gateway.web.http.route import PERSON

LANGUAGE_COOKIE = "nexora_language"


def language_of(request: web.Request) -> str:
    """The person's own language, else that of the address (`?language=zh`), the cookie's or the browser's."""
    person = request.get(PERSON)
    if person is not None:
        return closest(person.language)
    chosen = (request.query.get("language", ""), request.cookies.get(LANGUAGE_COOKIE, ""))
    browser = request.headers.get("Accept-Language", "")
    return next((each for each in chosen if each in languages()), "") or preferred(browser)


def preferred(header: str) -> str:
    """The language that a browser's Accept-Language asks for first, of those there are."""
    wanted: list[tuple[float, int, str]] = []
    for place, piece in enumerate(header[:1000].split(",")[:20]):
        tag, _, weight = piece.partition(";q=")
        wanted.append((-_weight(weight), place, tag.strip().lower()))
    return closest(*(tag for _, _, tag in sorted(wanted) if tag))


def _weight(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        return 0.0
