"""Where events go: readable lines on a terminal, JSON elsewhere, always to standard error. A secret does not pass.

Masking here is the last net, not the first: nothing should hand a secret to a logger.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from governance.masking import masked

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
    renderer: Any = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)
    if not readable:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    last: list[Any] = [structlog.processors.format_exc_info, hide_secrets, renderer]
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
