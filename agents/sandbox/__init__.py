"""Contains the commands of agents: the strongest means that really works here, chosen once when the gateway starts."""

from agents.sandbox.choice import Sandbox, SandboxUnavailable, Unapproved, choose
from agents.sandbox.limits import CommandLimits, FinishedCommand, OnOutput, SandboxLevel
from agents.sandbox.plans import ProxyListener

__all__ = [
    "CommandLimits",
    "FinishedCommand",
    "OnOutput",
    "ProxyListener",
    "Sandbox",
    "SandboxLevel",
    "SandboxUnavailable",
    "Unapproved",
    "choose",
]
