"""Commands that reach for other systems or for the host: what they would change there is asked, what they read is free.

Inside a sandbox none of them can succeed: there is no network, no socket of a daemon, no right of the host. Reading
verbs are therefore free, they run and fail; verbs that change or destroy ask all the same, for contained is not meant
well. It knows programs by tables: `tables` for tools with sub-commands, the other modules for those with rules of their
own. What no table names is not for this package to say.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from governance.shell.elsewhere.verbs import VerbProgram, judge_tool, plain_of
from governance.shell.scope import Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

Rule = Callable[[str, Sequence[Word], Input, Judging], bool]
"""Judges one program's words; says whether nothing is left to be said about them."""


def judge_elsewhere(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Judge a command that reaches beyond the sandbox; True when it has said everything about it.

    `words` begin with the program's own name. False for programs that it does not know, wherever there is no sandbox,
    and where the call wants the network: whom it may reach is then for others to say besides. It comes before the rules
    for wrappers, of which it knows some better.
    """
    return shell.around.contained and _known(name, words, given, shell) and not shell.around.network


def _known(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    rules, tools, publishing = _tables()
    rule = rules.get(name)
    if rule is not None:
        return rule(name, words, given, shell)
    if name in tools:
        judge_tool(name, tools[name], words, shell)
        return True
    return name in publishing and _publishes(name, publishing[name], words, shell)


@cache
def _tables() -> tuple[Mapping[str, Rule], Mapping[str, VerbProgram], Mapping[str, frozenset[str]]]:
    """The rules of single programs, the tools with sub-commands, and those that publish; loaded once."""
    from governance.shell.elsewhere import (  # noqa: PLC0415  # noqa: PLC0415
        cloud,
        containers,
        databases,
        frameworks,
        host,
        joining,
        machines,
        senders,
        stores,
        tables,
    )

    rules = {
        **cloud.RULES,
        **containers.RULES,
        **databases.RULES,
        **frameworks.RULES,
        **host.RULES,
        **joining.RULES,
        **machines.RULES,
        **senders.RULES,
        **stores.RULES,
    }
    tools = {**tables.CLUSTERS, **tables.INFRASTRUCTURE, **tables.CLOUDS, **tables.SERVICES}
    return rules, tools, tables.REGISTRIES


def _publishes(name: str, verbs: frozenset[str], words: Sequence[Word], shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    if {"--dry-run", "--help", "-h"} & set(texts):
        return bool({"--help", "-h"} & set(texts))
    plain = {word.text for word in plain_of(texts)[:3]}
    if verbs and not verbs & plain:
        return False
    part = clip(" ".join([name, *texts]))
    shell.findings.ask(why("elsewhere.publishes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True
