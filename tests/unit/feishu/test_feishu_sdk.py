"""Of the SDK only the frames are loaded, and only for a long connection."""

import subprocess
import sys
from pathlib import Path

import pytest

from channels.feishu.frames import CONTROL, DATA, Frame, load
from channels.feishu.pieces import WAIT_SECONDS, Pieces

ROOT = Path(__file__).parents[3]
COUNT = "import sys; print(sum(name.partition('.')[0] == 'lark_oapi' for name in sys.modules))"
BUILD = """
from datetime import datetime
from channels import feishu
from channels.base import Surroundings
given = dict(app_id="cli_a1", app_secret="s", encrypt_key="k", verification_token="t", mode={mode!r})
feishu.build("feishu", feishu.Options(**given), Surroundings(http=None, now=datetime.now))
"""


def told(program: str, *before: str) -> list[str]:
    """What a fresh Python prints, which looks for packages in those folders first."""
    path = f"import sys; sys.path[:0] = {list(before)!r}\n"
    done = subprocess.run([sys.executable, "-c", path + program], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.split()


@pytest.mark.parametrize(("mode", "least", "most"), [("socket", 5, 60), ("webhook", 0, 0)])
def test_a_channel_loads_the_frames_for_a_long_connection_and_nothing_for_webhooks(mode: str, least: int, most: int):
    [count] = told(BUILD.format(mode=mode) + COUNT)

    assert least <= int(count) <= most


def test_no_stand_in_is_left_where_the_sdk_would_be():
    program = "from channels.feishu import frames\nframes.load()\nimport importlib.util, sys\n"
    program += "print('lark_oapi' in sys.modules, importlib.util.find_spec('lark_oapi').origin)"
    standing, origin = told(program)

    assert standing == "False"
    assert origin.endswith("lark_oapi/__init__.py")


def test_an_sdk_that_is_laid_out_otherwise_is_loaded_whole(tmp_path: Path):
    package = tmp_path / "lark_oapi"
    package.mkdir()
    module = "import sys, types\nmade = types.ModuleType('frames')\nmade.Frame = int\n"
    names = ("lark_oapi.ws", "lark_oapi.ws.pb", "lark_oapi.ws.pb.pbbp2_pb2")
    (package / "__init__.py").write_text(module + f"for name in {names}: sys.modules[name] = made\n")
    program = "from channels.feishu import frames\nprint(frames.load().kind.__name__)"

    assert told(program, str(tmp_path))[-1] == "int"


def test_an_sdk_without_frames_is_a_refusal_in_words(tmp_path: Path):
    (tmp_path / "lark_oapi").mkdir()
    (tmp_path / "lark_oapi" / "__init__.py").write_text("")
    program = "from channels.base import ChannelRefused\nfrom channels.feishu import frames\n"
    program += "try: frames.load()\nexcept ChannelRefused as error: print('refused', error)"

    assert "refused" in told(program, str(tmp_path))


def test_a_frame_is_read_as_it_was_written_and_nonsense_is_none():
    codec, frame = load(), Frame(method=DATA, service=7, headers={"type": "event"}, payload=b"\x00x", log_id=2**40)

    assert codec.read(codec.write(frame)) == frame
    assert codec.read(b"\xff\xfe no frame") is None
    assert codec.read(b"") is None or codec.read(b"").method == CONTROL  # type: ignore[union-attr]


def piece(number: int, count: int = 3, name: str = "m", payload: bytes = b"") -> Frame:
    headers = {"message_id": name, "sum": str(count), "seq": str(number)}
    return Frame(method=DATA, service=1, headers=headers, payload=payload or str(number).encode())


def test_pieces_in_any_order_become_one_event_and_a_repeated_one_counts_once():
    pieces = Pieces()
    early = [pieces.whole(piece(number)) for number in (2, 0, 2)]
    whole = pieces.whole(piece(1))

    assert early == [None, None, None]
    assert whole is not None
    assert whole.payload == b"012"


def test_pieces_that_make_no_sense_or_wait_too_long_fill_no_memory():
    clock = [0.0]
    pieces = Pieces(lambda: clock[0])
    nonsense = [piece(3), piece(-1), piece(0, 10_000), piece(0, 2, payload=b"x" * (16 * 2**20 + 1))]
    refused = [pieces.whole(each) for each in nonsense]
    for number in range(100):
        pieces.whole(piece(0, name=f"m{number}"))
    waiting = len(pieces._waiting)
    clock[0] = WAIT_SECONDS + 1
    pieces.whole(piece(0, name="last"))

    assert refused == [None] * 4
    assert waiting == 64
    assert list(pieces._waiting) == ["last"]
