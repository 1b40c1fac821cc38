"""The tools that agents have, by name, where none of them is run."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from agents.layers import Layers
from agents.toolbox import toolbox
from agents.tools.background import Backgrounds
from agents.tools.tool import Tool
from governance.record.transaction import Store

NOWHERE = Path("/nowhere/at/all")
NOTHING = cast("Any", None)


def every_tool() -> Mapping[str, Tool]:
    """As the gateway builds them, on a sandbox, a network and a database that are not there."""
    behind = Backgrounds(Store(NOTHING), owner="o", lease=timedelta(seconds=8))
    tools = toolbox(NOTHING, NOTHING, Layers(NOWHERE, NOTHING), outgoing=NOWHERE, backgrounds=behind)
    return {tool.name: tool for tool in tools}
