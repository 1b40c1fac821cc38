"""How a call that needs somebody to sign in has that done. It asks nobody itself."""

from collections.abc import Awaitable, Callable

from agents.mcp.definition import ServerDefinition
from agents.mcp.sign_in.terms import SignInChallenge
from agents.tools.tool import ToolContext

SignsIn = Callable[[ServerDefinition, SignInChallenge, ToolContext], Awaitable[str]]
"""Has the person of a call sign in to a server. Empty once that is done; else what to tell the model."""
SIGN_INS_OF_A_CALL = 2
"""The sign-in itself, and one for more scopes."""


async def signs_nobody_in(server: ServerDefinition, challenge: SignInChallenge, context: ToolContext) -> str:
    """Where there is no way to sign in."""
    del challenge, context
    return f"{server.name} wants somebody to sign in, which is not possible here. The call did not run."
