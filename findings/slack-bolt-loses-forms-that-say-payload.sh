#!/usr/bin/env bash
# slack-bolt, on a signed slash command over HTTP whose text holds the word "payload".
#
# One would expect: `/deploy show the payload` reaches the app as every other text does.
# Seen with slack-bolt 1.30.0 (request/internals.py, parse_body): a form that holds the word anywhere but has no field
# of that name becomes an empty body. No listener matches, Slack gets 404, and the person sees that the app failed.
# What helps: give bolt the form with that word written as `p%61yload`, and put the signed text back as `raw_body`.
#
# Needs python3 and the network, to install slack-bolt and aiohttp into a folder that is removed again.
# Exit 0: still so. Exit 1: it behaves otherwise now.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder" && "$folder/bin/pip" --quiet install slack-bolt==1.30.0 aiohttp
"$folder/bin/python" - <<'PYTHON'
import sys

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.version import __version__

form = {"content-type": "application/x-www-form-urlencoded"}
read = {text: AsyncBoltRequest(body=f"command=%2Fdeploy&text={text}", headers=form).body for text in ("status", "payload")}
print(f"slack-bolt {__version__}: {read}")
sys.exit(not (read["status"] and not read["payload"]))
PYTHON
