"""Variables by which a value becomes a command: search paths, start-up files, preloaded libraries, pagers, hooks."""

import re

from governance.shell.scope import UNKNOWN, Findings, clip
from governance.verdicts import Risk

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


def judge_assignment(name: str, value: str, findings: Findings, *, for_command: str = "") -> None:
    """Ask when a variable changes what later commands are; `for_command` is the one it is set for, if any."""
    if name == "IFS":
        if for_command != "read":
            findings.ask("setting `IFS` changes where later words end")
    elif name in _SEARCHED:
        if UNKNOWN in value or value.startswith("/") or ".." in value or ":/" in value:
            findings.ask(
                f"{clip(f'{name}={value}')} lets later programs load code from outside the workspace", Risk.HIGH
            )
    elif _HIJACKS.fullmatch(name):
        findings.ask(f"{clip(f'{name}={value}')} changes what later programs run or obey", Risk.HIGH)
