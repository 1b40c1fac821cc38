"""Options by which an interpreter runs something besides its script: preloaded files, modules, settings that name code.

What they name is judged as the script itself would be: a file outside is read, what has just arrived asks, and code
that comes out of an address or a text asks.
"""

import re
from collections.abc import Iterator, Sequence

from governance.shell.places import judge_read, judge_write
from governance.shell.scope import Judging, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_OPTIONS = (
    (re.compile(r"php[\d.]*"), re.compile(r"-d|--define|-c|--php-ini|-z|--zend-extension")),
    (
        re.compile(r"node(?:js)?|tsx|ts-node|bun"),
        re.compile(r"-r|--require|--import|--(?:experimental-)?loader|--preload"),
    ),
    (re.compile(r"ruby[\d.]*|irb"), re.compile(r"-r|-I|--require")),
    (re.compile(r"perl[\d.]*"), re.compile(r"-I|-M|-m")),
    (re.compile(r"lua(?:jit)?[\d.]*"), re.compile(r"-l")),
)
"""By interpreter, the options whose value is loaded, apart from it or attached."""
_PHP_CODE = re.compile(r"(?:auto_(?:ap|pre)pend_file|(?:zend_)?extension|include_path|opcache\.preload|open_basedir)")
_PHP_WRITES = re.compile(r"error_log|session\.save_path|upload_tmp_dir|xdebug\.output_dir|mail\.log")


def judge_loaded(name: str, texts: Sequence[str], shell: Judging) -> None:
    """Judge what an interpreter is told to load by its options."""
    from governance.shell.families.running import judge_script  # noqa: PLC0415  # interpreters come here first

    by, shown = clip(name), clip(" ".join([name, *texts]))
    for value in _loaded(name, texts):
        setting, _, said = value.partition("=") if name.startswith("php") and "=" in value else ("", "", value)
        if setting and _PHP_WRITES.fullmatch(setting):
            judge_write(said, shell.scope, shell.around, shell.findings, by)
        elif setting and not _PHP_CODE.fullmatch(setting):
            continue
        elif re.match(r"(?:data|php|expect|phar|zip|compress\.\w+):", said):
            shell.findings.ask(why("shell.feeds_decoded", shown=shown), Risk.HIGH)
        elif "://" in said:
            shell.findings.ask(why("shell.feeds_download", shown=shown), Risk.HIGH, network=True)
        elif "/" in said or setting:
            judge_read(said, shell.scope, shell.around, shell.findings, by)
            judge_script(name, said, shown, shell)


def _loaded(name: str, texts: Sequence[str]) -> Iterator[str]:
    """The values of those options."""
    options = next((pattern for interpreter, pattern in _OPTIONS if interpreter.fullmatch(name)), None)
    if options is None:
        return
    for at, text in enumerate(texts):
        option, attached, value = text.partition("=")
        if options.fullmatch(text):
            yield from texts[at + 1 : at + 2]
        elif attached and option.startswith("--") and options.fullmatch(option):
            yield value
        elif (short := options.match(text)) and len(short[0]) == 2:  # noqa: PLR2004  # a dash and a letter
            yield text[2:]
