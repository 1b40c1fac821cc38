"""The data folder of one gateway: made where it is missing. What lies in it belongs to whoever keeps it there."""

from pathlib import Path

from channels.base import NexoraError


def open_home(home: Path) -> Path:
    """The data folder as an absolute path, made for us alone when there is none. Raises NexoraError."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NexoraError(f"The data folder {home} cannot be made: {error.strerror}. Set NEXORA_HOME.") from error
    return home.resolve()
