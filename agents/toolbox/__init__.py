"""The built-in tools, one module per noun; `toolbox` builds them once. Importing registers nothing."""

from pathlib import Path

from agents.layers import Layers
from agents.proxy import CommandProxies
from agents.sandbox import Sandbox
from agents.skills.skills import Skills
from agents.toolbox import behind, changing, clock, commands, fetch, files, listing, reading, scratch, search, shell
from agents.tools.background import Backgrounds
from agents.tools.schema import tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from channels.times import zone_of
from governance.egress.egress import Egress
from governance.record.transaction import Clock, utc_now
from governance.values.verdicts import Effect

__all__ = ["toolbox"]

OUTPUT_BYTES = 4 << 20


def toolbox(
    sandbox: Sandbox,
    egress: Egress,
    layers: Layers,
    *,
    outgoing: Path,
    proxies: CommandProxies | None = None,
    times: shell.CommandTimes | None = None,
    backgrounds: Backgrounds | None = None,
    background_seconds: float = 3600.0,
    output_limit_bytes: int = OUTPUT_BYTES,
    now: Clock = utc_now,
    search_engine: Tool | None = None,
    mailbox: Tool | None = None,
    skills: Skills | None = None,
) -> tuple[Tool, ...]:
    """Every built-in tool. `outgoing` holds the copies of files that are sent; the gateway clears it.

    Without `proxies` no command has a network, and without `backgrounds` none goes on after its call; without a
    `search_engine` nobody searches the web, without a `mailbox` nobody reads mail. Commands and `read_file` read the
    files of `skills`.
    """

    async def send_file(context: ToolContext, path: files.PathArgument) -> ToolResult:
        """Send a file to the person."""
        return await files.send_file(context, path, outgoing)

    async def current_time(context: ToolContext, zone: clock.ZoneArgument = "") -> str:
        """Date and time."""
        return clock.time_in(zone or zone_of(context.person.time_zone, context.person.language), now)

    machine = commands.Machine(
        layers=layers,
        sandbox=sandbox,
        proxies=proxies,
        output_limit_bytes=output_limit_bytes,
        scratches=scratch.Scratches(layers.shared / "scratch"),
        lent=skills.lent if skills else commands.nothing_lent,
    )
    going_on = behind.Behind(backgrounds, machine, background_seconds) if backgrounds else None
    return (
        reading.reading_tool(skills),
        *changing.changing(layers),
        tool(listing.list_files, effect=Effect.READS, subject="path", also_called=listing.ALSO_CALLED),
        tool(search.search_files, effect=Effect.READS, subject="path", also_called=search.ALSO_CALLED),
        shell.shell_tool(machine, times or shell.CommandTimes(), going_on),
        *(going_on.tools() if going_on else ()),
        fetch.fetch_tool(egress),
        *(each for each in (search_engine, mailbox) if each),
        tool(send_file, effect=Effect.READS, subject="path"),
        tool(current_time, also_called=clock.ALSO_CALLED),
    )
