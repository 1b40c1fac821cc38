"""Why a server can be spoken with no more."""

import asyncio

from agents.mcp.sign_in.terms import SignInChallenge
from channels.base import NexoraError


class ServerEnding:
    """Why a server can be spoken with no more; set once. Beside it, what the server wants before it answers anybody."""

    def __init__(self) -> None:
        self.because = ""
        self._challenge: SignInChallenge | None = None
        self._ended = asyncio.Event()

    def set(self, because: str) -> None:
        """It has ended."""
        self.because = self.because or because
        self._ended.set()

    def note(self, challenge: SignInChallenge) -> None:
        """It wants somebody to sign in."""
        self._challenge = challenge

    def take_challenge(self) -> SignInChallenge | None:
        """What it wants since somebody last looked."""
        found, self._challenge = self._challenge, None
        return found

    async def wait(self) -> None:
        """Until it has."""
        await self._ended.wait()


class ServerFailed(NexoraError):
    """A server did not do what it was asked. `may_have_run` says that the call may have had its effect."""

    def __init__(self, sentence: str, *, may_have_run: bool = False) -> None:
        super().__init__(sentence)
        self.may_have_run = may_have_run


class SignInNeeded(ServerFailed):
    """A server answers nobody who has not signed in, and did not do what it was asked."""

    def __init__(self, server: str, challenge: SignInChallenge) -> None:
        super().__init__(f"{server} wants somebody to sign in first")
        self.challenge = challenge
