"""Servers that others wrote, in pinned versions, installed once into a folder that is kept between runs."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from agents.mcp.definition import ServerDefinition, StdioTransport
from tests.conftest import unavailable

PYTHON = ("mcp-server-time==2026.10.19",)
NODE = ("@modelcontextprotocol/server-everything@2026.8.31",)
CONFORMANCE = ("@modelcontextprotocol/conformance@0.1.16", "node@22.21.1")
"""The suite, and a Node that has what it asks for (`fs.globSync`, since 22); that of the machine may be older."""
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nexora-tests"
HAS_NODE = shutil.which("npm") is not None


def time_server() -> ServerDefinition:
    """The one for the time, in Python."""
    folder = _installed("python", PYTHON)
    command = str(folder / "bin" / "python")
    args = ("-m", "mcp_server_time", "--local-timezone", "UTC")
    return ServerDefinition(
        name="time", transport=StdioTransport(command=command, args=args, folders=(str(folder),)), timeout_seconds=60.0
    )


def everything_server() -> ServerDefinition:
    """The one with everything of the protocol, for Node."""
    folder = _installed("node", NODE)
    script = folder / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    transport = StdioTransport(command="node", args=(str(script),), folders=(str(folder),))
    return ServerDefinition(name="everything", transport=transport, timeout_seconds=60.0)


def conformance() -> list[str]:
    """What runs the suite of the protocol's project."""
    modules = _installed("node", CONFORMANCE) / "node_modules"
    script = modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    return [str(modules / "node" / "bin" / "node"), str(script)]


def _installed(kind: str, pins: Sequence[str]) -> Path:
    """Where they are; whoever comes first installs them and the others wait."""
    digest = hashlib.sha256(" ".join((_VERSION, *pins)).encode()).hexdigest()[:12]
    folder = _CACHE / f"mcp-{kind}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"mcp-{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "installed"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            for step in _steps(kind, folder, pins):
                ended = subprocess.run(step, capture_output=True, text=True, check=False)
                if ended.returncode:
                    unavailable(f"servers of others cannot be installed here: {ended.stderr.strip()[-300:]}")
            done.touch()
    return folder


def _steps(kind: str, folder: Path, pins: Sequence[str]) -> list[list[str]]:
    if kind != "python":
        return [["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *pins]]
    if uv := shutil.which("uv", path=os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.prefix, "uv", "bin"))])):
        python = str(folder / "bin" / "python")
        return [
            [uv, "venv", "-q", "-p", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "-p", python, *pins],
        ]
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *pins]
    return [[sys.executable, "-m", "venv", str(folder)], pip]
