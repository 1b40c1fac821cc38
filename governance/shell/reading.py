"""A command as it was read, once: what is judged, bound to an approval and covered by a grant is this and no other."""

from dataclasses import dataclass, field
from typing import Any

from governance.shell.scope import Contact, Named
from governance.values.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a command says.

    `verdict` is the answer here; `said` what the text alone deserves, wherever it runs. `named` are the words of every
    command inside in which files may be named, `contacts` the machines to which they seem to speak, and `words` those
    of one plain command; None for any other. `root` is its tree; None where there is none that is certain.
    """

    command: str
    verdict: Verdict
    said: Verdict
    named: tuple[Named, ...] = ()
    contacts: tuple[Contact, ...] = ()
    words: tuple[str, ...] | None = None
    root: Any = field(default=None, compare=False, repr=False)
