"""Calls of tools as a turn makes them, without a database: put into form, judged by the guard, run in the sandbox."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from agents.call_forms.forms import formed, with_known_name
from agents.layers import Layers
from agents.models.protocol import ToolCallRequest
from agents.sandbox import CommandLimits, choose
from agents.skills.shelf import Shelf
from agents.skills.skills import Skills
from agents.toolbox import toolbox
from agents.tools.schema import with_defaults
from agents.tools.tool import ToolContext
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard
from governance.guard.policy import Policy
from governance.people.people import Person, Role
from governance.values.verdicts import Allowed

_NOTHING = cast("Any", None)


async def _no_grant(_: ProposedCall) -> None:
    return None


class ToolDesk:
    """The tools that agents have, with the skills of the release, and a workspace below `place`; no network.

    `extras` is the folder of packages that commands have.
    """

    def __init__(self, place: Path, extras: Path | None = None) -> None:
        self.workspace = place / "workspace"
        self.workspace.mkdir()
        sandbox = replace(choose("auto", CommandLimits(niceness=0)), extras=extras)
        layers = Layers(place / "layers", sandbox)
        self.skills = Skills(Shelf(), lambda _: True)
        tools = toolbox(sandbox, _NOTHING, layers, outgoing=place / "outgoing", skills=self.skills)
        self.tools = {tool.name: tool for tool in tools}
        self._guard = Guard(Policy(), contained=sandbox.contained, find_grant=_no_grant, protected=[])
        self._person = Person(id=uuid4(), name="alice", role=Role.OPERATOR)

    def place_of(self, skill: str) -> str:
        """Where commands find the scripts of a skill of the release."""
        return f"/skills/{skill}/scripts"

    async def call(self, name: str, **given: Any) -> str:
        """What a model reads that calls a tool by that name; in front of what is not run, the word of the verdict."""
        request = with_known_name(ToolCallRequest(id="1", name=name, arguments=json.dumps(given)), self.tools)
        tool = self.tools[request.name]
        arguments = formed(request, tool, self.workspace).arguments
        if problem := tool.check(arguments):
            return problem
        proposed = ProposedCall(
            person=self._person,
            agent="assistant",
            conversation="desk",
            tool=tool.name,
            arguments=with_defaults(tool, arguments),
            effect=tool.effect,
            subject=tool.subject,
            workspace=self.workspace,
        )
        verdict = await self._guard.judge(await self._guard.read(proposed))
        if not isinstance(verdict, Allowed):
            return f"{type(verdict).__name__}: {verdict.because}"
        context = ToolContext(
            person=self._person, agent="assistant", conversation="desk", workspace=self.workspace, call=uuid4()
        )
        return (await tool.run(context, arguments)).text
