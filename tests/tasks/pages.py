"""The web that tasks read: a few pages on loopback, and a search engine that finds them."""

import json

from aiohttp import web

from tests.unit.made_documents import pdf

CHAPTERS = 40
RAINFALL = {"Aalen": 812, "Brema": 655, "Corvo": 1130, "Dalby": 590}


def _long(_: web.Request) -> web.Response:
    """A handbook of several lengths of what is shown at once; the answer stands near its end."""
    chapters = [
        f"<h2 id='c{n}'>Chapter {n}</h2><p>{f'Valve {n} is opened by hand before the pump is started. ' * 20}</p>"
        for n in range(1, CHAPTERS + 1)
    ]
    chapters[-2] += "<p>The largest permitted pressure is 47 bar.</p>"
    links = "".join(f"<li><a href='/p{n}'>Product {n}</a></li>" for n in range(200))
    body = f"<nav><ul>{links}</ul></nav><main><h1>Handbook</h1>{''.join(chapters)}</main>"
    return web.Response(text=f"<html><title>Handbook</title><body>{body}</body></html>", content_type="text/html")


def _table(_: web.Request) -> web.Response:
    rows = "".join(f"<tr><td>{town}</td><td>{fall}</td></tr>" for town, fall in RAINFALL.items())
    table = f"<table><tr><th>Town</th><th>Rainfall in mm</th></tr>{rows}</table>"
    body = f"<article><h1>Rain</h1><p>Yearly rainfall by town, measured at noon.</p>{table}</article>"
    return web.Response(text=f"<html><body>{body}</body></html>", content_type="text/html")


def _orders(_: web.Request) -> web.Response:
    orders = [{"id": n, "state": "open" if n % 3 else "paid", "total": n * 10} for n in range(1, 31)]
    return web.Response(text=json.dumps({"orders": orders}), content_type="application/json")


def _leaflet(_: web.Request) -> web.Response:
    return web.Response(body=pdf(["Leaflet", "The warranty lasts 30 months"]), content_type="application/pdf")


def _search(request: web.Request) -> web.Response:
    base = f"http://{request.host}"
    found = [
        {"url": f"{base}/table", "title": "Rain by town", "content": "Yearly rainfall by town."},
        {"url": f"{base}/handbook", "title": "Handbook of the pump", "content": "Valves and pressure."},
    ]
    return web.json_response({"results": found if "rain" in request.query["q"].lower() else found[1:]})


async def _answered(request: web.Request) -> web.Response:
    return _PAGES[request.path](request)


_PAGES = {
    "/handbook": _long,
    "/leaflet.pdf": _leaflet,
    "/orders.json": _orders,
    "/search": _search,
    "/table": _table,
}


def pages() -> web.Application:
    app = web.Application()
    for path in _PAGES:
        app.router.add_get(path, _answered)
    return app
