"""What agents can be given, and what is done to it: the words in which policies, requests and commands speak of it."""

from enum import StrEnum


class CapabilityKind(StrEnum):
    """What a capability is. Alphabetical."""

    AGENT = "agent"
    MCP = "mcp"
    PLUGIN = "plugin"
    SKILL = "skill"
    TOOL = "tool"


class CapabilityAction(StrEnum):
    """What is done to a capability. Alphabetical."""

    DISABLE = "disable"
    ENABLE = "enable"
    INSTALL = "install"
    REMOVE = "remove"
    RESTORE = "restore"
    """The version that was approved before takes the place of the one that is installed."""
    UPDATE = "update"

    @property
    def brings(self) -> bool:
        """Whether it brings content that nobody has approved yet."""
        return self in {CapabilityAction.INSTALL, CapabilityAction.UPDATE}

    @property
    def takes(self) -> bool:
        """Whether agents can do less afterwards, never more."""
        return self in {CapabilityAction.DISABLE, CapabilityAction.REMOVE}
