"""Where events go: readable lines on a terminal, JSON elsewhere, always to standard error. A secret does not pass.

Masking here is the last net, not the first: nothing should hand a secret to a logger.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

MASK = "***"
LEVELS = {"debug": logging.DEBUG, "error": logging.ERROR, "info": logging.INFO, "warning": logging.WARNING}

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:api_?key|authori[sz]ation|cookie|credential|passphrase|password|passwd|private_?key|secret|token)s?$",
    re.IGNORECASE,
)
_SECRET_SHAPE = re.compile(
    r"""
    \b\d{6,12}:[A-Za-z0-9_-]{30,}                             # a bot's number and key
  | \bxox[abeoprs]-[A-Za-z0-9-]{10,} | \bxapp-[A-Za-z0-9-]{10,} # a workspace's app
  | \bsk-[A-Za-z0-9_-]{16,}                                   # most providers of models
  | \bgh[opsur]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}       # code hosting
  | \bAKIA[0-9A-Z]{16}\b | \bAIza[0-9A-Za-z_-]{30,}           # clouds
  | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+ # JWT
  | (?<=://)[^\s:/@]*:[^\s/@]+(?=@)                           # user and password of a URL
  | (?<=\bBearer\ )[A-Za-z0-9._~+/-]{8,}=*
    """,
    re.VERBOSE,
)


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
        event[name] = _masked(value, name)
    return event


def _masked(value: Any, name: str = "") -> Any:
    if value is None or isinstance(value, bool | float | int):
        return value  # a count of tokens is no token
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, str):
        return _SECRET_SHAPE.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: _masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | set | tuple):
        return [_masked(inner) for inner in value]
    return _SECRET_SHAPE.sub(MASK, repr(value))
