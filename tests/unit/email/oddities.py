"""An IMAP server that says what a test tells it to: for the servers that Debian does not package."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from channels.email.options import Options

Answer = bytes | Callable[[bytes], bytes]
GREETING = b"* OK ready\r\n"


@dataclass
class Script:
    """For each command, what is said before it ends; `{tag}` in it stands for the tag, else OK follows.

    What has a line that begins with `+` asks for one more line, which ends the command. `wants_id`: as NetEase, it
    opens no folder before it was told, after the sign-in, who asks.
    """

    answers: Mapping[bytes, bytes]
    greeting: bytes = GREETING
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    wants_id: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self.greeting)
        tag, asking = b"", False
        try:
            while line := (await reader.readline()).rstrip(b"\r\n"):
                self.heard.append(line)
                word = b""
                if not asking:
                    tag, _, word = line.partition(b" ")
                if self.wants_id and word.upper().startswith((b"SELECT", b"EXAMINE")) and not self._is_introduced():
                    verb = word.split()[0].upper()
                    writer.write(tag + b" NO " + verb + b" Unsafe Login. Please contact kefu@188.com for help\r\n")
                    continue
                said = next((said for key, said in self.answers.items() if word.upper().startswith(key)), b"")
                asking = said.startswith(b"+") or b"\n+" in said
                ending = b"" if b"{tag}" in said or asking else b"{tag} OK done\r\n"
                writer.write((said + ending).replace(b"{tag}", tag))
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    def _is_introduced(self) -> bool:
        """Whether ID came with at least a name and a version, and after the sign-in."""
        words = [line.partition(b" ")[2].upper() for line in self.heard]
        at = next((at for at, word in enumerate(words) if word.startswith((b"LOGIN", b"AUTHENTICATE"))), len(words))
        return any(word.startswith(b"ID (") and b'"NAME" "' in word and b'"VERSION" "' in word for word in words[at:])


ABLE = b"* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN SASL-IR\r\n"
SELECTED = b"* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n"


@asynccontextmanager
async def odd_server(answers: Mapping[bytes, bytes], **more: Any) -> AsyncIterator[tuple[Script, Options]]:
    """The server and the settings with which it is reached."""
    script = Script({b"CAPABILITY": ABLE, b"SELECT": SELECTED, **answers}, **more)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    options = Options(
        address="nexora@corp.example",
        authserv_id="mx.corp.example",
        imap_host="127.0.0.1",
        imap_port=port,
        imap_security="none",
        smtp_host="127.0.0.1",
        smtp_port=1,
        smtp_security="none",
        password="secret words",
        max_mail_bytes=100_000,
    )
    try:
        yield script, options
    finally:
        server.close()
