"""The frames of the long connection, read and written by the SDK's own protobuf. Nothing else of the SDK is loaded.

Importing `lark_oapi` runs through 10,600 modules (5-10 s, 160 MB) because its `__init__` imports every API. The
frames need about 35 of them. So while they load, empty packages stand where the SDK's own would be; afterwards the
stand-ins are taken away, and whoever imports the SDK later gets it whole.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import structlog

from channels.base import ChannelRefused

_log = structlog.get_logger(__name__)

SDK = "lark_oapi"
FRAMES = f"{SDK}.ws.pb.pbbp2_pb2"
CONTROL, DATA = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. `method` is CONTROL or DATA; `service` names the connection to the platform; headers in any order."""

    method: int
    service: int
    headers: dict[str, str]
    payload: bytes = b""
    seq_id: int = 0
    log_id: int = 0


@dataclass(frozen=True, slots=True)
class Codec:
    """Frames to bytes and back. `kind` is the SDK's class."""

    kind: type[Any]

    def read(self, data: bytes) -> Frame | None:
        """The frame, None for bytes that are none."""
        raw = self.kind()
        try:
            raw.ParseFromString(data)
        except Exception as error:  # noqa: BLE001 -- the pure-Python protobuf raises whatever bytes lead it to
            _log.warning("feishu_frame_not_understood", size=len(data), error=type(error).__name__)
            return None
        return Frame(
            method=raw.method,
            service=raw.service,
            headers={header.key: header.value for header in raw.headers},
            payload=raw.payload,
            seq_id=raw.SeqID,
            log_id=raw.LogID,
        )

    def write(self, frame: Frame) -> bytes:
        """The bytes of a frame."""
        raw = self.kind()
        raw.SeqID, raw.LogID, raw.service, raw.method = frame.seq_id, frame.log_id, frame.service, frame.method
        for key, value in frame.headers.items():
            header = raw.headers.add()
            header.key, header.value = key, value
        raw.payload = frame.payload
        return bytes(raw.SerializeToString())


def load() -> Codec:
    """The codec, from as little of the SDK as possible. Raises ChannelRefused where the SDK is not installed."""
    module = sys.modules.get(FRAMES) or _slim() or _whole()
    return Codec(module.Frame)


def _slim() -> ModuleType | None:
    """The frames' module alone; None where this SDK is not laid out as expected."""
    if SDK in sys.modules:
        return None
    found = importlib.util.find_spec(SDK)
    folders = list(found.submodule_search_locations or ()) if found else []
    if not folders:
        raise ChannelRefused("lark-oapi is not installed, which the long connection needs")
    try:
        with _standing_in(folders[0]):
            return importlib.import_module(FRAMES)
    except ImportError as error:
        _log.warning("feishu_sdk_loaded_whole", reason=str(error))
        return None


def _whole() -> ModuleType:
    try:
        return importlib.import_module(FRAMES)
    except ImportError as error:
        raise ChannelRefused(f"lark-oapi has no frames where they were expected: {error}") from error


@contextmanager
def _standing_in(folder: str) -> Iterator[None]:
    """Empty packages in place of those whose `__init__` would load the whole SDK."""
    packages = {SDK: folder, f"{SDK}.ws": f"{folder}/ws"}
    for name, path in packages.items():
        package = ModuleType(name)
        package.__path__ = [path]
        sys.modules[name] = package
    try:
        yield
    finally:
        for name in packages:
            sys.modules.pop(name, None)
