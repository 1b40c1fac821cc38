"""The command `nexora`. It knows the words of each command and nothing of what they do: that loads when it is called.

What each does is told in the language of the terminal, under `cli.` in the catalogue. Importing this costs no more than
argparse and the catalogue, so that `nexora version` and a typing error answer at once.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeAlias, cast

from channels.errors import NexoraError
from channels.home import home_language
from channels.locales import say
from channels.text.retold import retold
from gateway import __version__

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001  # argparse has no other name
MOST_LINES = 1000
MOST_DAYS = 365
_CHANGES = ("update", "enable", "disable", "restore", "remove")


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed with a sentence, 2 wrong words, 130 interrupted."""
    chosen = build_parser().parse_args(arguments)
    module, _, name = chosen.run.partition(":")
    run = cast("Run", getattr(importlib.import_module(module), name))
    try:
        return run(chosen)
    except KeyboardInterrupt:
        return 130
    except NexoraError as error:
        sys.stderr.write(f"nexora: {retold(str(error), home_language())}\n")
        return 1


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options; `run` of the result names the function that does it."""
    parser = _Parser(
        prog="nexora",
        description=_word("product"),
        epilog=_word("settings"),
    )
    parser.add_argument("--version", action="version", version=f"nexora {__version__}", help=_word("version"))
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    up = _add(commands, "up", "gateway.run.up:up", "up --port 9000")
    up.add_argument("--port", type=port, help=_word("up.port"))
    check = _add(commands, "check", "gateway.run.check:check", "check --online")
    check.add_argument("--online", action="store_true", help=_word("check.online"))
    _add(commands, "hosts", "gateway.run.hosts:show", "hosts")
    migrate = _add(commands, "migrate", "gateway.run.admin:migrate", "migrate")
    migrate.add_argument("--new", metavar="TITLE", help=_word("migrate.new"))
    _add_audit(commands)
    _add_keeping(commands)
    _add_sandbox(commands)
    skill = _group(commands, "skill")
    checked = _add(skill, "skill.check", "gateway.run.skills:check", "skill check skills/weekly-report")
    checked.add_argument("folder", help=_word("skill.check.folder"))
    _add_capabilities(commands, skill)
    _add_people(commands)
    _add_channels(commands)
    _add_secrets(commands)
    _add_tokens(commands)
    _add_catalogues(commands)
    link = _add(commands, "link", "gateway.run.admin:link", "link --language zh")
    link.add_argument("--language", metavar="LANGUAGE", help=_word("link.language"))
    new = _group(commands, "new")
    channel = _add(new, "new.channel", "gateway.run.new_channel:channel", "new channel matrix")
    channel.add_argument("name", help=_word("new.channel.name"))
    _add(commands, "version", "gateway.run.cli:version", "version")
    return parser


class _Help(argparse.HelpFormatter):
    """argparse's own words in the language of the terminal."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """The line of usage, with our word before it."""
        super().add_usage(usage, actions, groups, _word("usage") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """A list of words or of options."""
        told = {"positional arguments": "words", "options": "options"}.get(heading or "")
        super().start_section(_word(told) if told else heading)


class _Parser(argparse.ArgumentParser):
    """A parser whose help and complaints are told in the language of the terminal."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, formatter_class=_Help, add_help=False)
        self.add_argument("-h", "--help", action="help", help=_word("help"))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words, and end with 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {retold(message, home_language())}\n")


def _add_keeping(commands: Commands) -> None:
    backup = _add(commands, "backup", "gateway.backup.commands:backup", "backup --to nexora.tar.gz")
    backup.add_argument("--to", metavar="FILE", help=_word("backup.to"))
    restore = _add(commands, "restore", "gateway.backup.commands:restore", "restore nexora.tar.gz --replace")
    restore.add_argument("file", help=_word("restore.file"))
    restore.add_argument("--replace", action="store_true", help=_word("restore.replace"))
    database = _group(commands, "database")
    _add(database, "database.rebuild", "gateway.backup.commands:rebuild", "database rebuild")


def _add_sandbox(commands: Commands) -> None:
    sandbox = _group(commands, "sandbox")
    extra = _add(sandbox, "sandbox.add", "gateway.run.extras:add", "sandbox add documents")
    extra.add_argument("name", choices=("documents",))
    _add(sandbox, "sandbox.list", "gateway.run.extras:show", "sandbox list")
    gone = _add(sandbox, "sandbox.remove", "gateway.run.extras:remove", "sandbox remove documents")
    gone.add_argument("name", choices=("documents",))


def _add_audit(commands: Commands) -> None:
    audit = _group(commands, "audit")
    listed = _add(
        audit,
        "audit.list",
        "gateway.run.audit_list:show",
        "audit list --person alice --tag approvals: --since 2026-11-30 --limit 50",
    )
    listed.add_argument("--person", default="", metavar="NAME", help=_word("audit.list.person"))
    listed.add_argument("--tag", default="", help=_word("audit.tag"))
    listed.add_argument("--since", type=moment, metavar="TIME", help=_word("audit.since"))
    listed.add_argument("--limit", type=lines, default=20, metavar="N", help=_word("audit.list.limit"))
    listed.add_argument("--json", action="store_true", help=_word("audit.list.json"))
    _add(audit, "audit.verify", "gateway.run.admin:verify", "audit verify")
    export = _add(
        audit,
        "audit.export",
        "gateway.run.admin:export",
        "audit export --format csv --since 2026-11-01 --to november.csv",
    )
    export.add_argument("--format", choices=("csv", "jsonl"), default="jsonl", help=_word("audit.export.format"))
    export.add_argument("--tag", default="", help=_word("audit.tag"))
    export.add_argument("--since", type=moment, metavar="TIME", help=_word("audit.since"))
    export.add_argument("--until", type=moment, metavar="TIME", help=_word("audit.export.until"))
    export.add_argument("--to", metavar="FILE", help=_word("audit.export.to"))


def _add_channels(commands: Commands) -> None:
    channel = _group(commands, "channel")
    add = _add(channel, "channel.add", "gateway.run.channels:add", "channel add KIND --name work")
    add.add_argument("kind", help=_word("channel.kind"))
    add.add_argument("--name", metavar="NAME", help=_word("channel.add.name"))
    add.add_argument("--set", action="append", metavar="NAME=VALUE", help=_word("channel.add.set"))
    add.add_argument("--form", action="store_true", help=_word("channel.add.form"))
    add.add_argument("--yes", action="store_true", help=_word("channel.add.yes"))
    _add(channel, "channel.list", "gateway.run.channels:listed", "channel list")
    gone = _add(channel, "channel.remove", "gateway.run.channels:remove", "channel remove work")
    gone.add_argument("name", help=_word("channel.name"))


def _add_secrets(commands: Commands) -> None:
    secret = _group(commands, "secret")
    keep = _add(secret, "secret.set", "gateway.run.secrets:keep", "secret set GITHUB_TOKEN --for mcp github")
    keep.add_argument("name", help=_word("secret.name"))
    keep.add_argument(
        *("--for",), dest="for_holder", action="append", nargs=2, metavar=("KIND", "NAME"), help=_word("secret.set.for")
    )
    _add(secret, "secret.list", "gateway.run.secrets:listed", "secret list")
    gone = _add(secret, "secret.remove", "gateway.run.secrets:remove", "secret remove GITHUB_TOKEN")
    gone.add_argument("name")
    allow = _add(secret, "secret.allow", "gateway.run.secrets:allow", "secret allow OPENAI model openai")
    allow.add_argument("name")
    allow.add_argument("kind", choices=("channel", "mcp", "model", "plugin", "setting", "skill", "tool"))
    allow.add_argument("holder", metavar="HOLDER", help=_word("secret.allow.holder"))
    allow.add_argument("--end", action="store_true", help=_word("secret.allow.end"))
    anew = _add(secret, "secret.rotate", "gateway.run.secrets:rotate", "secret rotate GITHUB_TOKEN")
    anew.add_argument("name")
    key = _group(commands, "key")
    other = _add(key, "key.rotate", "gateway.run.master_key:rotate", "key rotate")
    other.add_argument("--to", metavar="FILE", help=_word("key.rotate.to"))


def _add_tokens(commands: Commands) -> None:
    token = _group(commands, "token")
    create = _add(
        token, "token.create", "gateway.run.tokens:create", "token create --person alice --days 30 --name editor"
    )
    create.add_argument("--person", required=True, metavar="NAME", help=_word("token.person"))
    create.add_argument("--days", type=days, default=90, metavar="N", help=_word("token.create.days"))
    create.add_argument("--name", default="", metavar="NAME", help=_word("token.create.name"))
    listed = _add(token, "token.list", "gateway.run.tokens:listed", "token list --person alice")
    listed.add_argument("--person", default="", metavar="NAME", help=_word("token.person"))
    gone = _add(token, "token.revoke", "gateway.run.tokens:revoke", "token revoke CODE")
    gone.add_argument("code", help=_word("token.revoke.code"))


def _add_catalogues(commands: Commands) -> None:
    catalogue = _group(commands, "catalogue")
    key = _add(catalogue, "catalogue.key", "gateway.run.catalogues:key", "catalogue key --to catalogue.pem")
    key.add_argument("--to", required=True, metavar="FILE", help=_word("catalogue.key.to"))
    example = "catalogue sign FOLDER --key catalogue.pem"
    sign = _add(catalogue, "catalogue.sign", "gateway.run.catalogues:sign", example)
    sign.add_argument("folder", metavar="FOLDER", help=_word("catalogue.sign.folder"))
    sign.add_argument("--key", required=True, metavar="FILE", help=_word("catalogue.sign.key"))
    sign.add_argument("--publisher", default="", metavar="NAME", help=_word("catalogue.sign.publisher"))
    sign.add_argument("--days", type=lines, default=365, metavar="N", help=_word("catalogue.sign.days"))


def _add_capabilities(commands: Commands, skill: Commands) -> None:
    """The same words for every kind; what each does is told once, for all of them."""
    examples = {"agent": "helper.yaml", "mcp": "server.json", "plugin": "pypi:NAME==1.0", "skill": "./weekly-report"}
    for kind, source in examples.items():
        group = skill if kind == "skill" else _group(commands, kind)
        _of_kind(group, kind, "list", "", "listed")
        one = _of_kind(group, kind, "show", "weekly", "shown")
        one.add_argument("name", help=_word("capability.name"))
        sought = _of_kind(group, kind, "search", "weekly", "search")
        sought.add_argument("search", nargs="*", metavar="WORD", help=_word("capability.search.words"))
        new = _of_kind(group, kind, "add", f"{source} --as alice", "order")
        new.add_argument("named", metavar="SOURCE", help=_word("capability.source"))
        new.add_argument("--for", dest="words", default="", metavar="WORDS", help=_word("capability.for"))
        changes = [_of_kind(group, kind, word, "weekly --as alice", "order") for word in _CHANGES]
        changes[0].add_argument("--from", dest="source", default="", metavar="SOURCE", help=_word("capability.from"))
        for each in changes:
            each.add_argument("named", metavar="NAME", help=_word("capability.name"))
        for each in (new, *changes):
            each.add_argument("--as", dest="as_person", required=True, metavar="NAME", help=_word("capability.as"))


def _of_kind(group: Commands, kind: str, word: str, example: str, run: str) -> "_Parser":
    whole = f"{kind} {word} {example}".strip()
    made = _add(group, f"{kind}.{word}", f"gateway.run.capabilities:{run}", whole, told=f"capability.{word}")
    made.set_defaults(kind=kind, action=word)
    return made


def _add_people(commands: Commands) -> None:
    user = _group(commands, "user")
    create = _add(user, "user.create", "gateway.run.admin:create", "user create alice --role admin")
    create.add_argument("name", type=sign_in_name, help=_word("user.create.name"))
    create.add_argument("--role", choices=("admin", "operator"), default="operator", help=_word("user.create.role"))
    create.add_argument("--language", metavar="LANGUAGE", help=_word("user.create.language"))
    reset = _add(user, "user.reset", "gateway.run.admin:reset", "user reset alice")
    reset.add_argument("name", help=_word("user.name"))
    _add(user, "user.list", "gateway.run.admin:people", "user list")
    for name in ("disable", "enable"):
        shut = _add(user, f"user.{name}", f"gateway.run.admin:{name}", f"user {name} alice")
        shut.add_argument("name", help=_word("user.name"))
    spoken = _add(user, "user.language", "gateway.run.admin:language", "user language alice zh")
    spoken.add_argument("name", help=_word("user.name"))
    spoken.add_argument("language", help=_word("user.language.language"))
    zoned = _add(user, "user.timezone", "gateway.run.admin:time_zone", "user timezone alice Asia/Shanghai")
    zoned.add_argument("name", help=_word("user.name"))
    zoned.add_argument("zone", help=_word("user.timezone.zone"))
    role = _add(user, "user.role", "gateway.run.admin:role", "user role alice admin")
    role.add_argument("name", help=_word("user.name"))
    role.add_argument("role", choices=("admin", "operator"))
    role.add_argument("--yes", action="store_true", help=_word("user.role.yes"))


def _add(commands: Commands, words: str, run: str, example: str, *, told: str = "") -> "_Parser":
    """A command by its words, `audit.list`; what it does stands in the catalogue under them, or under `told`."""
    parser = _parser(commands, words, _word("example", example=f"nexora {example}"), told)
    parser.set_defaults(run=run)
    return parser


def _group(commands: Commands, words: str) -> Commands:
    """A word that needs another: its help lists those, each of which has its own."""
    parser = _parser(commands, words, _word("more", command=f"nexora {words} WHAT --help"))
    return parser.add_subparsers(metavar="WHAT", required=True)


def _parser(commands: Commands, words: str, epilog: str, told: str = "") -> "_Parser":
    does, name = _word(told or words), words.rpartition(".")[2]
    return commands.add_parser(
        name, help=does, description=_word("sentence", does=f"{does[:1].upper()}{does[1:]}"), epilog=epilog
    )


def _word(key: str, /, **about: object) -> str:
    """Words of the catalogue in the language of the terminal."""
    return say(f"cli.{key}", home_language(), **about)


def sign_in_name(given: str) -> str:
    """A name that people can type and others can read: 1-64 letters, digits and . _ -."""
    if not re.fullmatch(r"[\w.-]{1,64}", given):
        raise argparse.ArgumentTypeError(_word("wrong.name"))
    return given


def lines(given: str) -> int:
    """A number of lines."""
    if not given.isdecimal() or not 1 <= int(given) <= MOST_LINES:
        raise argparse.ArgumentTypeError(_word("wrong.lines", most=MOST_LINES))
    return int(given)


def days(given: str) -> int:
    """A number of days for which a token may stand."""
    if not given.isdecimal() or not 1 <= int(given) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(_word("wrong.days", most=MOST_DAYS))
    return int(given)


def port(given: str) -> int:
    """A number of a TCP port."""
    if not given.isdecimal() or int(given) > 65_535:  # noqa: PLR2004  # the last port there is
        raise argparse.ArgumentTypeError(_word("wrong.port"))
    return int(given)


def moment(given: str) -> datetime:
    """A day or a time of ISO 8601; in UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(_word("wrong.time")) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def version(_: argparse.Namespace) -> int:
    """Print the version of the product."""
    sys.stdout.write(f"nexora {__version__}\n")
    return 0
