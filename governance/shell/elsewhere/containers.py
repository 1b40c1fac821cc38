"""Containers and clusters: what would be removed or pushed, what a container would get of the host, and `exec`."""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere.machines import judge_remote, judge_remote_text
from governance.shell.elsewhere.verbs import is_free, names_secret, plain_of, tool, words_of
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_KUBE = (
    "-n --namespace --context --kubeconfig --cluster --user -s --server --token --as --as-group --request-timeout -v"
)
_KUBECTL = tool(
    "get describe logs top explain api-resources api-versions cluster-info config diff wait events kustomize options"
    " port-forward proxy auth+can-i auth+whoami rollout+status rollout+history plugin+list krew+list krew+search",
    "config+delete-context config+delete-cluster config+delete-user",
    "create+token",
    valued=_KUBE,
    tries="--dry-run --dry-run=client --dry-run=server",
)
_GROUPS = words_of("builder buildx compose config container context image manifest network node plugin pod secret"
                   " service stack swarm system trust volume machine scout model mcp checkpoint")  # fmt: skip
_QUIET = words_of(
    "attach build config create df diff disk-usage events help history images imagetools info inspect load logs ls port"
    " ps pull save search stats start top up use version wait bake du tag list show exists import export init watch"
    " convert unpause pause login context cp down stop restart"
)
_DESTROYS = words_of(
    "prune rm rmi remove kill push commit rename update promote demote leave deploy scale rollback drop"
)
_VALUED = frozenset({"-H", "--host", "--context", "-c", "--config", "-l", "--log-level", "-f", "--file", "-p",
    "--project-name",
                     "--profile", "--env-file", "--project-directory"})  # fmt: skip
_RUN_VALUED = frozenset(
    {
        "-a", "-e", "-h", "-l", "-m", "-p", "-u", "-v", "-w", "--add-host", "--cap-add", "--cap-drop", "--cpus",
        "--device",
        "--dns", "--entrypoint", "--env", "--env-file", "--expose", "--gpus", "--hostname", "--ip", "--ipc", "--label",
        "--link", "--log-driver", "--log-opt", "--mac-address", "--memory", "--mount", "--name", "--net", "--network",
        "--network-alias", "--pid", "--pids-limit", "--platform", "--publish", "--pull", "--restart", "--runtime",
        "--security-opt", "--shm-size", "--stop-signal", "--sysctl", "--tmpfs", "--ulimit", "--user", "--userns",
        "--uts",
        "--volume", "--volumes-from", "--workdir", "--detach-keys", "--index",
    },
)  # fmt: skip
_HOST_RIGHTS = re.compile(
    r"--privileged(?:=true)?|--(?:pid|net|network|ipc|userns|uts|cgroupns)=host|--cap-add=?(?:ALL|SYS_\w+|NET_ADMIN"
    r"|DAC_\w+)?"
    r"|--device=?.*|--security-opt=?(?:.*unconfined.*|.*disable.*)?|-v=?/.*|.*docker\.sock.*",
)
_MOUNT = re.compile(r"(?:type=bind,)?.*?(?:src|source)=([^,]+).*|([^:]+):.+")


def _docker(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    plain = [word.text for word in plain_of(texts, _VALUED)]
    group = plain[0] if plain and plain[0] in _GROUPS and name != "docker-compose" else ""
    verb = plain[1] if group and len(plain) > 1 else "" if group else (plain[0] if plain else "")
    if not verb or "--help" in texts or "--dry-run" in texts:
        return True
    at = texts.index(verb) + 1
    if verb == "inspect" and any(".Env" in text for text in texts):
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH)
    if verb in {"exec", "run"}:
        _starts(verb, words[at + 1 :], part, given, shell)
    elif verb == "create" and group in {"", "container"}:
        _host_rights(texts[at:], part, shell)
    elif _destroys("compose" if name.endswith("-compose") else group, verb, texts[at:]):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, elsewhere=True)
    elif verb not in _QUIET:
        shell.findings.ask(why("elsewhere.unread", part=part), Risk.HIGH, elsewhere=True)
    return True


