"""The command `nexora check`: everything that is wrong, in one table, without starting or changing anything."""

import argparse
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agents.models.lacks import addresses, lacks
from agents.models.providers.known import PROVIDERS
from agents.sandbox.extras import EXTRAS
from agents.specs import SpecFolder, SpecInvalid
from channels.base import NexoraError
from channels.home import home_language, settle
from channels.locales import say
from channels.options import bare
from channels.text.columns import left
from channels.text.columns import width as columns
from channels.text.retold import retold
from gateway.database.embedded.binaries import find_binaries
from gateway.database.embedded.fresh import data_of
from gateway.database.embedded.server import LETTERS_KEPT
from gateway.database.pool import shown
from gateway.run.check_reach import wrong_reaches
from gateway.run.extras import folder_of, line
from gateway.settings import sources as settings_sources
from gateway.settings.model import Configuration, Settings
from governance.guard.policy import Policy, PolicyRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what was looked at, whether it is well, and what there is to say."""

    what: str
    is_well: bool
    says: str


def check(chosen: argparse.Namespace) -> int:
    """Print the table; 1 when anything is wrong."""
    rows = examine() + importlib.import_module("gateway.run.check_database").examine()
    if chosen.online:
        rows += importlib.import_module("gateway.run.check_online").examine()  # only now: it loads every SDK in use
    language = home_language()
    labels = [retold(row.what, language) for row in rows]
    width = max(map(columns, labels))
    words = {True: say("check.ok", language), False: say("check.wrong", language)}
    widest = max(map(columns, words.values()))
    for row, label in zip(rows, labels, strict=True):
        told = retold(row.says, language)
        sys.stdout.write(f"{left(words[row.is_well], widest)}  {left(label, width)}  {told}\n")
    wrong = sum(not row.is_well for row in rows)
    sys.stdout.write(f"\n{say('check.to_mend', language, count=wrong) if wrong else say('check.well', language)}\n")
    return 1 if wrong else 0


def examine() -> list[Row]:
    """Every line of the table."""
    configuration, problems = settings_sources.examine(os.environ)
    wrong = [Row(what="settings", is_well=False, says=str(problem)) for problem in problems]
    if configuration is None:
        return wrong
    settings = configuration.settings
    settle(settings.place)
    fine = [] if wrong else [Row(what="settings", is_well=True, says=str(configuration.file or "defaults, no file"))]
    return [
        *wrong,
        *fine,
        _home(settings.home),
        _database(settings),
        *_letters(settings),
        Row(what="server", is_well=True, says=settings.public_url),
        *_channels(configuration),
        *_keys(),
        *_models(settings),
        *_agents(settings.agents.folder),
        *_default_agent(settings),
        *_reaches(settings),
        _policy(settings.approvals.policy),
        *_extras(settings),
    ]


def _home(home: Path) -> Row:
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    is_well = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return Row(what="data folder", is_well=is_well, says=f"{home}{'' if is_well else ' cannot be written'}")


def _database(settings: Settings) -> Row:
    if settings.dsn:
        return Row(what="database", is_well=True, says=shown(settings.dsn))
    try:
        found = find_binaries()
    except NexoraError as error:
        return Row(what="database", is_well=False, says=str(error))
    return Row(what="database", is_well=True, says=f"embedded PostgreSQL {found.major} from {found.folder}")


def _letters(settings: Settings) -> Iterator[Row]:
    """An embedded cluster that was made when nobody thought of Chinese, or where the system knows no such letters."""
    data = data_of(settings.home)
    if settings.dsn is not None or not data.is_dir():
        return
    kept = data / LETTERS_KEPT
    if not kept.is_file() or kept.read_text(encoding="ascii").strip() == "C":
        says = f"the database in {data} finds no words in Chinese text; `nexora database rebuild` makes it anew"
        yield Row(what="database", is_well=False, says=says)


def _channels(configuration: Configuration) -> Iterator[Row]:
    for name, channel in configuration.channels.items():
        if channel.options is not None:
            yield Row(what=f"channel {name}", is_well=True, says=channel.kind)


def _keys() -> Iterator[Row]:
    """Keys of models in the environment that cannot be right; those of the settings are told with the settings."""
    for name in sorted({name for provider in PROVIDERS.values() for name in provider.keys} & os.environ.keys()):
        try:
            bare(os.environ[name] or "unset")
        except ValueError as error:
            yield Row(what="models", is_well=False, says=f"{name} {error}")


def _models(settings: Settings) -> Iterator[Row]:
    """Models that the settings and the agents name, whose provider nobody knows or that have no key."""
    folder = SpecFolder(settings.agents.folder)
    labels = list(settings.models.use)
    for name in folder.names():
        with suppress(SpecInvalid):  # told with the agents
            labels += folder.load(name).model
    if settings.models.transcription:
        labels.append(settings.models.transcription)
    for label, address in addresses(settings.models, os.environ, labels):
        yield Row(what=f"model {label}", is_well=True, says=address)
    for says in lacks(settings.models, os.environ, labels):
        yield Row(what="models", is_well=False, says=says)


def _agents(folder: Path) -> Iterator[Row]:
    names = SpecFolder(folder).names()
    wrong = list(SpecFolder(folder).check_all())
    yield from (Row(what="agents", is_well=False, says=str(problem)) for problem in wrong)
    if not wrong:
        many = f"{len(names)} in {folder}" if names else f"none in {folder}, so nobody can answer"
        yield Row(what="agents", is_well=bool(names), says=many)


def _reaches(settings: Settings) -> Iterator[Row]:
    return (Row(what="agents", is_well=False, says=says) for says in wrong_reaches(settings))


def _default_agent(settings: Settings) -> Iterator[Row]:
    folder = SpecFolder(settings.agents.folder)
    if settings.agents.default not in folder.names():
        yield Row(what="agents", is_well=False, says=f"agents.default is {settings.agents.default}, which is not there")


def _extras(settings: Settings) -> Iterator[Row]:
    for extra in EXTRAS.values():
        is_well, says = line(extra, folder_of(settings))
        yield Row(what="sandbox", is_well=is_well, says=says)


def _policy(path: Path) -> Row:
    try:
        Policy.load(path)
    except PolicyRefused as error:
        return Row(what="policy", is_well=False, says=str(error))
    return Row(what="policy", is_well=True, says=str(path))
