#!/usr/bin/env bash
# Python's codec gb18030, on text that is written in Big5.
#
# One would expect: trying utf-8, then gb18030, then big5, and taking the first that decodes, tells them apart.
# Seen with Python 3.11 to 3.13: every pair of Big5 is a pair of gb18030 too, so that text in traditional characters
# decodes without an error, into other characters, and comes back as the same bytes. The third try is never reached.
# What tells them apart is in which rows the common characters lie (B0 to D7 with a high second byte, or A4 to C6).
#
# Needs python3. Exit 0: still so. Exit 1: it behaves otherwise now.
set -euo pipefail
python3 - <<'PYTHON'
import sys

text = "蒼鷺站在水邊，牠在等魚，還沒有等到。我們明天再來看。"
data = text.encode("big5")
read = data.decode("gb18030")
print(f"Python {sys.version.split()[0]}: {text!r} in Big5 reads as {read!r} by gb18030")
sys.exit(not (read != text and read.encode("gb18030") == data))
PYTHON
