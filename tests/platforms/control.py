"""A fake platform alone in its own process, played over HTTP: what the fakes that can be so played share."""

import argparse
import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Playable(Protocol):
    """A fake that can be stopped."""

    async def stop(self) -> None:
        """Close every socket."""


def mount(app: web.Application, handlers: Mapping[str, Handler]) -> None:
    """Put each handler at `/_control/<name>`; a name is written `POST push`."""
    for told, handler in handlers.items():
        method, _, name = told.partition(" ")
        app.router.add_route(method, f"/_control/{name}", handler)


async def serve(fake: Playable, greeting: str) -> None:
    """Say where the fake is to whoever started us, and serve until cancelled."""
    print(greeting, flush=True)  # noqa: T201 -- whoever started us reads it here
    try:
        await asyncio.Event().wait()
    finally:
        await fake.stop()


def run(manual: str | None, main: Callable[..., Coroutine[Any, Any, None]], **options: str) -> None:
    """Call `main` with `port` and these options, as the command line gives them."""
    parser = argparse.ArgumentParser(description=manual, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    for name, default in options.items():
        parser.add_argument(f"--{name}", default=default)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(**vars(parser.parse_args())))
