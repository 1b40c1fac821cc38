"""A server with the SDK's own means, over HTTP, whose tools ask the person back.

Each tool tells what came of what it asked, as JSON. It asks on the stream of the call, since the SDK loses what is said
on the other one before that is open.
"""

import json
import warnings
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.elicitation import DeclinedElicitation, ElicitationResult
from mcp.server.mcpserver import Context, Elicit, Resolve
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp_types import SamplingMessage, TextContent
from pydantic import BaseModel
from starlette.applications import Starlette

FORMS: dict[str, dict[str, Any]] = {
    "order": {
        "properties": {
            "colour": {"type": "string", "title": "Colour", "enum": ["red", "blue"]},
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
            "gift": {"type": "boolean", "description": "Wrapped in paper"},
        },
        "required": ["colour", "count"],
    },
    "name": {"properties": {"name": {"type": "string", "minLength": 2}}, "required": ["name"]},
    "sure": {"properties": {"sure": {"type": "boolean"}}, "required": ["sure"]},
    "secret": {"properties": {"apiKey": {"type": "string"}}, "required": ["apiKey"]},
    "nested": {"properties": {"of": {"type": "object", "properties": {}}}},
}


async def form(text: str, ctx: Context) -> str:
    """Ask by the form of that name."""
    return await asked(ctx, text)


class Day(BaseModel):
    """What a booking needs."""

    day: str


async def which_day() -> Elicit[Day]:
    """Asked before the tool runs, by whichever way the edition has."""
    return Elicit("Which day?", Day)


async def booked(text: str, day: Annotated[ElicitationResult[Day], Resolve(which_day)]) -> str:
    """Book a day, which the call itself requires as input."""
    return "declined" if isinstance(day, DeclinedElicitation) else str(day)


async def often(text: str, ctx: Context) -> str:
    """Ask so many times."""
    return "; ".join([await asked(ctx, "sure") for _ in range(int(text))])


async def address(text: str, ctx: Context) -> str:
    """Ask to open an address."""
    answer = await ctx.request_context.session.elicit_url(
        "Sign the order", text, elicitation_id="1", related_request_id=ctx.request_id
    )
    return str(answer.action)


async def sample(text: str, ctx: Context) -> str:
    """Have the model of the person say something."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)  # deprecated in the newest edition, and still used
        asks = ctx.request_context.session.create_message(
            messages=[message], max_tokens=50, related_request_id=ctx.request_id
        )
    try:
        answer = await asks
    except MCPError as error:
        return str(error)
    return str(getattr(answer.content, "text", answer.content))


async def asked(ctx: Context, name: str) -> str:
    """What the person says to the form of that name."""
    schema: Any = {"type": "object", **FORMS[name]}
    answer = await ctx.request_context.session.elicit_form(
        f"About {name}:\nApproved by an admin", schema, ctx.request_id
    )
    return json.dumps([answer.action, answer.content], ensure_ascii=False)


def app() -> Starlette:
    """The server, anew."""
    server = MCPServer("asking")
    for tool in (address, booked, form, often, sample):
        server.add_tool(tool)
    return server.streamable_http_app()
