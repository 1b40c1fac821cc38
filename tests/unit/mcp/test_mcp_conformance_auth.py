"""Signing in to servers, judged by the conformance suite of the MCP project (`reference.CONFORMANCE`)."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.platforms.mcp.reference import HAS_NODE, conformance

ROOT = Path(__file__).parents[3]
CLIENT = f"{sys.executable} -m tests.platforms.mcp.conforming"
SCENARIOS = (
    "2025-03-26-oauth-endpoint-fallback",
    "basic-cimd",
    "pre-registration",
    "scope-step-up",
)
"""One of each kind, for time. The others of `auth/` pass as well, but metadata-var2 and -var3, whose issuer lacks the
path under which it is found; RFC 8414, section 3.3, has clients refuse that, and so we do."""


async def judged(scenario: str) -> str:
    """What the suite says of our client."""
    args = ("client", "--command", CLIENT, "--scenario", f"auth/{scenario}")
    process = await asyncio.create_subprocess_exec(
        *conformance(),
        *args,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return told.decode("utf-8", "replace")


@pytest.mark.skipif(not HAS_NODE, reason="the suite is for Node")
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_the_suite_has_nothing_against_how_people_are_signed_in(scenario: str) -> None:
    told = await judged(scenario)

    assert "OVERALL: PASSED" in told, told[-3_000:]
    assert " 0 failed, 0 warnings" in told
