"""What Postfix asks before it takes a message (SMTP access policy delegation), answered from files that tests write.

At the border it answers as a DMARC filter does: with the header that tells what was found about the sender.
"""

import asyncio

from tests.platforms.mail.places import HOST, Places

NO_OPINION = "DUNNO"


class Policy:
    """One answer for each question; a question is lines of `name=value`, ended by an empty one."""

    def __init__(self, places: Places) -> None:
        self._places = places

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection of Postfix until it is closed."""
        try:
            asked: dict[str, str] = {}
            while line := (await reader.readline()).decode():
                name, _, value = line.rstrip("\n").partition("=")
                if name:
                    asked[name] = value
                    continue
                writer.write(f"action={self.answer(asked)}\n\n".encode())
                await writer.drain()
                asked = {}
        except (ConnectionError, asyncio.CancelledError):
            return  # the end of a connection, or of the servers
        finally:
            writer.close()

    def answer(self, asked: dict[str, str]) -> str:
        """The action for one question."""
        account = asked.get("sasl_username", "")
        if not account:
            return f"PREPEND {self._verdict(asked.get('sender', ''))}"
        if asked.get("protocol_state") == "END-OF-MESSAGE":
            with (self._places.said / account).open("a") as said:
                said.write(f"{asked.get('recipient', '')}\n")
            return NO_OPINION
        return self._fault(account)

    def _verdict(self, sender: str) -> str:
        told = self._places.verdicts / (sender or "nobody")
        if told.exists():
            return told.read_text()
        domain = sender.rpartition("@")[2]
        return f"Authentication-Results: {HOST}; spf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}"

    def _fault(self, account: str) -> str:
        told = self._places.faults / account
        if not told.exists():
            return NO_OPINION
        first, *rest = told.read_text().splitlines()
        if rest:
            told.write_text("\n".join(rest))
        else:
            told.unlink()
        return first
