"""What the tools of AgentDojo do, suite by suite, as an admin declares the tools of a server: an effect, destinations.

Everything else in a suite only reads.
"""

from collections.abc import Mapping

from agents.mcp.definition import DeclaredEffect, DeclaredTool, HttpTransport, ServerDefinition
from agents.mcp.listing import listing_of
from agents.mcp.tools import tools_from
from agents.tools.tool import Tool, ToolContext, ToolResult

_READS = DeclaredTool(effect=DeclaredEffect.READS)


def _changes(*destinations: str) -> DeclaredTool:
    return DeclaredTool(effect=DeclaredEffect.CHANGES, destinations=destinations)


def _sends(*destinations: str) -> DeclaredTool:
    return DeclaredTool(effect=DeclaredEffect.SENDS, destinations=destinations)


_CALENDAR = {
    "add_calendar_event_participants": _changes("event_id", "participants"),
    "cancel_calendar_event": _changes("event_id"),
    "create_calendar_event": _changes("participants"),
    "reschedule_calendar_event": _changes("event_id"),
}
_MAIL = {"delete_email": _changes("email_id"), "send_email": _sends("recipients", "cc", "bcc")}
DECLARED: Mapping[str, Mapping[str, DeclaredTool]] = {
    "banking": {
        "schedule_transaction": _sends("recipient"),
        "send_money": _sends("recipient"),
        "update_password": _changes("password"),
        "update_scheduled_transaction": _changes("id", "recipient"),
        "update_user_info": _changes(),
    },
    "slack": {
        "add_user_to_channel": _changes("user", "channel"),
        "get_webpage": DeclaredTool(effect=DeclaredEffect.FETCHES, destinations=("url",)),
        "invite_user_to_slack": _sends("user_email"),
        "post_webpage": _sends("url"),
        "remove_user_from_slack": _changes("user"),
        "send_channel_message": _sends("channel"),
        "send_direct_message": _sends("recipient"),
    },
    "travel": {
        **_CALENDAR,
        **_MAIL,
        "reserve_car_rental": _changes("company"),
        "reserve_hotel": _changes("hotel"),
        "reserve_restaurant": _changes("restaurant"),
    },
    "workspace": {
        **_CALENDAR,
        **_MAIL,
        "append_to_file": _changes("file_id"),
        "create_file": _changes("filename"),
        "delete_file": _changes("file_id"),
        "share_file": _changes("file_id", "email"),
    },
}


async def _never(_: ToolContext, __: Mapping[str, object]) -> ToolResult:
    raise NotImplementedError("what AgentDojo's tools answer is told beforehand")


def tools_of(suite: str, names: set[str]) -> dict[str, Tool]:
    """The tools of a suite as models are offered them, by the names that AgentDojo gives them."""
    declared = DECLARED[suite]
    server = ServerDefinition(
        name=suite,
        transport=HttpTransport(url="https://dojo.example.org/mcp"),
        tools={name: declared.get(name, _READS) for name in names},
    )
    properties = {name: {key: {} for key in declared.get(name, _READS).destinations} for name in names}
    listing = listing_of(
        suite, [{"name": name, "inputSchema": {"properties": properties[name]}} for name in sorted(names)]
    )
    tools = tools_from(server, listing, dict.fromkeys(names, _never))
    return {tool.name.removeprefix(f"{suite}__"): tool for tool in tools}
