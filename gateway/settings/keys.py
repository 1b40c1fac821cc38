"""The settings of the master key. It may also be what a program prints, as password managers offer it."""

import subprocess
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from channels.base import NexoraError
from channels.options import Secret
from governance.keys.master_key import master_key_from

PATIENCE_SECONDS = 20


def _printed(given: Any) -> Any:
    """What the program prints, without blanks around it; anything else as it is. Raises ValueError with a sentence.

    No shell reads it. Neither its output nor its errors are repeated, for either may hold the secret.
    """
    if not isinstance(given, dict) or set(given) != {"command"}:
        return given
    words = given["command"]
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise ValueError("give a command as a list of words: {command: [PROGRAM, ARGUMENT]}")
    try:
        ended = subprocess.run(  # noqa: S603  # whoever writes the settings may run what they like
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except OSError as error:
        raise ValueError(f"the command {words[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"the command {words[0]} did not end within {PATIENCE_SECONDS} seconds") from error
    if ended.returncode:
        raise ValueError(f"the command {words[0]} ended with {ended.returncode}; run it by hand to see why")
    return ended.stdout.decode(errors="replace").strip()


def _master_key(key: SecretStr) -> SecretStr:
    try:
        master_key_from(key.get_secret_value())
    except NexoraError as error:
        raise ValueError(str(error)) from error
    return key


class KeySettings(BaseModel):
    """What opens the keys and the secrets that the database holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    master: Annotated[Secret, BeforeValidator(_printed), AfterValidator(_master_key)] | None = None
    """32 random bytes in base64, the same for every gateway on one database; `{command: [PROGRAM, ARGUMENT]}` takes
    what that program prints. Unset: keys/master.key in the data folder, made at the first start, so that a first start
    needs nothing."""

    @property
    def given(self) -> str:
        """The text of the master key; empty when it lies in the data folder."""
        return self.master.get_secret_value() if self.master else ""
