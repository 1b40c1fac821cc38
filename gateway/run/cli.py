"""The command `nexora`. It knows the words of each command and nothing of what they do: that loads when it is called.

Importing this costs no more than argparse, so that `nexora version` and a typing error answer at once.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias, cast

from gateway import __version__

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # argparse has no other name
MOST_LINES = 1000
_TAG = "only tags that begin so, as approvals:"
_SINCE = "from then on: 2026-11-30, 2026-11-30T08:00+01:00"


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed with a sentence, 2 wrong words, 130 interrupted."""
    chosen = build_parser().parse_args(arguments)
    module, _, name = chosen.run.partition(":")
    run = cast("Run", getattr(importlib.import_module(module), name))
    try:
        return run(chosen)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_ours(error):
            raise
        sys.stderr.write(f"nexora: {error}\n")
        return 1


def _is_ours(error: Exception) -> bool:
    base = sys.modules.get("channels.base")
    return base is not None and isinstance(error, base.NexoraError)


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options; `run` of the result names the function that does it."""
    parser = argparse.ArgumentParser(
        prog="nexora",
        description="A chat-ops gateway for AI agents.",
        epilog="Settings: config/nexora.example.yaml. In a checkout also: ./nexora test, ./nexora bench.",
    )
    parser.add_argument("--version", action="version", version=f"nexora {__version__}", help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    up = _add(commands, "up", "start everything, until Ctrl-C", "gateway.run.up:up", "up --port 9000")
    up.add_argument("--port", type=port, help="listen there instead of server.port; 0 takes any free one")
    finds = "find everything that is wrong with the settings, start nothing"
    check = _add(commands, "check", finds, "gateway.run.check:check", "check --online")
    check.add_argument("--online", action="store_true", help="also ask each platform and each model")
    talks = "list the servers that this configuration talks to, and by which setting"
    _add(commands, "hosts", talks, "gateway.run.hosts:show", "hosts")
    migrate = _add(commands, "migrate", "bring the database up to date", "gateway.run.admin:migrate", "migrate")
    migrate.add_argument("--new", metavar="TITLE", help="make an empty migration instead (for developers)")
    _add_audit(commands)
    _add_keeping(commands)
    _add_sandbox(commands)
    _add_people(commands)
    _add_channels(commands)
    _add_secrets(commands)
    makes = "print a new one-time link that makes its opener an admin"
    link = _add(commands, "link", makes, "gateway.run.admin:link", "link --language zh")
    link.add_argument(
        "--language", metavar="LANGUAGE", help="what it says and whom it makes speak this, as zh or Deutsch"
    )
    new = _group(commands, "new", "begin a part of Nexora that is missing, in a checkout of its source")
    writes = "write the skeleton of a kind of channel: adapter, fake platform, pages, settings"
    channel = _add(new, "channel", writes, "gateway.run.new_channel:channel", "new channel matrix")
    channel.add_argument("name", help="the kind's name, as it stands under `kind` in the settings: a-z, 0-9 and _")
    _add(commands, "version", "print the version", "gateway.run.cli:version", "version")
    return parser


def _add_keeping(commands: Commands) -> None:
    keeps = "write the database and the data folder into one file"
    backup = _add(commands, "backup", keeps, "gateway.backup.commands:backup", "backup --to nexora.tar.gz")
    backup.add_argument("--to", metavar="FILE", help="default: backups/nexora-TIME.tar.gz in the data folder")
    restore = _add(
        commands,
        "restore",
        "put a backup in force; no gateway may run",
        "gateway.backup.commands:restore",
        "restore nexora.tar.gz --replace",
    )
    restore.add_argument("file", help="what `nexora backup` has written")
    restore.add_argument("--replace", action="store_true", help="put aside what is there; it is kept")
    database = _group(commands, "database", "look after the embedded database")
    _add(
        database,
        "rebuild",
        "make it anew from its own dump; the old one is kept",
        "gateway.backup.commands:rebuild",
        "database rebuild",
    )


def _add_sandbox(commands: Commands) -> None:
    sandbox = _group(commands, "sandbox", "put packages at hand of the commands of agents")
    extra = _add(
        sandbox,
        "add",
        "install an extra: documents (Python for tables, charts, Office, PDF)",
        "gateway.run.extras:add",
        "sandbox add documents",
    )
    extra.add_argument("name", choices=("documents",))
    _add(sandbox, "list", "print the extras, and which of them are there", "gateway.run.extras:show", "sandbox list")
    gone = _add(sandbox, "remove", "take an extra away", "gateway.run.extras:remove", "sandbox remove documents")
    gone.add_argument("name", choices=("documents",))


def _add_audit(commands: Commands) -> None:
    audit = _group(commands, "audit", "read, verify and export the record of what happened")
    listed = _add(
        audit,
        "list",
        "print the latest lines of the record, newest first; changes nothing",
        "gateway.run.audit_list:show",
        "audit list --person alice --tag approvals: --since 2026-11-30 --limit 50",
    )
    listed.add_argument("--person", default="", metavar="NAME", help="only what this person did, by sign-in name")
    listed.add_argument("--tag", default="", help=_TAG)
    listed.add_argument("--since", type=moment, metavar="TIME", help=_SINCE)
    listed.add_argument("--limit", type=lines, default=20, metavar="N", help="so many at most, up to 1000; default: 20")
    listed.add_argument("--json", action="store_true", help="one JSON object a line, with the names of the export")
    _add(
        audit,
        "verify",
        "find lines that were changed, removed, inserted or reordered; ends with 1 if there are any",
        "gateway.run.admin:verify",
        "audit verify",
    )
    export = _add(
        audit,
        "export",
        "write lines of the record into a new file, secrets hidden",
        "gateway.run.admin:export",
        "audit export --format csv --since 2026-11-01 --to november.csv",
    )
    export.add_argument("--format", choices=("csv", "jsonl"), default="jsonl", help="default: jsonl, one object a line")
    export.add_argument("--tag", default="", help=_TAG)
    export.add_argument("--since", type=moment, metavar="TIME", help=_SINCE)
    export.add_argument("--until", type=moment, metavar="TIME", help="before then; default: now")
    export.add_argument("--to", metavar="FILE", help="default: exports/nexora-audit-TIME.jsonl in the data folder")


def _add_channels(commands: Commands) -> None:
    channel = _group(commands, "channel", "add chat platforms to the settings, by a code to scan or a form")
    does = "add a channel: by a code to scan where the platform makes apps so, else by asking for each value"
    add = _add(channel, "add", does, "gateway.run.channels:add", "channel add KIND --name work")
    add.add_argument("kind", help="the kind of platform, as it stands under `kind` in the settings")
    add.add_argument("--name", metavar="NAME", help="what the channel is called; default: its kind")
    add.add_argument("--set", action="append", metavar="NAME=VALUE", help="an option of the channel, by its name")
    add.add_argument("--form", action="store_true", help="ask for each value, though there is a code to scan")
    add.add_argument("--yes", action="store_true", help="write the settings without asking")
    shows = "print each channel of the settings: name, kind, whether it could start"
    _add(channel, "list", shows, "gateway.run.channels:listed", "channel list")
    does = "take a channel out of the settings; its secrets stay in their files"
    gone = _add(channel, "remove", does, "gateway.run.channels:remove", "channel remove work")
    gone.add_argument("name", help="what the channel is called")


def _add_secrets(commands: Commands) -> None:
    secret = _group(commands, "secret", "keep keys and passwords for tools, skills, MCP servers, channels and models")
    does = "keep a value, typed unseen or from standard input, new or in the place of an older one"
    keep = _add(secret, "set", does, "gateway.run.secrets:keep", "secret set GITHUB_TOKEN --for mcp github <token.txt")
    keep.add_argument("name", help="letters, digits and . _ -; `secret:NAME` refers to it")
    keep.add_argument(
        *("--for",), dest="for_holder", action="append", nargs=2, metavar=("KIND", "NAME"), help="who may have it"
    )
    prints = "print each secret: name, version, last change, who may have it; no value is ever printed"
    _add(secret, "list", prints, "gateway.run.secrets:listed", "secret list")
    gone = _add(
        secret, "remove", "forget a secret for good", "gateway.run.secrets:remove", "secret remove GITHUB_TOKEN"
    )
    gone.add_argument("name")
    does = "let a channel, MCP server, model's provider, plugin, setting, skill or tool have a secret"
    allow = _add(secret, "allow", does, "gateway.run.secrets:allow", "secret allow OPENAI model openai")
    allow.add_argument("name")
    allow.add_argument("kind", choices=("channel", "mcp", "model", "plugin", "setting", "skill", "tool"))
    allow.add_argument("holder", metavar="HOLDER", help="its name, as it stands in the settings")
    allow.add_argument("--end", action="store_true", help="it may no longer have it")
    does = "seal the value of a secret under a new key of its own"
    anew = _add(secret, "rotate", does, "gateway.run.secrets:rotate", "secret rotate GITHUB_TOKEN")
    anew.add_argument("name")
    key = _group(commands, "key", "look after the master key, which opens what the database keeps sealed")
    does = "have a new master key wrap everything; no gateway may run"
    other = _add(key, "rotate", does, "gateway.run.master_key:rotate", "key rotate")
    other.add_argument("--to", metavar="FILE", help="a new file for it, where the settings give the master key")


def _add_people(commands: Commands) -> None:
    user = _group(commands, "user", "list and change people, and print their links, without a browser")
    create = _add(
        user,
        "create",
        "add a person and print the one-time link that sets the password",
        "gateway.run.admin:create",
        "user create alice --role admin",
    )
    create.add_argument("name", type=sign_in_name, help="sign-in name, as alice")
    create.add_argument("--role", choices=("admin", "operator"), default="operator", help="default: operator")
    create.add_argument("--language", metavar="LANGUAGE", help="as zh or Deutsch; default: that of the settings")
    reset = _add(
        user,
        "reset",
        "print a one-time link that sets a person's password anew; the old one holds until then",
        "gateway.run.admin:reset",
        "user reset alice",
    )
    reset.add_argument("name", help="sign-in name")
    prints = "print everybody: sign-in name, role, active or disabled, shown name"
    _add(user, "list", prints, "gateway.run.admin:people", "user list")
    for name, does in (
        ("disable", "shut a person out at once: sessions, links, grants and requests end"),
        ("enable", "let a person in again, without the grants of before"),
    ):
        shut = _add(user, name, does, f"gateway.run.admin:{name}", f"user {name} alice")
        shut.add_argument("name", help="sign-in name")
    speaks = "speak another language with a person from now on"
    spoken = _add(user, "language", speaks, "gateway.run.admin:language", "user language alice zh")
    spoken.add_argument("name", help="sign-in name")
    spoken.add_argument("language", help="its code or its name, as zh, 中文 or Deutsch")
    tells = "tell a person times in another zone from now on"
    zoned = _add(user, "timezone", tells, "gateway.run.admin:time_zone", "user timezone alice Asia/Shanghai")
    zoned.add_argument("name", help="sign-in name")
    zoned.add_argument("zone", help="a city, a zone as Asia/Shanghai, or UTC+8")
    does = "make a person an admin or an operator; the last admin stays one"
    role = _add(user, "role", does, "gateway.run.admin:role", "user role alice admin")
    role.add_argument("name", help="sign-in name")
    role.add_argument("role", choices=("admin", "operator"))
    role.add_argument("--yes", action="store_true", help="take the role of an admin without asking")


def _add(commands: Commands, name: str, does: str, run: str, example: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=does, description=_sentence(does), epilog=f"Example: nexora {example}")
    parser.set_defaults(run=run)
    return parser


def _group(commands: Commands, name: str, does: str) -> Commands:
    """A word that needs another: its help lists those, each of which has its own."""
    parser = commands.add_parser(
        name, help=does, description=_sentence(does), epilog=f"More of each: nexora {name} WHAT --help"
    )
    return parser.add_subparsers(metavar="WHAT", required=True)


def _sentence(does: str) -> str:
    return f"{does[:1].upper()}{does[1:]}."


def sign_in_name(given: str) -> str:
    """A name that people can type and others can read: 1-64 letters, digits and . _ -."""
    if not re.fullmatch(r"[\w.-]{1,64}", given):
        raise argparse.ArgumentTypeError("use 1 to 64 letters, digits and . _ -")
    return given


def lines(given: str) -> int:
    """A number of lines."""
    if not given.isdecimal() or not 1 <= int(given) <= MOST_LINES:
        raise argparse.ArgumentTypeError(f"use a number from 1 to {MOST_LINES}")
    return int(given)


def port(given: str) -> int:
    """A number of a TCP port."""
    if not given.isdecimal() or int(given) > 65_535:  # noqa: PLR2004  # the last port there is
        raise argparse.ArgumentTypeError("use a number from 0 to 65535")
    return int(given)


def moment(given: str) -> datetime:
    """A day or a time of ISO 8601; in UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError("write it as 2026-11-30 or 2026-11-30T08:00+01:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def version(_: argparse.Namespace) -> int:
    """Print the version of the product."""
    sys.stdout.write(f"nexora {__version__}\n")
    return 0
