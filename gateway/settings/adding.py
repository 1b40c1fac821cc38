"""A channel put into the settings file, or taken out of it, as text: every other line stays as somebody wrote it.

Secrets go into files of their own in the data folder, which only its owner reads; the settings name the file. Nothing
is written unless the new text says what the old one said, and the channel beside it.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from channels.base import NexoraError
from gateway.settings.sources import CHANNEL_NAME, SettingsWrong, parsed

FOLDER = "secrets"
"""In the data folder, one file for each secret: the channel's name, a point, the option's name."""
NEW_FILE = "# Settings of Nexora; config/nexora.example.yaml of its source shows each there is.\n"
OWN_NAME = "console"
_INDENT = 2


class ChannelNotAdded(NexoraError):
    """The settings file was not changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsEdit:
    """A change of the settings file that is ready to be made. `before` is None where there is no file yet."""

    file: Path
    before: str | None
    after: str
    block: str


def refuse_name(name: str, taken: Mapping[str, Any]) -> None:
    """Raise ChannelNotAdded for a name that no new channel can have."""
    if not CHANNEL_NAME.fullmatch(name):
        raise ChannelNotAdded(
            f"{name!r} cannot name a channel: use small letters, digits, - and _, 32 at most, a letter first."
        )
    if name in taken or name == OWN_NAME:
        raise ChannelNotAdded(
            f"There is a channel named {name} already, and it stays as it is. Give the new one another name."
        )


def keep_secrets(home: Path, name: str, secrets: Mapping[str, str]) -> dict[str, Path]:
    """Write each into a file of its own, never over another one; where they lie. Raises ChannelNotAdded."""
    folder = home / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {option: _kept(folder, f"{name}.{option}", secret) for option, secret in secrets.items()}
    except OSError as error:
        raise ChannelNotAdded(f"{folder} cannot be written: {error.strerror}.") from error


def _kept(folder: Path, name: str, secret: str) -> Path:
    number = 1
    while True:
        path = folder / (name if number == 1 else f"{name}.{number}")
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        return path


def added(file: Path, name: str, kind: str, options: Mapping[str, Any], secrets: Mapping[str, Path]) -> SettingsEdit:
    """The file with that channel in it. Raises ChannelNotAdded where nothing can be put into its text."""
    entry = {"kind": kind, **options, **{option: {"file": _shown(path, file)} for option, path in secrets.items()}}
    before = _text(file)
    block = _block(name, entry, 0)
    data, after = _inserted(before or "", name, entry, file, block)
    wanted = {**data, "channels": {**(data.get("channels") or {}), name: entry}}
    if not _says(after, wanted, file):
        raise _by_hand(file, block)
    return SettingsEdit(file=file, before=before, after=after, block=block)


def removed(file: Path, name: str) -> SettingsEdit:
    """The file without that channel. Raises ChannelNotAdded where it does not stand there by itself."""
    before = _text(file)
    data = _data(before or "", file)
    channels = data.get("channels")
    if before is None or not isinstance(channels, dict) or name not in channels:
        raise ChannelNotAdded(f"{file} names no channel {name}; nexora channel list prints those there are.")
    found = _node(before, "channels")
    if found is None or not isinstance(found[1], yaml.MappingNode) or found[1].flow_style:
        raise ChannelNotAdded(f"{file} writes its channels in one line: take {name} out of it by hand.")
    key, value = next((key, value) for key, value in found[1].value if key.value == name)
    lines = before.split("\n")
    first, last = key.start_mark.line, _last_line(value)
    block = "\n".join(lines[first : last + 1])
    after = "\n".join(lines[:first] + lines[last + 1 :])
    wanted = {**data, "channels": {each: entry for each, entry in channels.items() if each != name} or None}
    if not _says(after, wanted, file):
        raise ChannelNotAdded(f"{file} holds more than lines in the block of {name}: take it out by hand.")
    return SettingsEdit(file=file, before=before, after=after, block=block)


def write(edit: SettingsEdit, stamp: str) -> Path | None:
    """Put the new text in the place of the old one, of which a copy stays; where it is. Raises ChannelNotAdded."""
    file = edit.file.resolve()
    copy = file.with_name(f"{file.name}.{stamp}.bak") if edit.before is not None else None
    if _text(file) != edit.before:
        raise ChannelNotAdded(f"Somebody else has changed {file} meanwhile. Nothing was written: try again.")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if copy is not None:
            shutil.copy2(file, copy)
        _put(file, edit.after, file.with_name(f".{file.name}.{stamp}"), copy)
    except OSError as error:  # as where the file is mounted to be read
        if copy is not None:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
        raise ChannelNotAdded(f"{file} cannot be written: {error.strerror}.") from error
    return copy


def _put(file: Path, text: str, fresh: Path, like: Path | None) -> None:
    """The text in the place of the file, whole or not at all, with the rights of `like`."""
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if like is not None:
            shutil.copymode(like, fresh)
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _shown(path: Path, file: Path) -> str:
    """A secret's file as the settings name it: from their own folder where it lies below."""
    base = file.parent.absolute()
    return str(path.relative_to(base) if path.is_relative_to(base) else path)


def _text(file: Path) -> str | None:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelNotAdded(f"{file} cannot be read: {error}.") from error


def _data(text: str, file: Path) -> dict[str, Any]:
    try:
        return parsed(text, file).data
    except SettingsWrong as error:
        raise ChannelNotAdded(str(error)) from error


def _says(text: str, wanted: Mapping[str, Any], file: Path) -> bool:
    try:
        return parsed(text, file).data == wanted
    except SettingsWrong:
        return False


def _block(name: str, entry: Mapping[str, Any], column: int) -> str:
    """The lines of one channel, of which the first begins in that column."""
    outer, inner = " " * column, " " * (column + _INDENT)
    lines = [f"{outer}{name}:", *(f"{inner}{key}: {_value(value)}" for key, value in entry.items())]
    return "".join(f"{line}\n" for line in lines)


def _value(value: Any) -> str:
    """A value on one line."""
    written = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return str(written).removesuffix("...\n").strip()


def _inserted(text: str, name: str, entry: Mapping[str, Any], file: Path, block: str) -> tuple[dict[str, Any], str]:
    """What the text says, and the text with the channel in it."""
    data = _data(text, file)
    found = _node(text, "channels")
    if found is None:
        begin = text or NEW_FILE
        return data, f"{begin}{'' if begin.endswith(chr(10)) else chr(10)}\nchannels:\n{_block(name, entry, _INDENT)}"
    key, value = found
    lines = text.split("\n")
    at = key.start_mark.line
    if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
        first = value.value[0][0].start_mark
        if first.line > at:
            lines.insert(at + 1, _block(name, entry, first.column).rstrip("\n"))
            return data, "\n".join(lines)
    if not data.get("channels") and value.end_mark.line == at:
        rest = lines[at][value.end_mark.column :]
        lines[at] = f"{lines[at][: key.end_mark.column]}:{rest}"
        lines.insert(at + 1, _block(name, entry, key.start_mark.column + _INDENT).rstrip("\n"))
        return data, "\n".join(lines)
    raise _by_hand(file, block)


def _by_hand(file: Path, block: str) -> ChannelNotAdded:
    return ChannelNotAdded(f"{file} is written in a way that nothing can be put into. Add below channels:\n{block}")


def _node(text: str, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """The key of that name at the top of the document, and its value."""
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in root.value if key.value == name), None)


def _last_line(node: yaml.Node) -> int:
    """The last line on which something of it stands."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    ends = node.end_mark
    return int(ends.line - 1 if ends.column == 0 and ends.line > node.start_mark.line else ends.line)
