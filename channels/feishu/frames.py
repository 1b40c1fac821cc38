"""The frames of the long connection: one protobuf message of nine fields, read and written by hand.

The message, as the SDK declares it (`lark_oapi/ws/pb/pbbp2_pb2.py`; proto2, numbers of fields on the right):

    Header: required string key = 1, value = 2
    Frame:  required uint64 SeqID = 1, LogID = 2; required int32 service = 3, method = 4; repeated Header headers = 5;
            optional string payload_encoding = 6, payload_type = 7; optional bytes payload = 8;
            optional string LogIDNew = 9

docs/decisions/feishu-frames-by-hand.md says why neither the SDK nor the protobuf package does this.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

_log = structlog.get_logger(__name__)

CONTROL, DATA = 0, 1
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
"""The wire types of protobuf; 3 and 4 are groups, which this message never had."""
_SIZES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_SEQ_ID, _LOG_ID, _SERVICE, _METHOD, _HEADERS, _PAYLOAD = 1, 2, 3, 4, 5, 8
_NUMBERS = {_SEQ_ID: 64, _LOG_ID: 64, _SERVICE: 32, _METHOD: 32}
"""Fields that every frame has, with their bits."""
_KEY, _VALUE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. `method` is CONTROL or DATA; `service` names the connection to the platform; headers in any order.

    `rest` are the fields that we make nothing of, as they came: an answer carries them back.
    """

    method: int
    service: int
    headers: dict[str, str]
    payload: bytes = b""
    seq_id: int = 0
    log_id: int = 0
    rest: bytes = b""


def read(data: bytes) -> Frame | None:
    """The frame, None for bytes that are none."""
    try:
        return _read(data)
    except ValueError as error:
        _log.warning("feishu_frame_not_understood", size=len(data), error=str(error))
        return None


def write(frame: Frame) -> bytes:
    """The bytes of a frame."""
    written = bytearray()
    for field, number in (
        (_SEQ_ID, frame.seq_id),
        (_LOG_ID, frame.log_id),
        (_SERVICE, frame.service),
        (_METHOD, frame.method),
    ):
        written += _varint(field << 3 | _VARINT) + _varint(number)
    for key, value in frame.headers.items():
        header = _counted(_KEY, key.encode()) + _counted(_VALUE, value.encode())
        written += _counted(_HEADERS, header)
    return bytes(written + _counted(_PAYLOAD, frame.payload) + frame.rest)


def _read(data: bytes) -> Frame:
    """The frame. Raises ValueError for bytes that are none."""
    numbers: dict[int, int] = {}
    headers: dict[str, str] = {}
    payload, rest = b"", bytearray()
    for field, value, raw in _fields(data):
        if field in _NUMBERS and isinstance(value, int):
            numbers[field] = _signed(value) if _NUMBERS[field] == 32 else value  # noqa: PLR2004
        elif field == _HEADERS and isinstance(value, bytes):
            pair = {number: part for number, part, _ in _fields(value) if isinstance(part, bytes)}
            headers[pair.get(_KEY, b"").decode()] = pair.get(_VALUE, b"").decode()
        elif field == _PAYLOAD and isinstance(value, bytes):
            payload = value
        else:
            rest += raw
    if missing := sorted(_NUMBERS.keys() - numbers):
        raise ValueError(f"required fields are missing: {missing}")
    return Frame(
        method=numbers[_METHOD],
        service=numbers[_SERVICE],
        headers=headers,
        payload=payload,
        seq_id=numbers[_SEQ_ID],
        log_id=numbers[_LOG_ID],
        rest=bytes(rest),
    )


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Each field in turn: its number, its value, and all its bytes. Raises ValueError."""
    at = 0
    while at < len(data):
        begun = at
        tag, at = _number(data, at)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value: int | bytes
            value, at = _number(data, at)
        elif kind == _COUNTED:
            size, at = _number(data, at)
            value, at = _slice(data, at, size)
        elif kind in _SIZES:
            value, at = _slice(data, at, _SIZES[kind])
        else:
            raise ValueError(f"field {field} is of the unknown kind {kind}")
        if not field:
            raise ValueError("a field has the number 0")
        yield field, value, data[begun:at]


def _slice(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """So many bytes, and where the next begin."""
    if size > len(data) - at:
        raise ValueError(f"a field of {size} bytes ends after {len(data) - at}")
    return data[at : at + size], at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most 64 bits, seven to a byte, lowest first; and where the next field begins."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("a number has no end")
        byte, at = data[at], at + 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 -- the highest bit says that more bytes follow
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
    raise ValueError("a number is longer than 64 bits")


def _varint(number: int) -> bytes:
    """As `_number` reads it; a negative one as 64 bits, which is how protobuf writes an int32."""
    left, written = number & 0xFFFF_FFFF_FFFF_FFFF, bytearray()
    while left >= 0x80:  # noqa: PLR2004
        written.append(left & 0x7F | 0x80)
        left >>= 7
    written.append(left)
    return bytes(written)


def _signed(number: int) -> int:
    """The int32 in the low half of a number."""
    low = number & 0xFFFF_FFFF
    return low - (1 << 32) if low >= 1 << 31 else low


def _counted(field: int, value: bytes) -> bytes:
    """A field of bytes behind their count."""
    return _varint(field << 3 | _COUNTED) + _varint(len(value)) + value
