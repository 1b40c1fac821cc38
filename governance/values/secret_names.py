"""Under which names credentials are usually kept. It judges names alone, by the standard library alone.

Whoever opens many files asks `secrets_in` once a folder, which answers as `is_secret` does.
"""

import fnmatch
import re
import unicodedata
from collections.abc import Callable

JOINERS = "\u200c\u200d"
"""Letters of Persian and parts of emoji; invisible elsewhere, so the names around them are judged without them."""
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
    r"\.local/share/(?:keyrings|uv/credentials)|Library/Keychains|\.nexora(?!/out(?:/|$))|\.codex|\.claude(?:/.*credentials.*)?",
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
_DOT_SAMPLES = (".env", ".env.local", ".netrc", ".npmrc", ".ssh", ".aws", ".pgpass", ".git-credentials", ".kube")
_ABSOLUTE_SAMPLES = (
    "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh/ssh_host_rsa_key", "/root/.ssh/id_rsa",
    "/proc/1/environ", "/proc/self/environ", "/proc/1/mem", "/home/x/.ssh/id_rsa", "/run/secrets/token",
)  # fmt: skip
_NAME_SAMPLES = ("id_rsa", "id_ed25519", "credentials", "credentials.json", "secrets.yaml", "server.key", "shadow")


_PLAIN_FOLDER = re.compile(
    r"(?:/(?!(?:etc|proc|run|var|root|sys|dev|library)(?:/|$))[\w+@-][\w.+@-]*(?<!\.))*", re.IGNORECASE | re.ASCII
)
"""A folder whose name adds nothing to how the names in it are judged: nothing in it is hidden or of a system."""
_PLAIN_NAME = re.compile(r"[\w.+@-]+(?<!\.)", re.ASCII)
"""A name that lenient readers take as it is."""
_PLAIN_SOURCE = re.compile(
    r"(?!login\.)[\w+@-][\w.+@-]*\.(?:c|cc|cpp|css|go|h|html|java|js|jsx|md|py|rb|rs|rst|ts|tsx|txt)", re.ASCII
)
"""A name under which nothing is kept; it saves most of the time."""


def secrets_in(folder: str) -> Callable[[str], bool]:
    """Whether a name in this folder of a workspace, as `src/lib/`, is one of secrets, or as lenient readers take it.

    The same as `is_secret` of the path that begins with `/`, or of that path folded.
    """
    above = f"/{folder}"

    def is_any(name: str) -> bool:
        return is_secret(above + name) or is_secret(folded(above + name))

    def is_plain(name: str) -> bool:
        if not _PLAIN_NAME.fullmatch(name):
            return is_any(name)
        return not _PLAIN_SOURCE.fullmatch(name) and bool(_SECRET.search(f"/{name}") or _SOCKETS.search(f"/{name}"))

    return is_plain if folder and _PLAIN_FOLDER.fullmatch(above.rstrip("/")) else is_any


def is_secret(path: str) -> bool:
    """Whether credentials or private keys are usually kept at this normalised path, wildcards included."""
    if _SECRET.search(path) or _SECRET_ABSOLUTE.fullmatch(path) or _SOCKETS.search(path):
        return True
    return _matches_absolute(path) or any(
        _matches_secret(part) for part in path.split("/") if any(mark in part for mark in "*?[")
    )


def _matches_absolute(pattern: str) -> bool:
    """Whether wildcards make a path of a place of secrets, part by part; the last part must say something itself."""
    parts = pattern.split("/")
    if not any(mark in pattern for mark in "*?[") or len(parts[-1].strip("*?")) < 2:  # noqa: PLR2004  # two letters
        return False
    samples = [sample.split("/") for sample in _ABSOLUTE_SAMPLES]
    return any(len(one) == len(parts) and all(map(fnmatch.fnmatchcase, one, parts)) for one in samples)


def _matches_secret(pattern: str) -> bool:
    if pattern.startswith(".env") and not pattern.startswith(".env.ex"):
        return True
    if pattern.startswith((".", "[.")):
        return any(fnmatch.fnmatchcase(sample, pattern) for sample in _DOT_SAMPLES)
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return len(literal) > 1 and any(fnmatch.fnmatchcase(sample, pattern) for sample in _NAME_SAMPLES)


def folded(path: str) -> str:
    """The path as a lenient reader or file system may take it: without invisible parts, closing dots and blanks."""
    plain = unicodedata.normalize("NFKC", unseen(path))
    return "/".join(part.rstrip(". ").strip() or part for part in plain.split("/"))


def unseen(path: str) -> str:
    """The path without those letters."""
    return "".join(letter for letter in path if letter not in JOINERS)
