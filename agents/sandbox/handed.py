"""Bytes that a program which is started reads from a descriptor of its own, so that they lie in no file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def handed(content: bytes) -> Iterator[int]:
    """A descriptor from whose beginning those bytes are read; closed at the end."""
    descriptor = os.memfd_create("nexora")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
