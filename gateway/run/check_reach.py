"""What is wrong with the hosts and secrets that the files of agents name, for `nexora check`."""

from collections.abc import Iterator
from contextlib import suppress

from agents.specs import SpecFolder, SpecInvalid
from gateway.settings.model import Settings
from governance.egress.hosts import HostListUnknown, rules_of
from governance.guard.policy import Policy, PolicyRefused


def wrong_reaches(settings: Settings) -> Iterator[str]:
    """A sentence for each list that nobody has written, and each secret that is not set."""
    try:
        lists = Policy.load(settings.approvals.policy).egress.lists
    except PolicyRefused:
        return  # told with the policy
    folder = SpecFolder(settings.agents.folder)
    for name in folder.names():
        with suppress(SpecInvalid):  # told with the agents
            own = folder.load(name).egress
            for entry in own.hosts:
                try:
                    rules_of((entry,), lists)
                except HostListUnknown as problem:
                    yield f"{name}: egress.hosts: {problem}"
            for secret in own.secrets:
                if secret.name not in settings.egress.secrets:
                    yield f"{name}: egress.secrets: there is no secret {secret.name} in the settings (egress.secrets)"