def _destroys(group: str, verb: str, rest: Sequence[str]) -> bool:
    if verb in _DESTROYS or (
        group in {"swarm", "stack", "service", "node", "secret"} and verb not in {"ls", "ps", "inspect", "logs"}
    ):
        return True
    if verb == "down":
        return bool({"-v", "--volumes", "--rmi", "--remove-orphans"} & set(rest)) or any(
            one.startswith("--rmi=") for one in rest
        )
    if verb in {"stop", "restart"}:
        return group != "compose"
    return verb in {"build", "bake"} and "--push" in rest


def _starts(verb: str, words: Sequence[Word], part: str, given: Input, shell: Judging) -> None:
    """`run` and `exec`: the rights that the container gets, and the command that would run in it."""
    texts = [word.text for word in words]
    _host_rights(texts, part, shell)
    at = 0
    while at < len(texts) and texts[at].startswith("-"):
        at += 2 if texts[at] in _RUN_VALUED else 1
    joined = " ".join(texts[:at])
    if re.search(r"(?:^| )(?:-u|--user)[ =]?(?:0|root)\b", joined) and verb == "exec":
        shell.findings.ask(why("elsewhere.privilege", part=part), Risk.HIGH, elsewhere=True)
    if re.search(r"--restart[ =](?:always|unless-stopped)", joined):
        shell.findings.ask(why("elsewhere.persists", part=part), Risk.HIGH)
    if verb == "run":
        shell.probe(" ".join(texts[at + 1 :]))
    else:
        judge_remote(words[at + 1 :], part, shell)
        if given.given:
            judge_remote_text(given.text, part, shell)


def _host_rights(texts: Sequence[str], part: str, shell: Judging) -> None:
    named = [f"{flag}={value}" for flag, value in itertools.pairwise(texts) if flag in _RUN_VALUED]
    rights = any(
        _HOST_RIGHTS.fullmatch(text) and not re.fullmatch(r"--(?:cap-add|device|security-opt)", text)
        for text in (*texts, *named)
        if not text.startswith(("-v=", "--volume="))
    )
    if rights or any(_mounts_host(text, shell) for text in (*texts, *named)):
        shell.findings.ask(why("elsewhere.host", part=part), Risk.CRITICAL)


def _mounts_host(text: str, shell: Judging) -> bool:
    if not text.startswith(("-v=", "-v/", "-v.", "--volume=", "--mount=")):
        return False
    match = _MOUNT.fullmatch(re.sub(r"^-v=?|^--(?:volume|mount)=", "", text))
    source = (match[1] or match[2]) if match else ""
    if source.startswith((UNKNOWN, "/~", "..")):
        return source.startswith(("/~", ".."))
    return source.startswith("/") and not (source + "/").startswith(shell.around.workspace.rstrip("/") + "/")


def _kubectl(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    texts = [word.text for word in words[1:]]
    part = clip(" ".join([name, *texts]))
    plain = [word.text for word in plain_of(texts, _KUBECTL.valued)]
    if plain[:1] == ["exec"]:
        inner = words[texts.index("--") + 2 :] if "--" in texts else [Word(text=text) for text in plain[2:]]
        judge_remote(inner, part, shell)
        if given.given:
            judge_remote_text(given.text, part, shell)
    elif names_secret(texts, _KUBECTL) or _shows_secret(plain, texts):
        shell.findings.ask(why("elsewhere.secret", part=part), Risk.HIGH, network=True)
    elif not is_free(texts, _KUBECTL):
        shell.findings.ask(why("elsewhere.changes", part=part), Risk.HIGH, network=True, elsewhere=True)
    return True


def _shows_secret(plain: Sequence[str], texts: Sequence[str]) -> bool:
    if plain[:2] == ["config", "view"]:
        return "--raw" in texts
    of_secrets = any(re.match(r"secrets?(?:/|,|$)|.*,secrets?(?:,|$)", one) for one in plain[1:3])
    shown = any(re.match(r"-o=?(?:y|j|go|t|c)|--output=?(?:y|j|go|t|c)|--template", text) for text in texts)
    return plain[:1] == ["get"] and of_secrets and (shown or bool({"-o", "--output"} & set(texts)))


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {
    **dict.fromkeys(("docker", "docker-compose", "nerdctl", "podman", "podman-compose"), _docker),
    **dict.fromkeys(("kubectl", "k", "oc", "microk8s.kubectl"), _kubectl),
}
"""The rule for each of these programs."""
