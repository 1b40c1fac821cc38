"""Which files a command may touch freely: those of its workspace, and what is public in every system.

Judged by name alone; nothing is looked up on disk. A link that leads out of the workspace leads nowhere inside the
sandbox, which holds the workspace and nothing of the host's data.
"""

import fnmatch
import posixpath
import re

from governance.shell.scope import HOME, UNKNOWN, Findings, Scope, Surroundings, Word, clip
from governance.verdicts import Risk

PATH_LIMIT = 4_096
"""The system refuses longer paths (`PATH_MAX`)."""

_HARMLESS_DEVICES = re.compile(
    r"/dev/(?:null|zero|full|u?random|std(?:in|out|err)|fd/\d+|tty)|/proc/self/fd/[012]",
)
_PUBLIC = re.compile(
    r"/(?:usr|bin|sbin|lib(?:32|64|x32)?)(?:/.*)?|/etc/(?:os-release|lsb-release|debian_version|hosts|hostname|timezone"
    r"|localtime|shells|services|protocols|mime\.types)|/proc/(?:cpuinfo|meminfo|version|loadavg|uptime|stat)",
)
RAW_DEVICE = re.compile(
    r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|md|dm-|loop|nbd|zram|sr|mapper/|disk/|block/|mem\b|kmem\b|port\b|root\b).*",
)
_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|lib\w*|opt|proc|root|run|sbin|srv|sys|usr|var)(?:/.*)?|/|/home(?:/[^/]*)?|/Users(?:/[^/]*)?",
)

_SECRET_FILES = (
    r"\.env(?!\.(?:example|sample|template|dist)$)(?:[.\-_][^/]*|rc)?",
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?!\.pub)",
    r"\.netrc|_netrc|\.pgpass|\.my\.cnf|\.mylogin\.cnf|\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|\.git-credentials",
    r"\.vault-token|\.htpasswd|\.(?:bash|zsh|sh|python|psql|mysql|node_repl|sqlite)_history|\.rediscli_history",
    r"[^/]*\.(?:kdbx?|p12|pfx|jks|keystore|ppk|key)|[^/]*key\.pem|privkey[^/]*\.pem",
    r"credentials(?:\.(?:json|toml|ya?ml|db|csv|tfrc\.json))?|application_default_credentials\.json",
    r"service[-_]account[^/]*\.json|client_secret[^/]*\.json|terraform\.tfstate(?:\.backup)?|[^/]*\.tfvars|secrets?\.ya?ml",
    r"kubeconfig|wallet\.dat|master\.key|login\.keychain.*|cookies\.sqlite|key[34]\.db|logins\.json",
)
_SECRET_FOLDERS = (
    r"\.ssh|\.aws|\.azure|\.kube|\.gnupg|\.docker|\.password-store|\.terraform\.d|\.oci|\.aliyun|\.tencentcloud",
    r"\.config/(?:gcloud|gh|hub|glab-cli|op|doctl|heroku|rclone|sops|age|nexora|google-chrome|chromium)",
    r"\.mozilla|\.cargo/credentials(?:\.toml)?|\.m2/settings.*\.xml|\.gradle/gradle\.properties|\.gem/credentials",
    r"\.local/share/(?:keyrings|uv/credentials)|Library/Keychains|\.nexora|\.codex|\.claude(?:/.*credentials.*)?",
)
_SECRET_ABSOLUTE = re.compile(
    r"/etc/(?:g?shadow-?|sudoers(?:\.d.*)?|ssh(?:/.*)?|ssl/private(?:/.*)?|kubernetes(?:/.*)?|krb5\.keytab|security/.*)"
    r"|/proc/(?:[^/]*|self|thread-self)/(?:environ|mem|maps|cmdline|fd|root|cwd|auxv|task)(?:/.*)?|/proc/(?:kcore|kmem|sys.*|keys)"
    r"|(?:/var)?/run/(?:secrets|docker|containerd|podman|crio|user|nexora|postgresql)(?:[./].*)?|/var/lib/(?:docker|kubelet|postgresql)(?:/.*)?"
    r"|/root(?:/.*)?|/sys/firmware(?:/.*)?|/dev/(?:shm|kmsg|input)(?:/.*)?",
)
_SOCKETS = re.compile(r"(?:^|/)(?:docker|containerd|podman|crio|buildkitd)\.sock$|/\.s\.PGSQL\.\d+")
_SECRET = re.compile(
    rf"(?:^|/)(?:{'|'.join((*_SECRET_FILES, *(f'(?:{one})(?:/.*)?' for one in _SECRET_FOLDERS)))})$",
    re.IGNORECASE,
)

