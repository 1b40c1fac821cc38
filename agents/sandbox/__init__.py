"""Contains the commands of agents: the strongest means that really works here, chosen once when the gateway starts."""

from agents.sandbox.choice import Sandbox, SandboxUnavailable, Unapproved, choose
from agents.sandbox.limits import Finished, Level, Limits, OnOutput
from agents.sandbox.plans import Doorway

__all__ = [
    "Doorway",
    "Finished",
    "Level",
    "Limits",
    "OnOutput",
    "Sandbox",
    "SandboxUnavailable",
    "Unapproved",
    "choose",
]
