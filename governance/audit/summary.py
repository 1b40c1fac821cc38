"""What a look at the whole record found, in words: how many lines of which time, and whether they are as written."""

from dataclasses import dataclass
from datetime import datetime

from channels.locales import say
from channels.times import Precision, moment
from governance.audit.findings import Finding

_MOST_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was read and what is wrong with it. `first_at` and `last_at` are the earliest and latest times of lines."""

    findings: tuple[Finding, ...]
    lines: int
    writers: int
    checkpoints: int
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether there is a record, and nothing is wrong with it. One without a line proves nothing."""
        return self.lines > 0 and not self.findings

    def summary(self, language: str, zone: str = "") -> str:
        """How much was read, of which time, and whether it is whole, in one sentence."""
        if self.first_at is None or self.last_at is None:
            return say("verify.empty_broken" if self.findings else "verify.empty", language)
        return say(
            "verify.whole" if self.is_whole else "verify.broken",
            language,
            lines=self.lines,
            writers=self.writers,
            checkpoints=self.checkpoints,
            first=moment(self.first_at, language, zone, Precision.EXACT),
            last=moment(self.last_at, language, zone, Precision.EXACT),
        )

    def told(self, language: str, zone: str = "") -> list[str]:
        """The summary, and the first findings, each a sentence."""
        return [self.summary(language, zone), *(str(finding) for finding in self.findings[:_MOST_TOLD])]
