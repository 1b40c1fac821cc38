"""Clients of databases: what their statements would change there, and what their own commands do on this machine.

A database that is a file of the workspace can be put back like any file, so its statements are free.
"""

import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.sql import MAX_SQL, MAX_STATEMENTS, Does, does, statements_of
from governance.shell.elsewhere.verbs import is_free, plain_of, tool
from governance.shell.holding import content_of, fed_text
from governance.shell.places import has_arrived, judge_read, judge_write
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_STATEMENT_OPTIONS: dict[str, str] = {
    "beeline": r"-e",
    "clickhouse": r"-q|--query",
    "clickhouse-client": r"-q|--query|--queries",
    "cockroach": r"-e|--execute",
    "cqlsh": r"-e|--execute",
    "dolt": r"-q|--query",
    "hive": r"-e",
    "impala-shell": r"-q|--query",
    "isql": r"",
    "mariadb": r"-e|--execute",
    "mycli": r"-e|--execute",
    "mysql": r"-e|--execute",
    "pgcli": r"",
    "presto": r"--execute",
    "psql": r"-c|--command",
    "snowsql": r"-q|--query",
    "snow": r"-q|--query",
    "spark-sql": r"-e",
    "sqlcmd": r"-q|-Q",
    "sqlplus": r"",
    "trino": r"--execute",
    "usql": r"-c|--command",
}
_FILE_OPTIONS = r"-f|--file|--queries-file|-i|--input-file"
_FORCED = frozenset({"mariadb", "mycli", "mysql"})
"""Clients to whom `-f` says to go on after errors."""
_SHELL_LINE = re.compile(r"\\!\s*(.+)|(?:\.(?:shell|system)|system)\s+(.+)", re.DOTALL)
_PIPED = re.compile(
    r"\\(?:o|g|gx|w)\s*\|(.+)|\\copy\b.*\bprogram\s+'([^']+)'|\.(?:once|output|excel)\s+['\"]?\|(.+?)['\"]?$",
    re.IGNORECASE,
)
_DOT_WRITES = re.compile(
    r"\.(?:output|once|save|backup|log|dump|archive|ar|export)\b\s*(?:-\S+\s+)*(?:main\s+)?['\"]?([^'\"\s|]+)"
)
_DOT_READS = re.compile(r"\.(?:read|import|restore|open)\b\s*(?:-\S+\s+)*(?:main\s+)?['\"]?([^'\"\s|]+)")
_DOT_READ = re.compile(r"\.read\s+['\"]?([^'\"\s|]+)")
_FILES_IN_SQL = re.compile(
    r"(?i)(?P<write>\bwritefile|\bATTACH(?:\s+DATABASE)?|\bVACUUM\s+INTO|\bTO|\bEXPORT\s+DATABASE"
    r"|\bedit)\s*\(?\s*'(?P<to>[^']+)'"
    r"|\b(?:readfile|read_(?:csv|json|parquet|text|blob)(?:_auto)?|FROM|load_extension|parquet_scan"
    r"|glob)\s*\(?\s*'(?P<from>[^']+)'"
)
_MYSQLADMIN = tool(
    "ping status extended-status processlist variables version", valued="-h -u -P -S --host --user --port"
)
_BIGQUERY = tool("ls show head help info", valued="--project_id --dataset_id --location --format")
_CHANGES_ALWAYS = frozenset(
    {"createdb", "createuser", "dropdb", "dropuser", "mongoimport", "mongorestore", "mysqlimport", "pg_restore",
    "pg_resetwal", "pg_rewind",
     "pg_upgrade", "cqlsh-copy", "sstableloader", "nodetool-decommission", "clickhouse-copier"},
)  # fmt: skip
_READS_ALWAYS = frozenset(
    {
        "mongodump",
        "mongoexport",
        "mysqldump",
        "mariadb-dump",
        "pg_dump",
        "pg_dumpall",
        "pg_isready",
        "mongostat",
        "mongotop",
        "pg_basebackup",
    },
)


