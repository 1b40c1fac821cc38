"""Why a server can be spoken with no more."""

import asyncio

from channels.base import NexoraError


class ServerEnding:
    """Why a server can be spoken with no more; set once."""

    def __init__(self) -> None:
        self.because = ""
        self._ended = asyncio.Event()

    def set(self, because: str) -> None:
        """It has ended."""
        self.because = self.because or because
        self._ended.set()

    async def wait(self) -> None:
        """Until it has."""
        await self._ended.wait()


class ServerFailed(NexoraError):
    """A server did not do what it was asked. `may_have_run` says that the call may have had its effect."""

    def __init__(self, sentence: str, *, may_have_run: bool = False) -> None:
        super().__init__(sentence)
        self.may_have_run = may_have_run