_STARTUP = re.compile(
    r"(?:^|/)(?:\.(?:bash(?:rc|_profile|_login|_logout|_aliases)|profile|z(?:shrc|profile|shenv|login|logout)|kshrc|cshrc"
    r"|inputrc|vimrc|exrc|nanorc|tmux\.conf|screenrc|gdbinit|lldbinit|pythonrc|irbrc|Rprofile|xinitrc|xprofile|envrc"
    r"|gitconfig|gitmodules|gitlab-ci\.yml|travis\.yml|drone\.yml|woodpecker\.yml|cursorrules|windsurfrules|mcp\.json"
    r"|pre-commit-config\.yaml)|\.git(?:/(?:hooks|config|info|worktrees|modules).*)?|\.githooks/.*|\.husky/.*"
    r"|\.config/(?:fish|git|autostart|systemd|environment\.d|nvim)(?:/.*)?|\.config/user-dirs\.dirs"
    r"|\.github/(?:workflows|actions|copilot-instructions\.md)(?:/.*)?|\.circleci/.*|\.woodpecker/.*|\.buildkite/.*"
    r"|(?:\.gitea|\.forgejo)/workflows/.*|Jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|\.vscode/.*"
    r"|\.idea/.*|\.devcontainer(?:/.*|\.json)?|\.cursor/.*|(?:AGENTS|CLAUDE|GEMINI|SOUL|SKILL)(?:\.local)?\.md"
    r"|sitecustomize\.py|usercustomize\.py|[^/]*\.pth|crontab|LaunchAgents/.*|authorized_keys)$",
    re.IGNORECASE,
)
_DOT_SAMPLES = (".env", ".env.local", ".netrc", ".npmrc", ".ssh", ".aws", ".pgpass", ".git-credentials", ".kube")
_NAME_SAMPLES = ("id_rsa", "id_ed25519", "credentials", "credentials.json", "secrets.yaml", "server.key", "shadow")


def judge_read(word: Word | str, scope: Scope, around: Surroundings, findings: Findings, by: str) -> None:
    """Ask unless reading this path is harmless."""
    for path in _reached(word, scope, findings, by):
        if _belongs_to_gateway(path, around):
            findings.refuse(f"{by} would read {clip(path)}, which belongs to the gateway itself")
        elif is_secret(_name_of(path, around)):
            findings.ask(f"{by} would read {clip(path)}, where secrets are kept", Risk.HIGH)
        elif RAW_DEVICE.fullmatch(path):
            findings.ask(f"{by} would read the raw device {clip(path)}", Risk.CRITICAL)
        elif not (_inside(path, around) or _PUBLIC.fullmatch(path) or _HARMLESS_DEVICES.fullmatch(path)):
            findings.ask(f"{by} would read {clip(path)}, outside the workspace")


def judge_write(word: Word | str, scope: Scope, around: Surroundings, findings: Findings, by: str) -> None:
    """Ask unless writing this path is harmless; refuse where nobody could approve it."""
    for path in _reached(word, scope, findings, by):
        if _HARMLESS_DEVICES.fullmatch(path):
            continue
        if RAW_DEVICE.fullmatch(path):
            findings.refuse(f"{by} would overwrite the raw device {clip(path)}")
        elif path.startswith(("/dev/tcp/", "/dev/udp/")):
            findings.refuse(f"{by} would open a network connection as a file, {clip(path)}, as reverse shells do")
        elif path.startswith(("/proc/sysrq", "/proc/sys/kernel/sysrq", "/sys/power")):
            findings.refuse(f"{by} would command the kernel through {clip(path)}")
        elif _belongs_to_gateway(path, around):
            findings.refuse(f"{by} would change {clip(path)}, which belongs to the gateway itself")
        else:
            _judge_ordinary_write(path, around, findings, by)


