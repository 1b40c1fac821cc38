"""An event in pieces, and a channel that loads nothing of the vendor's SDK."""

import subprocess
import sys
from pathlib import Path

import pytest

from channels.feishu.frames import DATA, Frame
from channels.feishu.pieces import WAIT_SECONDS, Pieces

ROOT = Path(__file__).parents[3]
BUILD = """
import sys
from datetime import datetime
from channels import feishu
from channels.base import Surroundings
given = dict(app_id="cli_a1", app_secret="s", encrypt_key="k", verification_token="t", mode=sys.argv[1])
feishu.build("feishu", feishu.Options(**given), Surroundings(http=None, now=datetime.now))
print([name for name in sys.modules if name.partition(".")[0] in {"google", "lark_oapi"}])
"""


@pytest.mark.parametrize("mode", ["socket", "webhook"])
def test_a_channel_loads_nothing_of_the_sdk(mode: str):
    command = [sys.executable, "-c", BUILD, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.strip() == "[]"


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
