"""Structured logs: for people on a terminal, or one JSON object a line."""

from __future__ import annotations

import io
import logging
import re
import sys
from typing import TextIO

import structlog

from oncall.config.settings import LogFormat, LogLevel

#: What would end a line or speak to a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def configure(level: LogLevel, form: LogFormat) -> None:
    """Send every log line, ours and the libraries', to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form is LogFormat.JSON:
        render: list[structlog.typing.Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        render = [_one_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.value.upper())
    for chatty in ("aiosqlite", "sqlalchemy", "apscheduler", "alembic", "asyncio", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _one_line(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Libraries put what strangers wrote into their messages; values of ours are quoted by the renderer."""
    return {**event, "event": _escaped(str(event.get("event", "")))}


def _traceback(out: TextIO, exception: structlog.typing.ExcInfo) -> None:
    """Without local variables, which hold secrets, and indented, so that no line of it passes for one of ours."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exception)
    out.write("\n" + "\n".join(f"  {_escaped(line)}" for line in plain.getvalue().splitlines()))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
