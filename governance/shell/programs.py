"""Programs that are known to be harmless with harmless arguments, and what their arguments are. A table, no judgement.

A program that stands in no table asks. So does an option named here, in full, abbreviated or in a bundle.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Takes(StrEnum):
    """What the plain arguments of a program are. Alphabetical."""

    BUILDS = "builds"
    COPIES = "copies"
    DATA = "data"
    READS = "reads"
    WRITES = "writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One harmless program.

    asks: options that make it ask, short ones as letters and long ones in full. valued: short options whose value is
    data. reads, writes: short letters or long options whose value is a file. patterns: how many plain arguments are
    data before the files begin; `patterns_by` are the options that give the pattern instead. outputs: the index of
    the plain argument that is a file to write. `plain_asks` holds when a plain argument changes the system, unless it
    begins with a plus sign. `lets_out` are those of `asks` that ask in the sandbox too: by them the program runs what
    nobody sees, or changes the system.
    """

    takes: Takes
    asks: frozenset[str] = frozenset()
    valued: str = ""
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    patterns: int = 0
    patterns_by: frozenset[str] = field(default_factory=frozenset)
    outputs: int | None = None
    numeric_dash: bool = False
    plain_asks: bool = False
    lets_out: frozenset[str] = frozenset()


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _of(names: str, takes: Takes, **more: object) -> dict[str, Program]:
    fields = {
        key: frozenset(value.split()) if key in _SETS and isinstance(value, str) else value
        for key, value in more.items()
    }
    program = Program(takes=takes, **fields)  # type: ignore[arg-type]  # a table in short form, checked by its test
    return dict.fromkeys(names.split(), program)


_SETS = {"asks", "lets_out", "patterns_by", "reads", "writes"}

