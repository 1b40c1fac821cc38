"""Programs that work on files and text, whose arguments are a language of their own: sed, awk, tar, rm, chmod, ps."""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.families.interpreters import judge_code
from governance.shell.families.textual import awk_only_prints, sed_never_leaves
from governance.shell.network import NETWORK
from governance.shell.never import is_recursive
from governance.shell.options import judge_by_table
from governance.shell.places import has_arrived, judge_read, judge_search, judge_write, resolved
from governance.shell.programs import PROGRAMS
from governance.shell.scope import HOME, UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_REGENERATED = re.compile(
    r"(?:.*/)?(?:build|dist|out|target|coverage|htmlcov|node_modules|__pycache__|\.(?:pytest|mypy|ruff)_cache|\.tox|\.nox"
    r"|\.cache|\.next|\.nuxt|\.parcel-cache|\.turbo|\.coverage|[\w.-]*\.egg-info|te?mp"
    r"|\*?\.?[\w-]*\.(?:pyc|pyo|o|obj|class|tmp|bak|orig|swp|log))/?",
)


_COMPRESSES = re.compile(
    r"--use-compress-program=[\"']?(?:pi|p)?(?:gzip|gz|bzip2|xz|zstd|zstdmt|lz4|lzip|lzma|brotli)(?: -[\w=-]+)*[\"']?"
)