def judge_sql(text: str, shell: Judging) -> None:
    """Ask about each statement that would change a database or reach for its machine."""
    if re.search(rf"(?:^|;)\s*{UNKNOWN}", text):
        shell.findings.ask(why("elsewhere.unread", part=clip(text)), Risk.HIGH, network=True, elsewhere=True)
        return
    if UNKNOWN in text and does(text.upper()) is Does.READS and not re.search(rf";\s*[^;]*{UNKNOWN}", text):
        text = text.replace(UNKNOWN, "'x'")
    statements = statements_of(text)
    if len(text) > MAX_SQL or len(statements) > MAX_STATEMENTS:
        shell.findings.ask(why("elsewhere.long", part=clip(text)), Risk.HIGH, network=True, elsewhere=True)
    for shown, bare in statements[:MAX_STATEMENTS]:
        if bare.startswith("\\"):
            _client_line(bare, shell)
            continue
        what = does(bare) if UNKNOWN not in bare else Does.CHANGES
        if what is Does.RUNS:
            shell.findings.ask(why("elsewhere.program", part=clip(shown)), Risk.CRITICAL, network=True, elsewhere=True)
        elif what is Does.CHANGES:
            shell.findings.ask(why("elsewhere.statement", part=clip(shown)), Risk.HIGH, network=True, elsewhere=True)


def _client_line(line: str, shell: Judging) -> None:
    """A line that begins with a backslash or a full stop, which the client itself obeys."""
    if match := _SHELL_LINE.fullmatch(line):
        shell.text(match[1] or match[2])
    elif match := _PIPED.search(line):
        shell.text(match[1] or match[2] or match[3])
    elif re.match(r"\\copy\b.*\bfrom\b", line, re.IGNORECASE):
        shell.findings.ask(why("elsewhere.statement", part=clip(line)), Risk.HIGH, network=True, elsewhere=True)
    elif match := re.match(r"\\(?:i|ir|include)\s+(\S+)", line):
        _sql_file(match[1].strip("'"), clip(line), shell)
    elif match := re.match(r"\\(?:o|w)\s+(\S+)|\\copy\b.*\bto\s+'?([^'\s]+)", line, re.IGNORECASE):
        judge_write(match[1] or match[2], shell.scope, shell.around, shell.findings, clip(line))


