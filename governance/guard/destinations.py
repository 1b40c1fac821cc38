"""Which hosts a call names: in its `hosts`, and in the text of its command. What is reached is decided at the proxy.

Read only to know whether to ask, and what to write on the card: a host that nobody named here does not pass.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from governance.egress.hosts import ANY, Destination, plain
from governance.guard.calls import ProposedCall
from governance.shell.contacts import contacts_of
from governance.shell.network import NETWORK as NETWORK_PROGRAMS
from governance.shell.reading import Reading
from governance.shell.scope import UNKNOWN, Contact
from governance.values.safe_files import PathRefused, safe_read
from governance.values.verdicts import Effect

HOSTS, NETWORK = "hosts", "network"
"""The arguments of a tool that runs commands: hosts that the command does not name, and whether it needs any."""
_NO = frozenset({"", "0", "f", "false", "n", "no", "none", "off"})
_URL = re.compile(r"[a-z+]+://(?:[^/@\s]*@)?([^/:\s?#\[\]'\"]+)(?::(\d{1,5}))?", re.IGNORECASE)
_REMOTE = re.compile(r"^\s*(?:push)?url\s*=\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_SPEAKING = NETWORK_PROGRAMS | {"pg_dump", "pg_isready", "pg_restore"}
_GIT_CONFIG_BYTES = 65_536
_MOST_PORT = 65_535


def wants_network(call: ProposedCall) -> bool:
    """Whether a call asks for the network; whatever is not plainly no counts as yes."""
    if call.effect is not Effect.RUNS:
        return False
    return str(call.arguments.get(NETWORK, "")).strip().lower() not in _NO


def destinations_of(call: ProposedCall) -> tuple[Destination, ...]:
    """Every host that a call names whose command was read, or ANY where it names none.

    Looks into `.git/config` of the workspace where git is to speak.
    """
    named = [*_given(call.arguments.get(HOSTS)), *_read(call.as_read, call)]
    return plain(one for one in named if one.host and one.host.isprintable()) or (Destination(host=ANY),)


def _given(hosts: Any) -> Iterator[Destination]:
    for text in [hosts] if isinstance(hosts, str) else hosts if isinstance(hosts, Sequence) else ():
        if isinstance(text, str) and (found := Destination.of(text)):
            yield found


def _read(reading: Reading, call: ProposedCall) -> Iterator[Destination]:
    for contact in reading.contacts:
        yield from _known(contact)
    for one in reading.named:
        texts = [word.text for word in one.words]
        program = texts[0].rpartition("/")[2] if texts else ""
        yield from _urls(texts)
        if program == "git" and not any("://" in text for text in texts):
            for folder in dict.fromkeys((call.folder, call.workspace)):
                yield from _remotes(call.workspace, folder)
        if program in _SPEAKING:
            yield from (found for contact in contacts_of(program, program, texts[1:]) for found in _known(contact))


def _known(contact: Contact) -> Iterator[Destination]:
    if contact.host and UNKNOWN not in contact.host:
        yield Destination(host=contact.host, port=contact.port)


def _urls(texts: Sequence[str]) -> Iterator[Destination]:
    """Hosts of the web in addresses anywhere, as in the code that an interpreter is given."""
    for text in texts:
        for found in _URL.finditer(text):
            if found[0].lower().startswith(("http://", "https://")) and int(found[2] or 0) <= _MOST_PORT:
                yield Destination(host=found[1].lower().rstrip("."), port=int(found[2] or 0))


def _remotes(workspace: Path, folder: Path) -> Iterator[Destination]:
    """Where the repository of a folder of the workspace says that its others are."""
    try:
        config = safe_read(workspace, str(folder / ".git/config"), _GIT_CONFIG_BYTES)[0].decode("utf-8", "replace")
    except (OSError, PathRefused):
        return
    yield from _urls(_REMOTE.findall(config))
