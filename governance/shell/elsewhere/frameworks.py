"""Tasks of frameworks and migration tools that empty or drop a database: `rails db:drop`, `manage.py flush`.

What else these programs do is for the rules of interpreters and builds to say, so nothing here ends a judgement.
"""

import posixpath
import re
from collections.abc import Callable, Sequence

from governance.shell.scope import Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_TASKS: dict[str, str] = {
    "alembic": r"downgrade",
    "artisan": r"db:wipe|migrate:(?:fresh|reset|refresh|rollback)",
    "console": r"doctrine:(?:database:drop|schema:drop|fixtures:load)",
    "dbmate": r"drop|down|rollback",
    "diesel": r"reset|revert",
    "drizzle-kit": r"drop|push",
    "flask": r"downgrade|drop",
    "flyway": r"clean|undo",
    "goose": r"reset|down|down-to",
    "knex": r"migrate:rollback|migrate:down",
    "liquibase": r"drop-?[aA]ll|rollback.*",
    "manage.py": r"flush|sqlflush|reset_db|clear_index|rebuild_index|drop_.*|delete_.*",
    "migrate": r"drop|down",
    "mix": r"ecto\.(?:drop|reset|rollback)",
    "neo4j-admin": r"drop|load|restore",
    "prisma": r"reset|--force-reset",
    "rails": r"db:(?:drop|reset|purge|rollback|truncate_all|schema:load|seed:replant|migrate:reset).*|runner-destroy",
    "rake": r"db:(?:drop|reset|purge|rollback|truncate_all|schema:load|migrate:reset).*",
    "sequelize": r"db:drop|db:migrate:undo.*",
    "sqlx": r"drop|reset|revert",
    "typeorm": r"schema:drop|migration:revert",
}
"""What empties a database, by the program or the script that is told to."""


def _tasks(_: str, words: Sequence[Word], __: Input, shell: Judging) -> bool:
    texts = [word.text for word in words]
    for at, text in enumerate(texts[:6]):
        pattern = _TASKS.get(posixpath.basename(text).removesuffix("-cli"))
        if pattern and any(re.fullmatch(pattern, later) for later in texts[at + 1 :]):
            part = clip(" ".join(texts))
            shell.findings.ask(why("elsewhere.statement", part=part), Risk.HIGH, network=True, elsewhere=True)
            break
        if text.endswith("manage.py") and "migrate" in texts[at + 1 : at + 2] and "zero" in texts[at + 2 :]:
            part = clip(" ".join(texts))
            shell.findings.ask(why("elsewhere.statement", part=part), Risk.HIGH, network=True, elsewhere=True)
            break
    return False


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = dict.fromkeys(
    (*_TASKS, "bin/rails", "./bin/rails", "bundle", "npx", "php", "pnpm", "poetry", "python", "python3", "uv",
    "yarn", "./manage.py",
     "bunx", "./artisan", "bin/console"), _tasks,
)  # fmt: skip
"""The rule for each of these programs, and for those that start them."""