PROGRAMS: dict[str, Program] = {
    **_of(
        ": [ arch basename break cal clear continue dirname echo exit expr factor false groups help id jobs logname"
        " nproc pwd return seq set shift sleep tput true tty type uname umask uptime users wait which whoami yes"
        " printf test times whereis locale getconf lscpu lsblk lsusb lspci free",
        Takes.DATA,
    ),
    **_of("date", Takes.DATA, asks="s --set f --file r --reference", lets_out="s --set", valued="d", plain_asks=True),
    **_of("hostname", Takes.DATA, asks="F b --file --boot", lets_out="F b --file --boot", plain_asks=True),
    **_of("ps pgrep", Takes.DATA, asks="F --pidfile e E"),
    **_of("read mapfile readarray getopts", Takes.DATA, asks="C"),
    **_of("cat nl tac rev fold fmt expand unexpand strings md5sum sha1sum sha224sum sha256sum sha384sum sha512sum"
          " b2sum cksum sum zcat bzcat xzcat zstdcat tsort column cmp comm wc", Takes.READS, reads="--files0-from"),
    **_of("head tail", Takes.READS, valued="ncs", numeric_dash=True),
    **_of("cut", Takes.READS, valued="bcdf"),
    **_of("paste", Takes.READS, valued="d"),
    **_of("join", Takes.READS, valued="aeijotv12"),
    **_of("pr", Takes.READS, valued="hlowW"),
    **_of("od hexdump", Takes.READS, valued="AjNStwen", reads="f"),
    **_of("uniq", Takes.READS, valued="fsw", outputs=1),
    **_of("xxd", Takes.READS, valued="clsgo", outputs=1),
    **_of("file", Takes.READS,
          asks="C m M z Z --compile --magic-file --uncompress", reads="f --files-from", valued="FPe"),
    **_of("ls dir vdir", Takes.READS, valued="ITw"),
    **_of("stat", Takes.READS, valued="cf"),
    **_of("df", Takes.READS, valued="Btx"),
    **_of("du", Takes.READS, valued="Bdt", reads="X --files0-from --exclude-from"),
    **_of("tree", Takes.READS, valued="LPIH", writes="o", asks="--fromfile R"),
    **_of("realpath readlink", Takes.READS),
    **_of("diff", Takes.READS, valued="UCWxIF", reads="X", numeric_dash=True),
    **_of("base64 base32", Takes.READS, valued="w"),
    **_of("sort", Takes.READS, valued="ktS", reads="--files0-from", writes="o --output T --temporary-directory",
          asks="--compress-program", lets_out="--compress-program"),
    **_of("shuf", Takes.READS, valued="in", writes="o --output", reads="--random-source", asks="e"),
    **_of("iconv", Takes.READS, valued="ft", writes="o --output"),
    **_of("numfmt", Takes.DATA),
    **_of("tr", Takes.DATA),
    **_of("grep egrep fgrep zgrep", Takes.READS, valued="ABCmeDd", patterns=1, reads="f --file",
          patterns_by="e f --regexp --file", numeric_dash=True),
    **_of("rg", Takes.READS, valued="ABCmegtTEjMdr", patterns=1, reads="f --file --ignore-file",
          patterns_by="e f --regexp --file --files --type-list",
          asks="--pre --pre-glob --hostname-bin --search-zip z", lets_out="--pre --hostname-bin"),
    **_of("ag ack", Takes.READS, valued="ABCmG", patterns=1, asks="--pager --ackrc --output", lets_out="--pager"),
    **_of("fd fdfind", Takes.READS, valued="detESjc", patterns=1, asks="x X --exec --exec-batch l --list-details"),
    **_of("jq", Takes.READS, patterns=1, asks="f --from-file L --slurpfile --rawfile"),
    **_of("yq xq tomlq", Takes.READS, patterns=1, asks="i --inplace --in-place f --from-file w"),
    **_of("xmllint", Takes.READS, asks="--shell --output --load-trace o", valued="x"),
    **_of("cloc tokei scc", Takes.READS, asks="--config --read-lang-def --out --report-file --output"),
    **_of("touch", Takes.WRITES, valued="dt", reads="r --reference"),
    **_of("mkdir", Takes.WRITES, valued="m"),
    **_of("rmdir truncate mktemp", Takes.WRITES, valued="s", reads="r"),
    **_of("tee", Takes.WRITES),
    **_of("dos2unix unix2dos gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd", Takes.WRITES, valued="S"),
    **_of("split", Takes.WRITES, valued="abCln", asks="--filter", lets_out="--filter", numeric_dash=True),
    **_of("mv", Takes.WRITES, valued="S", writes="t --target-directory"),
    **_of("cp ln install", Takes.COPIES, valued="Smog", writes="t --target-directory", asks="--strip-program",
          lets_out="--strip-program"),
    **_of("patch", Takes.WRITES, valued="pFgVzBYDr", asks="--get g", reads="i --input", writes="o d"),
    **_of("unzip", Takes.WRITES, valued="P", writes="d", asks=":"),
    **_of("zip", Takes.WRITES, valued="xibtn", asks="T TT --test --unzip-command U @", lets_out="TT --unzip-command"),
}  # fmt: skip

_PYTHON_CHECKS = (
    "pytest py.test ruff mypy pyright black isort flake8 pylint pyflakes pycodestyle pydocstyle bandit vulture coverage"
    " tox nox unittest compileall py_compile json.tool doctest autopep8 yapf pyupgrade djlint codespell lint-imports"
)
PYTHON_MODULES = frozenset(f"{_PYTHON_CHECKS} build venv tabnanny pstats calendar this".split())
"""What `python -m` may run freely: checks, tests and builds of the workspace."""

