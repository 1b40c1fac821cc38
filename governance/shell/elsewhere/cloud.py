"""The command line of AWS and the copying tools of clouds, whose direction decides: down is free, up sends data."""

import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.tables import CLOUDS
from governance.shell.elsewhere.verbs import Plain, judge_tool, plain_of
from governance.shell.scope import Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_AWS_VALUED = frozenset({"--profile", "--region", "--output", "--query", "--endpoint-url", "--color", "--ca-bundle"})
_AWS_READS = re.compile(
    r"(?:batch-get|describe|detect|estimate|filter|get|head|help|list|lookup|ls|presign|preview|query|scan|search"
    r"|select|show"
    r"|simulate|start-query|tail|test|validate|verify|view|wait|decode-authorization-message)(?:-.*)?",
)
_AWS_SECRETS = re.compile(
    r"(?:secretsmanager|kms) (?:get-secret-value|batch-get-secret-value|decrypt|get-random-password)"
    r"|ssm get-parameters?.*"
    r"|sts (?:get-session-token|assume-role.*|get-federation-token)|ecr(?:-public)? get-login.*|configure.*|sso .*"
    r"|eks get-token"
    r"|iam create-access-key|rds generate-db-auth-token|ec2 get-password-data|codeartifact get-authorization-token"
    r"|cognito-idp .*auth.*|lightsail download-default-key-pair|redshift get-cluster-credentials.*",
)
_REMOTE = re.compile(r"(?:s3|gs|az|oss|cos|oci|b2|minio|swift)://.*|https://\S+\.(?:blob|file)\.core\.windows\.net/.*")
_RCLONE_REMOTE = re.compile(r"[\w.+@ -]+:.*|:\w+.*:.*")
_PIPED = 3  # a service, a verb and one end
_COPIES = frozenset(
    {"cp", "copy", "copyto", "sync", "mirror", "rsync", "mv", "move", "moveto", "put", "bisync", "rcat"}
)
_COPY_READS = frozenset(
    {"about", "cat", "check", "config", "cryptcheck", "du", "hash", "hashsum", "help", "info", "la", "link", "list",
    "listremotes", "ls",
     "lsd", "lsf", "lsjson", "lsl", "md5sum", "ncdu", "sha1sum", "size", "stat", "tree", "version", "get", "jobs",
     "env"},
)  # fmt: skip


def _aws(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    plain = [word.text for word in plain_of(texts, _AWS_VALUED)]
    service, verb = (plain[0], plain[1]) if len(plain) > 1 else (plain[0] if plain else "", "")
    if service == "configure" and verb in {"list", "list-profiles"}:
        return True
    if _AWS_SECRETS.fullmatch(f"{service} {verb}".strip()) and "help" not in plain:
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH, network=True)
    elif service == "s3" and verb in {"cp", "mv", "sync"}:
        _copies(verb, [*["-"] * (given.given and len(plain) == _PIPED), *plain[2:4]], shell, part, remote=_REMOTE)
    elif (
        verb
        and not _AWS_READS.fullmatch(verb)
        and not {"--dry-run", "--dryrun", "help", "--generate-cli-skeleton"} & set(texts)
    ):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _copies(verb: str, ends: Sequence[str], shell: Judging, part: str, *, remote: re.Pattern[str]) -> None:
    """From here to there sends; from there to there, or moved away from there, changes; from there to here is free."""
    source, target = (ends[0], ends[1]) if len(ends) > 1 else (ends[0] if ends else "", "")
    up = bool(remote.fullmatch(target))
    if up and not remote.fullmatch(source):
        shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True, elsewhere=True)
    elif up or (verb.startswith(("mv", "move")) and remote.fullmatch(source)):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)


def _bucket(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    plain = [
        word.text for word in plain_of(texts, frozenset({"--config", "-c", "--profile", "-o", "-m", "-i", "-e", "-k"}))
    ]
    if not plain or {"--dry-run", "-n", "--help"} & set(texts):
        return True
    verb, ends = plain[0], plain[1:3]
    if verb in _COPIES:
        remote = _RCLONE_REMOTE if name == "rclone" else _REMOTE
        _copies(verb, ["-", *ends] if verb == "rcat" else ends, shell, part, remote=remote)
    elif name == "rclone" and verb == "config" and set(plain[1:2]) & {"show", "dump"}:
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH)
    elif verb not in _COPY_READS:
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _gh(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """`gh api`: a request, which changes something by its method or by the fields that it carries."""
    texts = [word.text for word in words[1:]]
    if plain_of(texts)[:1] != [Plain(text="api", sure=True)]:
        judge_tool(name, CLOUDS[name], words, shell)
        return True
    joined = " ".join(texts)
    method = re.search(r"(?:-X|--method)[ =]?(\w+)", joined)
    carries = re.search(r"(?:^|\s)(?:-[fF]|--(?:raw-)?field|--input|--form)\b", joined)
    if (method[1].upper() not in {"GET", "HEAD"}) if method else (carries and "graphql" not in texts):
        part = clip(f"{name} {joined}")
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _vercel(name: str, words: Sequence[Word], _: Input, shell: Judging) -> bool:
    """Without a verb it deploys."""
    texts = [word.text for word in words[1:]]
    plain = [word.text for word in plain_of(texts, CLOUDS[name].valued)]
    if plain or {"--version", "--help", "-v", "-h"} & set(texts):
        judge_tool(name, CLOUDS[name], words, shell)
    else:
        part = clip(" ".join([name, *texts]))
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(("gh", "glab"), _gh),
    "vercel": _vercel,
    **dict.fromkeys(("aws", "awslocal", "aws2"), _aws),
    **dict.fromkeys(
        (
            "azcopy",
            "coscli",
            "coscmd",
            "gsutil",
            "ks3util",
            "obsutil",
            "ossutil",
            "ossutil64",
            "qshell",
            "rclone",
            "s3cmd",
            "s4cmd",
            "s5cmd",
            "tosutil",
        ),
        _bucket,
    ),
}
"""The rule for each of these programs."""
