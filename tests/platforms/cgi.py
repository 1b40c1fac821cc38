"""Programs that answer requests as CGI has it (RFC 3875), behind a server of ours; enough for `git http-backend`."""

import asyncio
import os
from collections.abc import Sequence

from aiohttp import web


async def run_cgi(request: web.Request, program: Sequence[str], **environment: str) -> web.Response:
    """What the program answers to this request; its path begins where the server's does."""
    body = await request.read()
    given = {
        "PATH": os.environ["PATH"],
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GATEWAY_INTERFACE": "CGI/1.1",
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        **environment,
    }
    process = await asyncio.create_subprocess_exec(
        *program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=given
    )
    said, _ = await process.communicate(body)
    head, _, content = said.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(fields.pop("Status", "200").split()[0])
    return web.Response(status=status, body=content, headers=fields)
