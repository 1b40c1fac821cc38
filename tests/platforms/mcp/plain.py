"""A plain server with the SDK's own means, to measure against: `plain.py` by its pipes, `plain.py PORT` over HTTP."""

import sys

from mcp.server import MCPServer

server = MCPServer("plain")


@server.tool()
def echo(text: str) -> str:
    """Say it back."""
    return text


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
