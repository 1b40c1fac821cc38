"""The command `nexora`. It knows the words of each command and nothing of what they do: that loads when it is called.

Importing this costs no more than argparse, so that `nexora version` and a typing error answer at once.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from gateway import __version__

Run = Callable[[argparse.Namespace], int]


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
    up = _add(commands, "up", "start everything, until Ctrl-C", "gateway.start:up")
    up.add_argument("--port", type=port, help="listen there instead of server.port; 0 takes any free one")
    finds = "find everything that is wrong with the settings, start nothing"
    check = _add(commands, "check", finds, "gateway.check:check")
    check.add_argument("--online", action="store_true", help="also ask each platform and each model")
    migrate = _add(commands, "migrate", "bring the database up to date", "gateway.admin:migrate")
    migrate.add_argument("--new", metavar="TITLE", help="make an empty migration instead (for developers)")
    audit = commands.add_parser("audit", help="the record of what happened").add_subparsers(
        metavar="WHAT", required=True
    )
    _add(audit, "verify", "find rows that were changed, removed, inserted or reordered", "gateway.admin:verify")
    export = _add(audit, "export", "write lines of the record into a file, secrets hidden", "gateway.admin:export")
    export.add_argument("--format", choices=("csv", "jsonl"), default="jsonl", help="default: jsonl, one object a line")
    export.add_argument("--tag", default="", help="only tags that begin so, as approvals:")
    export.add_argument("--since", type=moment, metavar="TIME", help="from then on: 2026-11-30, 2026-11-30T08:00+01:00")
    export.add_argument("--until", type=moment, metavar="TIME", help="before then; default: now")
    export.add_argument("--to", metavar="FILE", help="default: exports/nexora-audit-TIME.jsonl in the data folder")
    backup = _add(commands, "backup", "write the database and the data folder into one file", "gateway.backup:backup")
    backup.add_argument("--to", metavar="FILE", help="default: backups/nexora-TIME.tar.gz in the data folder")
    restore = _add(commands, "restore", "put a backup in force; no gateway may run", "gateway.backup:restore")
    restore.add_argument("file", help="what `nexora backup` has written")
    restore.add_argument("--replace", action="store_true", help="put aside what is there; it is kept")
    database = commands.add_parser("database", help="the embedded database").add_subparsers(
        metavar="WHAT", required=True
    )
    _add(database, "rebuild", "make it anew from its own dump; the old one is kept", "gateway.backup:rebuild")
    sandbox = commands.add_parser("sandbox", help="packages for the commands of agents").add_subparsers(
        metavar="WHAT", required=True
    )
    extra = _add(
        sandbox, "add", "install an extra: documents (Python for tables, charts, Office, PDF)", "gateway.extras:add"
    )
    extra.add_argument("name", choices=("documents",))
    _add(sandbox, "list", "print the extras, and which of them are there", "gateway.extras:show")
    gone = _add(sandbox, "remove", "take an extra away", "gateway.extras:remove")
    gone.add_argument("name", choices=("documents",))
    _add_people(commands)
    _add(commands, "link", "print a new one-time link that makes its opener an admin", "gateway.admin:link")
    _add(commands, "version", "print the version", "gateway.cli:version")
    return parser


def _add_people(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    user = commands.add_parser("user", help="people").add_subparsers(metavar="WHAT", required=True)
    create = _add(user, "create", "add a person and print the link that sets the password", "gateway.admin:create")
    create.add_argument("name", type=sign_in_name, help="sign-in name, as alice")
    create.add_argument("--role", choices=("admin", "operator"), default="operator", help="default: operator")
    reset = _add(user, "reset", "print a link that sets a person's password anew", "gateway.admin:reset")
    reset.add_argument("name", help="sign-in name")
    _add(user, "list", "print everybody, with roles", "gateway.admin:people")
    for name, does in (
        ("disable", "shut a person out at once: sessions, links, grants and requests end"),
        ("enable", "let a person in again, without the grants of before"),
    ):
        _add(user, name, does, f"gateway.admin:{name}").add_argument("name", help="sign-in name")
    role = _add(user, "role", "make a person an admin or an operator", "gateway.admin:role")
    role.add_argument("name", help="sign-in name")
    role.add_argument("role", choices=("admin", "operator"))


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str, run: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=does, description=f"{does[:1].upper()}{does[1:]}.")
    parser.set_defaults(run=run)
    return parser


def sign_in_name(given: str) -> str:
    """A name that people can type and others can read: 1-64 letters, digits and . _ -."""
    if not re.fullmatch(r"[\w.-]{1,64}", given):
        raise argparse.ArgumentTypeError("use 1 to 64 letters, digits and . _ -")
    return given


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