_BUILD_TOOLS = (
    "ctest ninja meson gcc g++ cc c++ clang clang++ clang-format clang-tidy rustc rustfmt javac jar"
    " tsc eslint prettier jest vitest mocha ava karma stylelint biome webpack vite rollup esbuild"
    " turbo nx svelte-check vue-tsc oxlint rspec rubocop phpunit phpcs phpstan checkstyle shellcheck"
    " shfmt yamllint markdownlint hadolint gofmt goimports golangci-lint staticcheck ghc stack cabal"
    " mix rebar3 sbt protoc sphinx-build mkdocs cmake make gmake gradle gradlew mvn mvnw ant scons"
    " bazel buck2 just task cppcheck valgrind ld ar nm objdump readelf strip size rake pre-commit"
    " playwright latexmk pdflatex hugo jekyll dot mdformat commitlint"
)

BUILDS = {
    **_of(
        f"{_PYTHON_CHECKS} {_BUILD_TOOLS}",
        Takes.BUILDS,
        asks="--eval --fplugin -fplugin -wrapper --init-script I --rcfile --init-hook --load-plugins --post-process",
        lets_out="--eval --fplugin -fplugin -wrapper --init-hook",
    ),
}
"""Tests, checks and builds: they run the code of the workspace, which the sandbox contains."""

OUTWARD_TARGETS = frozenset(
    {"deploy", "deploy-prod", "install", "login", "publish", "push", "release", "uninstall", "upload", "distclean"},
)
"""What a target or script is called when it is meant to reach other people."""

SPEAKING_TARGETS = OUTWARD_TARGETS - {"distclean", "install", "uninstall"}
"""Those of them that speak to other machines, rather than change this one."""

_NODE = "test t run run-script ls list outdated why view explain start build lint --version -v bin root prefix fund"
SUBCOMMANDS: dict[str, frozenset[str]] = {
    "npm": _set(_NODE),
    "yarn": _set(f"{_NODE} info"),
    "pnpm": _set(_NODE),
    "cargo": _set(
        "b bench build c check clean clippy doc expand fix fmt locate-project metadata nextest r run t test tree"
        " version --version -V",
    ),
    "go": _set("build test vet fmt list env version doc run tool clean"),
    "dotnet": _set("build test run format clean --version --info --list-sdks"),
    "bundle": _set("list show outdated check info --version"),
    "composer": _set("show validate test outdated licenses --version dump-autoload"),
    "pip": _set("list show freeze check --version -V debug help"),
    "uv": _set("--version version tree help"),
    "poetry": _set("show check --version version env about build"),
    "conda": _set("list info --version"),
    "brew": _set("list info --version deps"),
    "apt": _set("list show search --version"),
    "dpkg": _set("-l -L -s --list --status --version -S --print-architecture"),
    "rustup": _set("show --version"),
    "docker": _set("--version version"),
    "kubectl": _set("--help"),
    "terraform": _set("fmt validate version --version"),
    "systemctl": _set("--version"),
    "alembic": _set("history heads branches show"),
    "swift": _set("build test --version"),
    "flutter": _set("test analyze --version"),
    "dart": _set("test analyze format --version"),
    "helm": _set("lint template version"),
}  # fmt: skip
"""Programs that are harmless in these subcommands only."""

SUBCOMMANDS["pip3"] = SUBCOMMANDS["pip"]

CODE_FLAGS: dict[str, tuple[str, ...]] = {
    "cargo": ("--config", "--target-dir=/"),
    "go": ("-w", "-u", "-toolexec", "-exec", "-vettool", "-overlay"),
    "npm": ("--script-shell", "--userconfig", "--globalconfig", "--prefix=/"),
    "pnpm": ("--script-shell",),
    "yarn": ("--use-yarnrc",),
}
"""Options by which these run or obey something that is not the project's own."""

RUNNERS = dict.fromkeys(_set("npx bunx pnpx uvx"), 0) | dict.fromkeys(
    _set("bundle conda hatch npm pdm pipenv pipx pnpm poetry rye uv yarn"), 1
)
"""Programs that run another one in an environment of the workspace, and how many words come before it."""

RUNNER_VERBS = frozenset({"run", "exec", "dlx", "x"})
