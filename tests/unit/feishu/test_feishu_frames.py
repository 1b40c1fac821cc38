"""Frames are ours, by hand; the vendor's own code reads what we write, and we read what it writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.feishu.frames import CONTROL, DATA, Frame, read, write

ROOT = Path(__file__).parents[3]
VENDOR = """
import importlib, importlib.util, json, sys
from types import ModuleType
# Empty packages stand in for those that would load the whole SDK, all 10,600 modules of it.
folder = importlib.util.find_spec("lark_oapi").submodule_search_locations[0]
for name, path in {"lark_oapi": folder, "lark_oapi.ws": folder + "/ws"}.items():
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__path__ = [path]
Kind = importlib.import_module("lark_oapi.ws.pb.pbbp2_pb2").Frame
NAMES = ("SeqID", "LogID", "service", "method", "payload_encoding", "payload_type", "LogIDNew")
for line in sys.stdin:
    frame = Kind.FromString(bytes.fromhex(line))
    assert frame.IsInitialized()
    told = {name: getattr(frame, name) for name in NAMES if frame.HasField(name)}
    told["headers"] = [[header.key, header.value] for header in frame.headers]
    told["payload"] = frame.payload.hex()
    print(json.dumps([told, frame.SerializeToString().hex()]))
"""
FRAMES = [
    Frame(method=CONTROL, service=33554678, headers={"type": "ping"}),
    Frame(
        method=DATA, service=7, headers={"type": "event", "": "空"}, payload=b"\x00x" * 300, seq_id=1, log_id=2**64 - 1
    ),
    Frame(method=DATA, service=-1, headers={}, seq_id=127, log_id=128),
    Frame(method=DATA, service=-(2**31), headers={"k": "v"}, rest=b"\x32\x04gzip\x3a\x04json\x4a\x03a-b"),
]


def vendor(frames: list[bytes]) -> list[tuple[dict[str, object], bytes]]:
    """What the vendor's own code finds in each, and how it writes the same frame."""
    lines = "".join(f"{frame.hex()}\n" for frame in frames)
    # What the vendor carries is old and warns on newer Pythons; here it is only a witness.
    command = [sys.executable, "-W", "ignore", "-c", VENDOR]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, cwd=ROOT)
    return [(told, bytes.fromhex(raw)) for told, raw in map(json.loads, done.stdout.splitlines())]


def test_the_vendors_own_code_understands_ours_and_we_understand_the_vendors():
    told = vendor([write(frame) for frame in FRAMES])

    assert [read(raw) for _, raw in told] == FRAMES
    for frame, (found, _) in zip(FRAMES, told, strict=True):
        assert found["headers"] == [[key, value] for key, value in frame.headers.items()]
        assert found["payload"] == frame.payload.hex()
        numbers = {"SeqID": frame.seq_id, "LogID": frame.log_id, "service": frame.service, "method": frame.method}
        assert numbers.items() <= found.items()
    assert told[-1][0].items() >= {"payload_encoding": "gzip", "payload_type": "json", "LogIDNew": "a-b"}.items()


INT32, UINT64 = st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**64 - 1)
ANY_FRAME = st.builds(
    Frame,
    method=INT32,
    service=INT32,
    headers=st.dictionaries(st.text(), st.text(), max_size=4),
    payload=st.binary(),
    seq_id=UINT64,
    log_id=UINT64,
)


@settings(deadline=None)
@given(ANY_FRAME)
def test_a_frame_is_read_as_it_was_written(frame: Frame):
    assert read(write(frame)) == frame


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_none_and_never_an_error(data: bytes):
    frame = read(data)

    assert frame is None or read(write(frame)) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe no frame",
        write(FRAMES[1])[:-1],
        b"\x08" + b"\xff" * 10 + b"\x01",
        b"\x00\x01" + write(FRAMES[0]),
        b"\x0b" + write(FRAMES[0]),
        b"\x08\x01\x10\x02\x18\x03",
        b"\x2a\x03\x0a\x01\xff" + write(FRAMES[0]),
    ],
    ids=["empty", "text", "cut short", "number too long", "field 0", "group", "no method", "no utf-8"],
)
def test_nonsense_is_none(data: bytes):
    assert read(data) is None


def test_fields_that_we_make_nothing_of_go_back_as_they_came():
    unknown = b"\x32\x04gzip" + b"\x51\x01\x02\x03\x04\x05\x06\x07\x08" + b"\x5d\x01\x02\x03\x04"
    frame = read(write(FRAMES[0]) + unknown)

    assert frame is not None
    assert frame.rest == unknown
    assert write(frame) == write(FRAMES[0]) + unknown