def _client(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    pattern = _STATEMENT_OPTIONS[name]
    read = False
    spoken = _valued(texts, pattern) if pattern else [text for text in texts if " " in text.strip()]
    for statement in spoken:
        judge_sql(statement, shell)
        read = True
    files = [] if name in _FORCED else [text for text in _valued(texts, _FILE_OPTIONS) if text != "-"]
    for file in files:
        _sql_file(file, part, shell)
        read = True
    if given.given and not read and UNKNOWN not in given.text:
        judge_sql(given.text, shell)
    elif given.given and not read:
        _sql_text(fed_text(given, shell.scope, shell.around, shell.findings), part, shell)
    for path in _valued(texts, r"-o|--output|-L|--log-file|--tee"):
        judge_write(path, shell.scope, shell.around, shell.findings, clip(name))
    return True


def _sql_file(file: str, part: str, shell: Judging) -> None:
    """A file of statements: they are judged as if they stood in the command."""
    judge_read(file, shell.scope, shell.around, shell.findings, part)
    arrived = has_arrived(file, shell.scope, shell.findings)
    _sql_text(None if arrived else content_of(file, shell.scope, shell.around, shell.findings), part, shell)


def _sql_text(text: str | None, part: str, shell: Judging) -> None:
    """The text of a file; until the client reads it, it can become another, which matters where there is a network."""
    if text is None or shell.around.network:
        shell.findings.ask(why("elsewhere.unread", part=part), Risk.MEDIUM, network=True, elsewhere=True)
    if text is not None:
        judge_sql(text, shell)


def _valued(texts: Sequence[str], pattern: str) -> list[str]:
    """The values of these options, apart or attached."""
    found: list[str] = []
    for at, text in enumerate(texts):
        match = re.fullmatch(rf"(?:{pattern})(?:=(?P<value>.*))?", text, re.DOTALL)
        short = (
            re.match(rf"(?:{pattern})(?=[^-=])", text) if re.fullmatch(r"-[a-zA-Z][^-].*", text, re.DOTALL) else None
        )
        if match and match["value"] is not None:
            found.append(match["value"])
        elif match and at + 1 < len(texts):
            found.append(texts[at + 1])
        elif short and len(short[0]) == 2:  # noqa: PLR2004  # a dash and a letter
            found.append(text[2:])
        elif re.fullmatch(r"-[a-zA-Z]*[ceqQ]", text) and re.fullmatch(pattern, f"-{text[-1]}") and at + 1 < len(texts):
            found.append(texts[at + 1])
    return found


def _file_database(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """sqlite3 and duckdb: the file, and the lines and functions by which they reach for others."""
    by, plain = clip(name), [word for word in words[1:] if not word.text.startswith("-")]
    texts = [word.text for word in words[1:]]
    valued = _valued(texts, r"-cmd|-c|-init|-separator|-newline|-nullvalue")
    plain = [word for word in plain if word.text not in valued]
    codes = [*valued, *(word.text for word in plain[1:])]
    files = [*_valued(texts, r"-init"), *(file for code in codes for file in _read_by(code))]
    held = [content_of(file, shell.scope, shell.around, shell.findings) for file in files]
    held += [fed_text(given, shell.scope, shell.around, shell.findings)] if given.given else []
    if any(has_arrived(file, shell.scope, shell.findings) for file in [*files, given.source]):
        shell.findings.ask(why("shell.runs_arrived", shown=clip(" ".join([name, *texts]))), Risk.HIGH)
    codes += [text for text in held if text is not None]
    only_reads = "-readonly" in texts or all(
        does(bare) is Does.READS for code in codes for _, bare in statements_of(code)
    )
    for word in plain[:1]:
        if word.known and word.text not in {":memory:", ""}:
            (judge_read if only_reads else judge_write)(word, shell.scope, shell.around, shell.findings, by)
    for code in codes:
        for line in code.split("\n") if code.lstrip().startswith(".") or "\n." in code else []:
            _dot_line(line.strip(), shell)
        for match in _FILES_IN_SQL.finditer(code):
            _file_in_sql(match, shell, by)
    return True


def _read_by(code: str) -> list[str]:
    """The files of statements that the client's own lines name."""
    return [match[1] for match in map(_DOT_READ.match, map(str.strip, code.split("\n"))) if match]


def _dot_line(line: str, shell: Judging) -> None:
    if match := _SHELL_LINE.fullmatch(line):
        shell.text(match[2] or match[1])
    elif match := _PIPED.search(line):
        shell.text(match[3] or "")
    elif match := _DOT_WRITES.match(line):
        judge_write(match[1], shell.scope, shell.around, shell.findings, clip(line))
    elif match := _DOT_READS.match(line):
        judge_read(match[1], shell.scope, shell.around, shell.findings, clip(line))


def _file_in_sql(match: re.Match[str], shell: Judging, by: str) -> None:
    to, source = match["to"], match["from"]
    path = to or source
    if re.match(r"\w{2,}://", path):
        return
    (judge_write if to else judge_read)(path, shell.scope, shell.around, shell.findings, by)


def _bigquery(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if [word.text for word in plain_of(texts)][:1] == ["query"]:
        statements = [text for text in texts if " " in text.strip()] or ([given.text] if given.given else [])
        for statement in statements:
            judge_sql(statement, shell)
    elif not is_free(texts, _BIGQUERY):
        part = clip(" ".join([name, *texts]))
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _admin(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    verbs = [word.text for word in plain_of(texts, _MYSQLADMIN.valued)]
    if name == "mysqladmin" and all(verb in _MYSQLADMIN.reads or verb.isdigit() for verb in verbs):
        return True
    if (name == "pg_restore" and {"-l", "--list"} & set(texts)) or {"--help", "--version"} & set(texts):
        return True
    if name == "nodetool" and (
        not verbs or re.match(r"status|info|ring|tpstats|.*stats|describe.*|get.*|list.*|version", verbs[0])
    ):
        return True
    part = clip(" ".join([name, *texts]))
    shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _dumps(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    for path in _valued(
        [word.text for word in words[1:]], r"-f|--file|-o|--out|-r|--result-file|-D|--pgdata|--archive"
    ):
        judge_write(path, shell.scope, shell.around, shell.findings, clip(name))
    return True


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(_STATEMENT_OPTIONS, _client),
    "bq": _bigquery,
    **dict.fromkeys(("duckdb", "sqlite", "sqlite3"), _file_database),
    **dict.fromkeys((*_CHANGES_ALWAYS, "mysqladmin", "nodetool", "pg_ctl", "pgbench"), _admin),
    **dict.fromkeys(_READS_ALWAYS, _dumps),
}
"""The rule for each of these programs."""
