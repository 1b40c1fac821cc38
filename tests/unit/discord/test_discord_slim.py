"""The SDK is loaded in part, and the whole of it stays to be had."""

import subprocess
import sys

LOADS = """
import sys
import channels.discord
assert not [name for name in sys.modules if name.partition(".")[0] == "discord"]
import channels.discord.adapter
loaded = {name for name in sys.modules if name.startswith("discord")}
assert "discord.gateway" in loaded and len(loaded) < 20 and "discord.client" not in loaded, loaded
import warnings
warnings.simplefilter("ignore")
import discord
from discord import gateway
assert issubclass(discord.Client, object) and gateway.DiscordWebSocket is channels.discord.sdk.DiscordWebSocket
"""


def test_only_the_gateway_and_the_api_are_loaded_and_others_may_load_the_rest():
    run = subprocess.run([sys.executable, "-W", "error", "-c", LOADS], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
