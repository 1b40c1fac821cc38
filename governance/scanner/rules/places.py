"""Where secrets lie, as patterns over texts and code: what is read there and sent away is the commonest theft."""

import re

from governance.scanner.rules.written_patterns import WrittenPattern

STRONG = WrittenPattern("places.strong")
DOTENV = re.compile(r"(?<![\w.])\.env(?:\.(?:local|production|prod))?(?![\w.(\[]|\.example)|\.clawdbot/\.env")
WHOLE_ENVIRONMENT = WrittenPattern("places.whole_environment")
SECRET_NAMES = WrittenPattern("places.secret_names")
HARVEST = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASS\w*|CRED\w*|API)[|,'\")\s(/]+(?:\w+[|,'\")\s]+)*(?:KEY|TOKEN|SECRET|PASS\w*|CRED\w*)",
    re.IGNORECASE,
)
"""Names of secrets one after the other, as whoever sifts an environment writes them."""
KEEPERS = WrittenPattern("places.keepers")
PASTEBOARD = re.compile(r"pbpaste|xclip\s+-o|Get-Clipboard|pyperclip\.paste|clipboard\.read")


def is_strong(text: str) -> bool:
    """Whether a text names a place of keys or credentials that no ordinary work touches."""
    return bool(STRONG.search(text) or WHOLE_ENVIRONMENT.search(text) or KEEPERS.search(text))


def is_source(text: str) -> bool:
    """Whether a text takes secrets from somewhere, ordinary settings of a project included."""
    return is_strong(text) or bool(DOTENV.search(text)) or len(set(SECRET_NAMES.findall(text))) > 2  # noqa: PLR2004  # more than one service needs
