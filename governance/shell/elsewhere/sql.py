"""SQL by its statements: which only read, which change data, and which reach for the machine of the database.

It cuts a text at the semicolons outside of quotes and comments and looks at how each statement begins and at the few
words by which a reading one does more. A statement that begins with an unknown word counts as a change.
"""

import re
from enum import StrEnum

MAX_SQL = 65_536
MAX_STATEMENTS = 500
"""More of either is not read."""


class Does(StrEnum):
    """What a statement does. Alphabetical."""

    CHANGES = "changes"
    READS = "reads"
    RUNS = "runs"


_TOKEN = re.compile(
    r"(?P<gap>\s+|--[^\n]*|#(?=\s)[^\n]*|/\*.*?(?:\*/|$))"
    r"|(?P<text>'(?:[^']|'')*(?:'|$)|\"(?:[^\"]|\"\")*(?:\"|$)|`[^`]*(?:`|$)|\[[^\]\n]*\]"
    r"|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$))"
    r"|(?P<end>;|\\[gG](?=\s|$))|(?P<meta>\\[^\s]+[^\n]*)|(?P<word>[A-Za-z_][\w$]*)|(?P<sign>.)",
    re.DOTALL,
)
_READING = frozenset(
    {
        "SELECT", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "USE", "SET", "VALUES", "TABLE", "BEGIN", "START", "COMMIT",
        "END",
        "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "WITH", "FETCH", "DECLARE", "CLOSE", "ABORT", "DISCARD",
        "RESET", "HELP",
        "STATUS", "FROM", "PRINT", "GO", "EXISTS", "LIST", "CHECK", "ANALYZE", "LISTEN", "UNLISTEN", "DEALLOCATE",
        "PREPARE",
    },
)  # fmt: skip
_CHANGING = frozenset(
    {
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "DROP", "ALTER", "CREATE", "GRANT", "REVOKE", "REPLACE",
        "RENAME", "COPY",
        "LOAD", "CALL", "DO", "LOCK", "KILL", "PURGE", "UPSERT",
    },
)  # fmt: skip
_RUNS = re.compile(
    r"\bPROGRAM\b|\bXP_CMDSHELL\b|\bSYS_EXEC\b|\bSYS_EVAL\b|\bLO_(?:IMPORT|EXPORT)\b|\bPG_(?:READ_FILE"
    r"|READ_BINARY_FILE|LS_DIR|WRITE_FILE)\b"
    r"|\bINTO\s+(?:OUTFILE|DUMPFILE)\b|\bLOAD_FILE\b|\bLOAD_EXTENSION\b"
    r"|\bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\b.*\bLANGUAGE\s+(?:C|PLPYTHON\w*|PLPERLU|PLSH)\b"
    r"|\bDBLINK\w*|\bUTL_(?:FILE|HTTP)\b|\bOPENROWSET\b|\bSP_OACREATE\b|\bEXECUTE\s+IMMEDIATE\b",
    re.DOTALL,
)
_ENDS_OTHERS = re.compile(
    r"\bPG_(?:TERMINATE_BACKEND|CANCEL_BACKEND|RELOAD_CONF|SWITCH_WAL|PROMOTE|DROP_REPLICATION_SLOT)\b|\bSETVAL\b"
)
_GLOBAL = re.compile(
    r"SET\s+(?:GLOBAL|PERSIST\w*|PASSWORD|@@GLOBAL)|PRAGMA\s+\w+\s*=|START\s+(?:SLAVE|REPLICA|GROUP)"
    r"|RESET\s+(?:MASTER|SLAVE|REPLICA|BINARY)"
)


def statements_of(text: str) -> list[tuple[str, str]]:
    r"""Each statement as it stands, and in capitals without quoted texts; a client's own line begins with `\`."""
    found: list[tuple[str, str]] = []
    shown: list[str] = []
    bare: list[str] = []
    for token in _TOKEN.finditer(text[:MAX_SQL]):
        kind, value = token.lastgroup, token[0]
        if token["meta"] is not None:
            found.append((value.strip(), value.strip()))
        elif token["end"] is not None:
            _finish(found, shown, bare)
        else:
            shown.append(value)
            bare.append(" " if kind == "gap" else "'" if token["text"] is not None else value.upper())
    _finish(found, shown, bare)
    return found


def _finish(found: list[tuple[str, str]], shown: list[str], bare: list[str]) -> None:
    statement = "".join(bare).strip().lstrip("( ")
    if statement:
        found.append(("".join(shown).strip(), statement))
    shown.clear()
    bare.clear()


def does(statement: str) -> Does:
    """What one statement does; it is in capitals, without quoted texts and comments."""
    if _RUNS.search(statement):
        return Does.RUNS
    words = re.findall(r"[A-Z_][\w$]*", statement)
    first = words[0] if words else ""
    if first == "COPY":
        return Does.READS if re.search(r"\bTO\s+STDOUT\b", statement) else Does.CHANGES
    if first not in _READING:
        return _unusual(words)
    if first == "EXPLAIN" and "ANALYZE" not in words[:4] and "ANALYSE" not in words[:4]:
        return Does.READS
    later = set(words[1:]) & {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "DROP", "ALTER", "CREATE"}
    if first in {"EXPLAIN", "WITH", "PREPARE"} and later and not re.search(r"\bFOR\s+UPDATE\b", statement):
        return Does.CHANGES
    makes = first in {"SELECT", "FROM"} and re.search(r"\bINTO\s+(?!@|:)[\w#']", statement)
    changes = makes or _ENDS_OTHERS.search(statement) or _GLOBAL.match(statement)
    return Does.CHANGES if changes else Does.READS


def _unusual(words: list[str]) -> Does:
    first = words[0] if words else ""
    passing = first in {"VACUUM", "OPTIMIZE", "CHECKPOINT"} and "FULL" not in words
    temporary = first == "CREATE" and bool({"TEMP", "TEMPORARY"} & set(words[1:4]))
    if not words or passing or temporary:
        return Does.READS
    return Does.CHANGES


def is_sql(text: str) -> bool:
    """Whether a text begins as a statement of SQL does."""
    match = re.match(r"\s*\(*\s*([A-Za-z]+)\b\s+[\w*\"'`(@]", text)
    return match is not None and match[1].upper() in _READING | _CHANGING
