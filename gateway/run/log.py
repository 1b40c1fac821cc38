"""Where events go: readable lines on a terminal, JSON elsewhere, always to standard error. A secret does not pass.

Masking here is the last net, not the first: nothing should hand a secret to a logger. What people are called and say
may be in an event, so nothing in it can begin a line, or paint or move the terminal.
"""

import logging
import re
import sys
import textwrap
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from governance.masking import masked

_SIGNS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")

LEVELS = {"debug": logging.DEBUG, "error": logging.ERROR, "info": logging.INFO, "warning": logging.WARNING}


def configure(level: str, form: str, stream: TextIO = sys.stderr) -> None:
    """Send everything to `stream`: ours from `level` on, other libraries' from WARNING on. `form` as in LogSettings."""
    readable = form == "console" or (form == "auto" and stream.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
    ]
    # Tracebacks become text before the masking: a renderer that shows local variables would show secrets.
    plain = structlog.dev.plain_traceback
    if readable:
        console = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)
        rendering: list[Any] = [keep_on_one_line, console]
    else:
        rendering = [structlog.processors.JSONRenderer(ensure_ascii=False), escape_line_ends]
    last: list[Any] = [structlog.processors.format_exc_info, hide_secrets, *rendering]
    structlog.configure(
        processors=[*shared, structlog.processors.StackInfoRenderer(), *last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    keep = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), name_library], processors=[keep, *last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, LEVELS[level]))
    logging.captureWarnings(capture=True)


def name_library(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line says whose it is."""
    record = event.get("_record")
    if record is not None:
        event["library"] = record.name
    return event


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what is named like a secret or looks like one, however deep it lies."""
    for name, value in event.items():
        event[name] = masked(value, name)
    return event


def keep_on_one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape what ends a line or steers a terminal; tracebacks keep their lines, set in. What is no text has a repr."""
    for name, value in event.items():
        if name in {"exception", "stack"}:
            lines = str(value).split("\n")
            event[name] = textwrap.indent("\n".join(_SIGNS.sub(_escaped, line) for line in lines), "    ")
        elif isinstance(value, str):
            event[name] = _SIGNS.sub(_escaped, value)
    return event


def escape_line_ends(_: Any, __: str, line: str) -> str:
    """Escape the line ends that JSON allows in a string and some readers of logs take for the end of a record."""
    return _SIGNS.sub(_escaped, line)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
