"""The command `nexora sandbox`: which extras commands have; adds and removes them, also beside a running gateway."""

import argparse
import sys
import time
from pathlib import Path

from agents.sandbox import choose
from agents.sandbox.extras import EXTRAS, FOLDER, Extra
from gateway.database.home import open_home
from gateway.run import extra_install
from gateway.run.admin import read_settings
from gateway.settings.model import Settings

_NO_LETTERS = (
    "No typeface here has Chinese characters, so charts show boxes in their place. Install one (on Debian and Ubuntu: "
    "apt install fonts-noto-cjk), then remove and add this again."
)


def add(chosen: argparse.Namespace) -> int:
    """Install an extra; commands have it from then on."""
    settings, extra = read_settings(), EXTRAS[chosen.name]
    folder = folder_of(settings)
    began = time.monotonic()
    before = extra_install.read(extra, folder)
    made = extra_install.add(extra, open_home(folder), choose(settings.sandbox.level), _say)
    if made != before:
        _say(f"Ready after {time.monotonic() - began:.0f} s: {says(extra, made)}, {made.megabytes} MB in {folder}.")
        _say("The next command of an agent finds it; no restart is needed.")
    if not made.chinese:
        _say(_NO_LETTERS)
    return 0


def remove(chosen: argparse.Namespace) -> int:
    """Take an extra away."""
    was = extra_install.remove(EXTRAS[chosen.name], folder_of(read_settings()))
    _say(f"{chosen.name} was removed." if was else f"{chosen.name} is not installed.")
    return 0


def show(_: argparse.Namespace) -> int:
    """Print every extra, and whether it is there."""
    folder = folder_of(read_settings())
    for extra in EXTRAS.values():
        _say(line(extra, folder)[1])
    return 0


def line(extra: Extra, folder: Path) -> tuple[bool, str]:
    """Whether all is well with an extra, and what there is to say of it."""
    made = extra_install.read(extra, folder)
    anew = f"nexora sandbox remove {extra.name}, then nexora sandbox add {extra.name}"
    if made is None:
        return True, f"{extra.name} is not installed; nexora sandbox add {extra.name} brings {', '.join(extra.told)}"
    if not made.is_usable:
        return False, f"{extra.name} was made for {made.python} on {made.machine}, which is not here: {anew}"
    if made.locked != extra_install.digest_of(extra_install.LOCKS / f"{extra.name}.txt"):
        return True, f"{says(extra, made)}, older than this version has them: nexora sandbox add {extra.name}"
    return True, says(extra, made)


def says(extra: Extra, made: extra_install.Made) -> str:
    """What is there, in words: `documents (pandas, …) for Python 3.12`."""
    return f"{extra.name} ({', '.join(extra.told)}) for Python {made.version}"


def folder_of(settings: Settings) -> Path:
    """Where the extras of these settings lie: with the workspaces, so that all gateways have them."""
    return (settings.shared_folder or settings.home).resolve() / FOLDER


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
