"""What a person reads when something about people, accounts, secrets and sign-in is refused."""

from channels.base import NexoraError
from channels.locales import DEFAULT, knows, say
from governance.people.names import NameRefused
from governance.secrets.names import SecretRefused, SecretWrong
from governance.sign_in.attempts import LockedOut


def sentence_of(error: NexoraError, language: str) -> str:
    """The error in a person's language; one that the catalogue does not name stays as it was raised."""
    if isinstance(error, LockedOut | NameRefused):
        return error.said(language)
    if isinstance(error, SecretRefused | SecretWrong):
        return error.because.said(language)
    key = f"error.{type(error).__name__}"
    return say(key, language) if language != DEFAULT and knows(key) else str(error)
