"""How a page is drawn: its language, its words, who looks. Every value is escaped; no page holds a script or a style.

`ROUTES` of the modules `pages_*` and `chat` are the console; `ROUTES` here are what its pages need to look right.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from channels.console import notices_room
from channels.locales import languages, say
from channels.messages import Language
from channels.sayings import told
from channels.steps import outcome, sign, subject, summary, took
from channels.text.visible import code, visible
from channels.times import Precision, money
from channels.times import moment as moment_of
from channels.work import How, Step
from gateway.web.console import markdown
from gateway.web.http.auth import safe_next
from gateway.web.http.language import LANGUAGE_COOKIE, language_of
from gateway.web.http.route import ORIGIN, PERSON, Access, Route, needs_of
from governance.people.people import People, Person, Role

if TYPE_CHECKING:  # nobody may ever open a page
    from jinja2 import Environment
    from jinja2.runtime import Context

HERE = Path(__file__).parents[1]
STATIC = HERE / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What choosing a language uses."""

    people: People


def htmx_path() -> Path:
    """The script inside the wheel, found without importing the wheel, which would want a framework of its own."""
    found = find_spec("js_lib_htmx")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package django-js-lib-htmx is not installed")
    return Path(found.origin).parent / "static" / "htmx" / "htmx.min.js"


@cache
def assets() -> Mapping[str, bytes]:
    """The files for pages, read once."""
    own = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}
    return {**own, "htmx.js": htmx_path().read_bytes()}


@cache
def version() -> str:
    """A name for exactly these files; as a folder of their addresses, so that one script finds the next."""
    digest = hashlib.sha256()
    for name, content in assets().items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]


@cache
def environment() -> "Environment":
    """The templates, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape  # noqa: PLC0415  # as above

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "markdown": markdown.render,
        "visible": visible,
        "letters": code,
        "size": size,
        "moment": pass_context(_moment),
        "notices": lambda person: notices_room(str(person.id)),
        "iso": iso,
        "asks": lambda request, t: request.kind.asks(request, _language(t)),
        "count": count,
        "money": pass_context(_money),
        "outcome": lambda call, t: outcome(Step(**call), _language(t)),
        "opens": lambda call: "-" in call["id"] and call["how"] not in {How.REFUSED, How.NOT_RUN},
        "sign": lambda call: sign(Step(**call)),
        "subject": lambda call: subject(Step(**call)),
        "summary": lambda steps, t: summary(steps["steps"], steps["seconds"], _language(t)),
        "took": lambda seconds, t: took(seconds, _language(t)),
    }
    made.globals.update(
        asset=lambda name: f"/static/{version()}/{name}",
        language_tag=partial(say, "language.tag"),
        languages=languages,
        named=partial(say, "language.name"),
        switch=partial(say, "language.switch"),
    )
    return made


def _language(t: "partial[str]") -> Language:
    """The language of a template's sentences."""
    return str(t.args[0])


def words(language: str, key: str, /, **values: object) -> str:
    """A sentence of the console, by its name after `console.`; templates know it as `t`."""
    return say(f"console.{key}", language, **values)


def viewer(request: web.Request) -> Person | None:
    """Who looks; None on a public page."""
    return request.get(PERSON)


def draw(request: web.Request, template: str, **values: object) -> str:
    """A template as text, in the language of whoever looks."""
    return draw_for(viewer(request), language_of(request), template, path=request.path, **values)


def draw_for(person: Person | None, language: str, template: str, **values: object) -> str:
    """A template as text for somebody who need not have asked for it just now."""
    known: Mapping[str, Any] = {
        "t": partial(words, language),
        "told": partial(told, language=language),
        "language": language,
        "person": person,
        "is_admin": person is not None and person.role is Role.ADMIN,
        "path": "",
        "said": Said(),
    }
    return environment().get_template(template).render({**known, **values})


def render(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """A template as the answer. It is never stored by anybody on the way."""
    return web.Response(
        text=draw(request, template, **values),
        status=status,
        content_type="text/html",
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie, HX-Request"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a page says about the thing just done. `once` is shown this one time; `code` still waits for a yes.

    `sure` is the address at which it is done after all, once somebody has said that they are sure.
    """

    words: str = ""
    is_problem: bool = False
    once: str = ""
    code: str = ""
    sure: str = ""


def noticed(request: web.Request, key: str, **values: object) -> Said:
    """A sentence about what was done."""
    return Said(words=words(language_of(request), key, **values))


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of a form that are text."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def is_part(request: web.Request) -> bool:
    """Whether the page asks for a part of itself."""
    return request.headers.get("HX-Request") == "true"


def size(number: int) -> str:
    """Bytes as people read them."""
    for width, unit in _SIZES:
        if number >= width:
            return f"{number / width:.1f} {unit}"
    return f"{number} B"


def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def moment(request: web.Request, at: datetime | None) -> str:
    """A time for whoever looks, before the script puts it into the zone of their browser."""
    person = viewer(request)
    return moment_of(at, language_of(request), person.time_zone if person else "", Precision.DATED) if at else ""


def _moment(context: "Context", at: datetime | None) -> str:
    """The same in a template."""
    person: Person | None = context["person"]
    return moment_of(at, context["language"], person.time_zone if person else "", Precision.DATED) if at else ""


def _money(context: "Context", cost: Decimal) -> str:
    """A cost in a template."""
    return money(cost, context["language"])


def iso(at: datetime | None) -> str:
    """A time as the script reads it."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


async def static(request: web.Request) -> web.Response:
    """One file for pages. Its address changes with its bytes, so it is never asked for twice."""
    name = request.match_info["name"]
    if name not in assets():
        raise web.HTTPNotFound
    is_current = request.match_info["version"] == version()
    caching = "public, max-age=31536000, immutable" if is_current else "no-cache"
    answer = web.Response(
        body=assets()[name],
        content_type=_TYPES[Path(name).suffix],
        charset="utf-8",
        headers={"Cache-Control": caching},
    )
    answer.enable_compression()
    return answer


async def favicon(_: web.Request) -> web.Response:
    """The icon, for pages that do not name one."""
    return web.Response(
        body=assets()["icon.svg"], content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


async def choose_language(request: web.Request) -> web.Response:
    """Keep the language: for a signed-in person with the person, else in a cookie."""
    form = await request.post()
    language = str(form.get("language", ""))
    back = web.HTTPSeeOther(safe_next(str(form.get("next", "/"))))
    if language not in languages():
        return back
    person, needs = viewer(request), needs_of(request, Needs)
    if person is not None:
        origin = request[ORIGIN]
        await needs.people.describe(person.id, by=person, language=language, origin=origin)
    back.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, httponly=True, samesite="Lax", path="/")
    return back


ROUTES = (
    Route("GET", "/static/{version}/{name}", static, Access.PUBLIC),
    Route("GET", "/favicon.ico", favicon, Access.PUBLIC),
    Route("POST", "/language", choose_language, Access.PUBLIC, form=True),
)
