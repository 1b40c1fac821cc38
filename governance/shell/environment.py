"""Variables by which a value becomes a command: search paths, start-up files, preloaded libraries, pagers, hooks."""

import re
from collections.abc import Callable

from governance.shell.scope import UNKNOWN, Findings, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_HIJACKS = re.compile(
    r"LD_\w+|DYLD_\w+|BASH_ENV|ENV|BASH_FUNC.*|BASHOPTS|SHELLOPTS|PROMPT_COMMAND|PS[0-4]|GIT_\w+|PATH|MANPATH|NODE_OPTIONS"
    r"|NODE_PATH|NODE_EXTRA_CA_CERTS|PYTHON(?!UNBUFFERED$|DONTWRITEBYTECODE$|HASHSEED$|IOENCODING$|UTF8$|PATH$|WARNINGS$|FAULTHANDLER$|ASYNCIODEBUG$)\w+"
    r"|PERL5?(?:OPT|LIB|DB)\w*|PERL5\w+|RUBY(?:OPT|LIB)|GEM_\w+|BUNDLE_\w+|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS"
    r"|MAVEN_\w+|GRADLE_OPTS|CLASSPATH|\w*PAGER|\w*EDITOR|VISUAL|BROWSER|LESS\w*|CDPATH|HOME|SHELL|TERM(?:INFO|CAP)\w*"
    r"|GLOBIGNORE|EXECIGNORE|FPATH|ZDOTDIR|SSH_\w+|GCC_\w+|CC|CXX|LD|AR|CPP|MAKEFLAGS|MAKEFILES|RUSTC\w*|RUSTFLAGS"
    r"|CARGO_(?!TERM_\w+$|INCREMENTAL$|TARGET_DIR$)\w+|GOFLAGS|GOPROXY|GOPATH|GOROOT|npm_config_\w+|NPM_CONFIG_\w+|YARN_\w+|PIP_\w+|UV_\w+"
    r"|(?:https?|all|ftp)_proxy|(?:HTTPS?|ALL|FTP)_PROXY|CURL_\w+|WGETRC|TAR_OPTIONS|GREP_OPTIONS|RIPGREP_CONFIG_PATH"
    r"|AWK(?:PATH|LIBPATH)|KUBECONFIG|DOCKER_\w+|CONTAINER_HOST|XDG_\w+|OPENSSL_\w+|GNUPGHOME|NEXORA\w*|LOCPATH|NLSPATH|HOSTALIASES"
    r"|MALLOC_\w+|GCONV_PATH|TMPDIR|RES_OPTIONS|LOCALDOMAIN|POSIXLY_CORRECT|ASAN_\w+|BASH_XTRACEFD|AWS_\w+|GOOGLE_\w+"
    r"|PYTEST_(?:PLUGINS|ADDOPTS)|PHP_INI_SCAN_DIR|PHPRC|DOTNET_STARTUP_HOOKS|ERL_\w+|LUA_\w+|SUDO_\w+|MAILCAPS?|MAIL",
)
_SEARCHED = frozenset({"PYTHONPATH"})
_LETS_OUT = re.compile(
    r"LD_(?:PRELOAD|AUDIT)|DYLD_INSERT_LIBRARIES|BASH_ENV|BASH_FUNC.*|PROMPT_COMMAND|SHELLOPTS|BASHOPTS"
    r"|GIT_(?:SSH|SSH_COMMAND|EXTERNAL_DIFF|PROXY_COMMAND|ASKPASS|EXEC_PATH|TEMPLATE_DIR|CONFIG\w*)|SSH_ASKPASS|SUDO_\w+"
    r"|PYTHON(?:STARTUP|HOME|INSPECT|BREAKPOINT)|PERL5(?:OPT|DB)|RUBYOPT|LESS(?:OPEN|CLOSE)|TAR_OPTIONS"
    r"|npm_config_script_shell|RUSTC_\w*WRAPPER|DOTNET_STARTUP_HOOKS|PYTEST_PLUGINS|NEXORA\w*|GCONV_PATH|OPENSSL_CONF",
)
"""Variables by whose value a program runs what nobody sees, whatever the value is."""
_RUNS_VALUE = re.compile(r"\w*(?:PAGER|EDITOR)|VISUAL|BROWSER|SHELL|CC|CXX|LD|AR|CPP|RUSTC")
_RUN_BY_VALUE = re.compile(r"(?:ccache )?(?:(?:/usr(?:/local)?)?/bin/)?[\w.+-]*(?: -[\w.-]+)*", re.ASCII)
"""A program by its name alone, with options."""
_OPTIONS = re.compile(
    r"NODE_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|RUSTFLAGS|GOFLAGS|PYTEST_ADDOPTS|MAVEN_OPTS|MAKEFLAGS"
)
_LOADS = re.compile(
    r"(?:^|\s)(?:-r\b|-p\w|-{1,2}(?:require|import|loader|experimental-loader|javaagent|agentpath|agentlib|toolexec|eval)\b)|linker="
)
_PROXIES = re.compile(r"(?:https?|all|ftp)_proxy", re.IGNORECASE)


_HISTORY = frozenset({"HISTFILE", "HISTFILESIZE", "HISTSIZE"})


def judge_assignment(name: str, value: str, findings: Findings, *, for_command: str = "") -> None:
    """Ask when a variable changes what later commands are; `for_command` is the one it is set for, if any."""
    if name == "IFS":
        if for_command != "read":
            findings.unsure(why("shell.ifs"))
    elif name in _SEARCHED:
        if UNKNOWN in value or value.startswith("/") or ".." in value or ":/" in value:
            findings.unsure(why("shell.loads_outside", shown=clip(f"{name}={value}")), Risk.HIGH)
    elif findings.contained and _hides_traces(name, value):
        findings.ask(why("shell.hides_traces", shown=clip(f"{name}={value}")), Risk.HIGH)
    elif _HIJACKS.fullmatch(name):
        asks = findings.ask if _lets_out(name, value) else findings.unsure
        asks(why("shell.hijack", shown=clip(f"{name}={value}")), Risk.HIGH)


def _hides_traces(name: str, value: str) -> bool:
    """Whether setting a variable keeps a shell from remembering what was done."""
    return (name in _HISTORY and value in {"", "/dev/null", "0"}) or (
        name in {"HISTCONTROL", "HISTIGNORE"} and ("space" in value or "both" in value or value == "*")
    )


def _lets_out(name: str, value: str) -> bool:
    """Whether a variable asks in the sandbox too, since what it makes programs run is hidden from a reader."""
    rule = _BY_VALUE.get(name)
    if rule is not None:
        return rule(value)
    if _RUNS_VALUE.fullmatch(name):
        return UNKNOWN not in value and not _RUN_BY_VALUE.fullmatch(value)
    loads = bool(_OPTIONS.fullmatch(name)) and bool(_LOADS.search(value))
    return loads or bool(_LETS_OUT.fullmatch(name)) or (bool(_PROXIES.fullmatch(name)) and bool(value))


def _searches_scratch(value: str) -> bool:
    return bool(value) and any(part in {"", "."} or part.startswith(_SCRATCH) for part in value.split(":"))


_SCRATCH = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108  # what is looked for, not what is used
_BY_VALUE: dict[str, Callable[[str], bool]] = {
    "ENV": lambda value: "/" in value,
    "PATH": _searches_scratch,
    "PS4": lambda value: "$(" in value or "`" in value,
}