def _sed(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    scripts: list[str] = []
    files: list[Word] = []
    in_place = False
    at = 1
    while at < len(words):
        text = words[at].text
        if text in {"-e", "--expression"} and at + 1 < len(words):
            scripts.append(words[at + 1].text)
            at += 1
        elif text.startswith("--expression="):
            scripts.append(text.partition("=")[2])
        elif text.startswith("-") and len(text) > 1:
            in_place = in_place or text.startswith(("-i", "--in-place")) or bool(re.fullmatch(r"-[nErsz]*i.*", text))
            if not re.fullmatch(
                r"-[nErsuz]*(?:i[\w.]*)?|--(?:quiet|silent|posix|regexp-extended|debug|in-place(?:=[\w.]*)?)", text
            ):
                shell.findings.unsure(why("shell.option_runs", shown=clip(f"{name} {text}")))
        else:
            files.append(words[at])
        at += 1
    if not scripts and files:
        scripts.append(files.pop(0).text)
    for script in scripts:
        _sed_script(name, script, shell)
    judge = judge_write if in_place else judge_read
    for file in files:
        judge(file, shell.scope, shell.around, shell.findings, clip(name))


def _sed_script(name: str, script: str, shell: Judging) -> None:
    understood, reads, writes = sed_never_leaves(script)
    if UNKNOWN in script or not understood:
        shell.findings.unsure(why("shell.script_runs", shown=clip(f"{name} {script}")), Risk.HIGH)
        if shell.around.contained:
            judge_code(name, script, shell.around, shell.findings, shell.probe, shell=shell)
    for path in reads:
        judge_read(path, shell.scope, shell.around, shell.findings, clip(name))
    for path in writes:
        judge_write(path, shell.scope, shell.around, shell.findings, clip(name))


def _awk(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    rest = list(words[1:])
    while rest and rest[0].text.startswith("-") and rest[0].text != "-":
        flag = rest.pop(0).text
        if flag in {"-F", "-v"} and rest:
            rest.pop(0)
        elif not re.fullmatch(r"-F.+|-v\w+=.*|--csv|--", flag, re.DOTALL):
            shell.findings.unsure(why("shell.option_runs", shown=clip(f"{name} {flag}")))
    if not rest:
        return
    program = rest.pop(0).text
    if UNKNOWN in program or not awk_only_prints(program):
        shell.findings.unsure(why("shell.script_runs", shown=clip(f"{name} {program}")), Risk.HIGH)
        if shell.around.contained:
            judge_code(name, program, shell.around, shell.findings, shell.probe, shell=shell)
        for quoted in re.findall(r'"([^"]*)"', program):
            shell.probe(quoted)
    for word in rest:
        if not re.fullmatch(r"\w+=.*", word.text):
            judge_read(word, shell.scope, shell.around, shell.findings, clip(name))


def _compressor_follows(texts: Sequence[str]) -> bool:
    at = texts.index("-I") + 1
    return at < len(texts) and _COMPRESSES.fullmatch(f"--use-compress-program={texts[at]}") is not None


def _tar(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    letters = texts[0].lstrip("-") if texts and not texts[0].startswith("--") else ""
    makes = bool({"c", "r", "u", "A"} & set(letters)) or "--create" in texts
    plain = [word for word in words[2 if letters else 1 :] if not word.text.startswith("-")]
    came = set(given.fed_by) & NETWORK or any(has_arrived(w.text, shell.scope, shell.findings) for w in plain)
    if came and shell.around.contained and not makes:
        shell.findings.arrived.update(resolved(".", shell.scope))  # what is unpacked came from there too
    risky = ("--checkpoint-action", "--use-compress-program", "--to-command", "--info-script", "--new-volume-script",
             "--rsh-command", "--rmt-command", "--absolute-names", "--index-file", "--files-from")  # fmt: skip
    for text in texts:
        attached = re.search(r"=(.+)|(?:^-[A-Za-z]+)((?:\.\.|/).*)", text) if text.startswith("-") else None
        if attached and not text.startswith(
            ("--exclude", "--transform", "--strip", "--wildcards", "--format", "--mtime")
        ):
            judge_write(attached[1] or attached[2], shell.scope, shell.around, shell.findings, clip(name))
        if _COMPRESSES.fullmatch(text) or (text == "-I" and _compressor_follows(texts)):
            continue
        short = bool(re.fullmatch(r"-?[A-Za-z]+", text)) and text is texts[0] and {"I", "F", "P", "T"} & set(text)
        alone = re.match(r"-[IFPT]", text)
        long = text.startswith("--") and any(one.startswith(text.partition("=")[0]) and len(text) > 4 for one in risky)  # noqa: PLR2004  # two letters after the dashes
        if short or alone or long:
            shell.findings.ask(why("shell.option_runs", shown=clip(f"{name} {text}")), Risk.HIGH)
    if any(word.glob and word.text[:1] in "*?[" for word in plain):
        shell.findings.unsure(why("shell.names_as_options", shown=clip(" ".join(w.text for w in words)), by=clip(name)))
    for index, word in enumerate(plain):
        judge = judge_read if (makes and index) or "t" in letters else judge_write
        judge(word, shell.scope, shell.around, shell.findings, clip(name))
        if makes and index:
            judge_search(word, shell.scope, shell.around, shell.findings, clip(name))


def _rm(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    """Single named files of the workspace are free, and folders that a build makes anew; the rest asks."""
    flags = [word.text for word in words[1:] if word.text.startswith("-")]
    files = [word for word in words[1:] if not word.text.startswith("-") and word.text]
    for word in files:
        judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
        whole = shell.around.workspace in [re.sub(r"/\*+$", "", path) for path in resolved(word.text, shell.scope)]
        shown = clip(f"{name} {' '.join(flags)} {word.text}")
        history = re.fullmatch(r"(?:\./)?(?:\.git(?:/.*)?|\*)", word.text)
        places = [word.text, *resolved(word.text, shell.scope)]
        if any(path.startswith(HOME + "/") for path in places) and shell.around.contained:
            shell.findings.ask(why("shell.removes_home", shown=shown), Risk.HIGH)
        elif whole or history:
            shell.findings.ask(why("shell.removes_all", shown=shown), Risk.HIGH, inside=True)
        elif (any(map(is_recursive, flags)) or word.glob) and not _REGENERATED.fullmatch(word.text):
            shell.findings.loses(why("shell.removes_many", shown=shown))


def _chmod(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    texts = [
        word.text
        for word in words[1:]
        if not re.fullmatch(r"-[RcfvhHLP]+|--(?:recursive|verbose|changes|silent)", word.text)
    ]
    if not texts:
        return
    if re.fullmatch(r"[2467]\d{3}|0[2467]\d{3}|.*[+=]\w*s\w*", texts[0]) or texts[0].startswith("--"):
        shell.findings.ask(why("shell.setuid", shown=clip(f"{name} {texts[0]}")), Risk.HIGH)
    for text in texts[1:]:
        judge_write(text, shell.scope, shell.around, shell.findings, clip(name))


def _ps(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    if any(re.fullmatch(r"(?=[a-zA-Z]*e)[a-zA-Z]+|-[a-zA-Z]*E", word.text) for word in words[1:]):
        shown = clip(" ".join(word.text for word in words))
        shell.findings.unsure(why("shell.shows_environment", shown=shown), Risk.HIGH)
    judge_by_table(name, PROGRAMS[name], words[1:], shell)


def _changes(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    """Programs that change owners, attributes or all content of the files that they are given."""
    plain = [word for word in words[1:] if not word.text.startswith(("-", "+", "="))]
    for word in plain[1:] if name in _OWNERS else plain:
        judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
        if word.text.startswith(HOME) and shell.around.contained and name in {"shred", "srm", "wipe"}:
            shown = clip(f"{name} {word.text}")
            shell.findings.ask(why("shell.removes_home", shown=shown), Risk.HIGH)
        if name in _BEYOND_RECOVERY:
            shell.findings.ask(why("shell.beyond_recovery", shown=clip(f"{name} {word.text}")), inside=True)
    if any(re.fullmatch(r"\d+[TPE]i?B?", word.text) for word in words):
        shell.findings.ask(why("shell.floods", shown=clip(" ".join(one.text for one in words))), inside=True)
    shell.findings.unsure(why("shell.unknown_to_us", name=clip(name)))


_BEYOND_RECOVERY = frozenset({"shred", "srm", "wipe"})


def _csplit(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    """Its first plain argument is a file, the others are patterns; it writes beside itself."""
    plain = [word for word in words[1:] if not word.text.startswith("-")]
    for word in plain[:1]:
        judge_read(word, shell.scope, shell.around, shell.findings, clip(name))
    for flag, word in itertools.pairwise(words[1:]):
        if flag.text in {"-f", "--prefix"}:
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))


def _dd(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    for word in words[1:]:
        option, _equals, value = word.text.partition("=")
        judge = {"if": judge_read, "of": judge_write}.get(option)
        if value in {"/dev/zero", "/dev/urandom"} and not any(one.text.startswith("count=") for one in words):
            shell.findings.ask(why("shell.floods", shown=clip(" ".join(one.text for one in words))), inside=True)
        if judge is not None and value:
            judge(value, shell.scope, shell.around, shell.findings, clip(name))
    shell.findings.unsure(why("shell.unknown_to_us", name=clip(name)))


_OWNERS = frozenset({"chgrp", "chown", "prename", "rename", "setfacl"})
FILE_RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], None]] = {
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
    **dict.fromkeys(
        (
            "chattr",
            "chgrp",
            "chown",
            "convmv",
            "detox",
            "fallocate",
            "mkfifo",
            "mknod",
            "prename",
            "rename",
            "rdfind",
            "setfacl",
            "shred",
            "sponge",
            "srm",
            "wipe",
        ),
        _changes,
    ),
    "csplit": _csplit,
    "dd": _dd,
    "chmod": _chmod,
    "ps": _ps,
    **dict.fromkeys(("rm", "unlink"), _rm),
    **dict.fromkeys(("gsed", "sed"), _sed),
    **dict.fromkeys(("bsdtar", "gtar", "tar"), _tar),
}
"""The rule for each of these programs."""
