"""The commands `nexora catalogue`: a key of one's own, and a folder of capabilities listed and signed with it."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from channels.home import home_language
from channels.locales import say
from gateway.capabilities import signing
from gateway.capabilities.catalogue import INDEX
from gateway.capabilities.wrong import SourceWrong


def key(chosen: argparse.Namespace) -> int:
    """Write a new private key into a file that must not be there yet, and print its public key."""
    path = Path(chosen.to)
    pem, public = signing.new_key()
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123  # a descriptor
            file.write(pem)
    except OSError as problem:
        raise SourceWrong("unwritable", path=str(path), because=problem.strerror or str(problem)) from problem
    sys.stdout.write(f"{public}\n")
    _tell("key", file=str(path))
    return 0


def sign(chosen: argparse.Namespace) -> int:
    """List what lies in a folder, and sign the list."""
    folder, path = Path(chosen.folder), Path(chosen.key)
    try:
        private = signing.key_of(path.read_bytes(), path)
        index = signing.sign(folder, private, publisher=chosen.publisher, now=datetime.now(UTC), days=chosen.days)
    except OSError as problem:
        because = problem.strerror or str(problem)
        raise SourceWrong("unreadable", path=str(problem.filename or folder), because=because) from problem
    for one in index["entries"]:
        sys.stdout.write(f"{one['kind']} {one['name']} {one['version']} {one['digest'][:12]}\n")
    _tell("signed", file=str(folder / INDEX), serial=index["serial"], day=index["expires"][:10])
    sys.stdout.write(f"{signing.public_of(private)}\n")
    return 0


def _tell(word: str, **fields: object) -> None:
    sys.stdout.write(f"{say(f'catalogue.{word}', home_language(), **fields)}\n")
