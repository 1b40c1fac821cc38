"""`xargs`: what it makes of the words that it reads, as far as it can be told where they come from."""

from collections.abc import Sequence

from governance.shell.network import NETWORK
from governance.shell.places import judge_names
from governance.shell.scope import HOME, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_LISTS = frozenset({"fd", "find", "locate", "ls"})
_TAKES_FILES = frozenset({"chmod", "chown", "mv", "rm", "shred", "truncate", "unlink"})
_FOUND = "*"
_MOST_NAMES = 20


def judge_filled(words: Sequence[Word], tail: Sequence[Word], given: Input, shell: Judging) -> None:
    """What `xargs` makes of what it reads, and the file that it reads instead."""
    if shell.around.contained:
        own = words[1 : len(words) - len(tail)]
        judge_names(own, shell.scope, shell.around, shell.findings, clip("xargs"))
    fetches = tail and tail[0].text in NETWORK and shell.around.contained
    if fetches and any("{}" in word.text and word.text != "{}" for word in tail):
        said = why("shell.sends", shown=clip(" ".join(word.text for word in words)))
        shell.findings.ask(said, Risk.HIGH, network=True)
    if tail and given.given:
        if shell.around.contained:
            _run_listed(tail, given, shell)
            _run_given(tail, given.text, shell)
        filled = " ".join(word.text for word in tail)
        shell.probe(filled.replace("{}", given.text.strip()) if "{}" in filled else f"{filled} {given.text.strip()}")


def _run_given(tail: Sequence[Word], text: str, shell: Judging) -> None:
    """What `xargs` does with names that stand in the command itself, as in `echo /srv/data | xargs rm -r`."""
    names = [Word(text=name) for name in text.replace("\0", " ").split()[:_MOST_NAMES]]
    if names:
        shell.run([*(word for word in tail if word.text != "{}"), *names], Input())


def _run_listed(tail: Sequence[Word], given: Input, shell: Judging) -> None:
    """What `xargs` does to the files that a search outside the workspace lists, as far as the search says where."""
    if tail[0].text not in _TAKES_FILES or not _LISTS & set(given.fed_by[-2:]):
        return
    listing = next((one for one in reversed(shell.findings.named[-6:]) if one.words[0].text in _LISTS), None)
    for word in listing.words[1:] if listing else ():
        if word.text.startswith(("/", HOME)):
            found = Word(text=word.text if word.glob else f"{word.text.rstrip('/')}/{_FOUND}", glob=True)
            shell.run([*(one for one in tail if "{}" not in one.text), found], Input())