def _judge_ordinary_write(path: str, around: Surroundings, findings: Findings, by: str) -> None:
    inside = _inside(path, around)
    if is_secret(_name_of(path, around)):
        findings.ask(f"{by} would change {clip(path)}, where secrets are kept", Risk.HIGH if inside else Risk.CRITICAL)
    elif steers_programs(_name_of(path, around)):
        findings.ask(
            f"{by} would change {clip(path)}, which other programs obey when they start",
            Risk.HIGH if inside else Risk.CRITICAL,
        )
    elif not inside:
        risk = Risk.CRITICAL if _SYSTEM.fullmatch(path) or path.startswith(HOME) else Risk.HIGH
        findings.ask(f"{by} would write {clip(path)}, outside the workspace", risk)
    elif posixpath.basename(path).startswith("-"):
        findings.ask(
            f"{by} would make a file named {clip(posixpath.basename(path))}, which programs take for an option"
        )


def is_secret(path: str) -> bool:
    """Whether credentials or private keys are usually kept at this normalised path, wildcards included."""
    if _SECRET.search(path) or _SECRET_ABSOLUTE.fullmatch(path) or _SOCKETS.search(path):
        return True
    return any(_matches_secret(part) for part in path.split("/") if any(mark in part for mark in "*?["))


def steers_programs(path: str) -> bool:
    """Whether shells, git, CI, editors or agents obey the file at this normalised path without being told to."""
    return _STARTUP.search(path) is not None


def _matches_secret(pattern: str) -> bool:
    if pattern.startswith(".env") and not pattern.startswith(".env.ex"):
        return True
    if pattern.startswith((".", "[.")):
        return any(fnmatch.fnmatchcase(sample, pattern) for sample in _DOT_SAMPLES)
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return len(literal) > 1 and any(fnmatch.fnmatchcase(sample, pattern) for sample in _NAME_SAMPLES)


def resolved(text: str, scope: Scope) -> list[str]:
    """The normalised absolute paths that a text may mean; empty when that is not known before the run."""
    if UNKNOWN in text or len(text) > PATH_LIMIT:
        return []
    if text.startswith("/"):
        return ["/" + posixpath.normpath(text).lstrip("/")]
    if scope.places is None:
        return []
    return ["/" + posixpath.normpath(posixpath.join(place, text)).lstrip("/") for place in sorted(scope.places)]


def _reached(word: Word | str, scope: Scope, findings: Findings, by: str) -> list[str]:
    text = word if isinstance(word, str) else word.text
    paths = resolved(text, scope)
    if not paths:
        findings.ask(f"{by} would touch {clip(text)}, and which file that is cannot be known before it runs")
    return paths


def _inside(path: str, around: Surroundings) -> bool:
    return path == around.workspace or path.startswith(around.workspace.rstrip("/") + "/")


def _name_of(path: str, around: Surroundings) -> str:
    """The path by which a name is judged: in the workspace from there, since where that lies says nothing of it."""
    return path[len(around.workspace.rstrip("/")) :] or "/" if _inside(path, around) else path


def _belongs_to_gateway(path: str, around: Surroundings) -> bool:
    if "/.s.PGSQL." in path:
        return True
    if _inside(path, around):
        return False
    return any(path == own or path.startswith(own.rstrip("/") + "/") for own in around.protected)


def above_workspace(path: str, around: Surroundings) -> bool:
    """Whether the workspace lies below this path."""
    return path != around.workspace and (around.workspace + "/").startswith(path.rstrip("/") + "/")
