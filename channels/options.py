"""What every adapter's typed settings share: unknown keys are errors, and a secret may live elsewhere."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _resolve(given: Any) -> Any:
    """A secret as a value, as {env: NAME} or as {file: PATH}; raises ValueError with a sentence otherwise."""
    if not isinstance(given, dict):
        return given
    if set(given) == {"env"}:
        value = os.environ.get(str(given["env"]))
        if not value:
            raise ValueError(f"the environment variable {given['env']} is not set")
        return value
    if set(given) == {"file"}:
        try:
            return Path(str(given["file"])).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"cannot read {given['file']}: {error.strerror}") from error
    raise ValueError("give a secret as a value, as {env: NAME} or as {file: PATH}")


Secret = Annotated[SecretStr, BeforeValidator(_resolve), Field(min_length=1)]
"""A secret: a value, `{env: NAME}` or `{file: PATH}`. It never prints itself."""

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_PLACEHOLDER = re.compile(r"<.*>|(?:your|my|insert|paste)[-_].*|change[-_]?me|(.)\1{5,}", re.IGNORECASE)


def bare(text: str) -> str:
    """A token as platforms and providers give it. Raises ValueError for what an example or a copy left behind."""
    if variable := _VARIABLE.fullmatch(text):
        raise ValueError(f"is the name of a variable, which is not looked up here: write {{env: {variable[1]}}}")
    if "…" in text or "..." in text or _PLACEHOLDER.fullmatch(text):
        raise ValueError("is a placeholder and no token: put the real one in its place")
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("holds a blank or a character that no token has: copy it again, whole and alone")
    return text


def _bare_secret(given: SecretStr) -> SecretStr:
    bare(given.get_secret_value())
    return given


Token = Annotated[Secret, AfterValidator(_bare_secret)]
"""A secret that a platform or a provider made: one word, and no placeholder."""


class ChannelOptions(BaseModel):
    """The settings of one channel; each adapter module defines its own subclass of this name."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Tls(BaseModel):
    """How the certificate of a channel's server is verified."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    strict: bool = True
    """Insist on what RFC 5280 demands of a certificate's form, as Python does from 3.13 on; before it, nothing does."""


class PlatformOptions(ChannelOptions):
    """The settings of a channel that speaks to somebody's server."""

    tls: Tls = Field(default=Tls(), description="How the server's certificate is verified.")
