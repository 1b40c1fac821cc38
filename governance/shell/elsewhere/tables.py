"""Tools for clouds, clusters, infrastructure, services and registries, each with the words by which it only reads."""

from governance.shell.elsewhere.verbs import VerbProgram, groups, tool

_KUBE = (
    "-n --namespace --context --kubeconfig --cluster --user -s --server --token --as --as-group --request-timeout -v"
)

CLUSTERS: dict[str, VerbProgram] = {
    "argocd": groups("app+get app+diff app+manifests app+resources context", secrets="token+generate"),
    "etcdctl": tool(
        "get watch endpoint member+list alarm+list lease+list lease+timetolive check+perf user+list user+get role+list"
        " role+get snapshot+status snapshot+save",
        valued="--endpoints --cacert --cert --key --user --password",
    ),
    "flux": tool("get logs check stats events tree trace diff export version", valued=_KUBE),
    "helm": tool(
        "list ls get status history show inspect search template lint env diff dependency dep verify pull fetch repo"
        " plugin+list registry package create test",
        "repo+remove repo+rm",
        valued=_KUBE + " --kube-context",
    ),
    "helmfile": tool("list diff template lint build status deps fetch repos write-values", valued="-f --file -e -l"),
    "istioctl": tool("analyze proxy-status ps proxy-config pc describe x dashboard validate verify-install manifest"),
    "k3d": tool("list node+list cluster+list kubeconfig+get version"),
    "kind": tool("get export+logs build"),
    "kops": tool("get validate toolbox", valued="--name --state"),
    "kubectx": tool(""),
    "minikube": tool("status profile+list ip logs service dashboard addons+list ssh-key version node+list"),
    "nomad": tool(
        "status job+status job+plan job+inspect job+history job+validate alloc+status alloc+logs node+status plan logs"
        " server+members monitor agent-info operator+raft+list-peers ui inspect validate"
    ),
    "consul": tool(
        "members info catalog kv+get kv+export monitor operator+raft watch validate intention+list intention+get rtt"
        " services+list acl+token+list acl+policy+list",
        secrets="acl+bootstrap keygen",
    ),
    "skaffold": tool("render diagnose build config lint inspect schema"),
    "vault": tool(
        "status list path-help policy+list policy+read audit+list secrets+list auth+list token+lookup"
        " token+capabilities"
        " kv+list kv+metadata version-history operator+raft operator+members debug monitor print",
        secrets="read kv+get login unwrap token+create operator+init operator+rekey operator+generate-root",
        valued="-address -namespace -ca-cert -token",
    ),
}
"""Clusters and what keeps their state."""

INFRASTRUCTURE: dict[str, VerbProgram] = {
    **dict.fromkeys(
        ("terraform", "tofu", "terragrunt"),
        tool(
            "plan validate fmt show output init providers graph get console test metadata modules workspace+list"
            " workspace+show workspace+select workspace+new state+list state+show state+pull render-json hclfmt"
            " graph-dependencies",
            tries="",
        ),
    ),
    "pulumi": tool(
        "preview about config+get stack+ls stack+history stack+graph stack+output stack+select logs whoami plugin+ls"
        " schema stack convert new",
        "stack+rm",
        valued="-C --cwd -s --stack",
    ),
    "packer": tool("validate inspect fmt init console plugins"),
    "cdk": tool("list ls synth synthesize diff doctor docs metadata init context acknowledge notices"),
    "serverless": tool("print info logs package doctor metrics", valued="--stage -s --region"),
    "sls": tool("print info logs package doctor metrics", valued="--stage -s --region"),
    "sam": tool("validate build local list logs init docs traces", valued="--template -t"),
    "vagrant": tool(
        "status global-status ssh-config validate box+list box+outdated plugin+list port up init snapshot+list halt"
        " suspend resume reload"
    ),
    "ansible-galaxy": tool("list info search install init collection+list role+list collection+init role+init"),
    "ansible-vault": tool("", secrets="view decrypt edit rekey"),
    "salt": tool(""),
    "puppet": tool("parser lookup facts config+print resource+show", tries="--noop"),
    "chef": tool("show-policy describe-cookbook diff generate env"),
    "knife": groups(),
    "juju": tool("status models controllers show-model show-unit debug-log list-users config"),
}
"""What describes infrastructure and builds or destroys it."""

CLOUDS: dict[str, VerbProgram] = {
    "gcloud": groups(
        "get-server-config get-iam-policy auth+list config+list config+configurations interactive topic",
        "config+set auth+login",
        "print-access-token print-identity-token get-credentials access+secrets versions+access auth+print-access-token"
        " get-password",
        names="run deploy batch connect",
        valued="--project --account --configuration --format --filter --region --zone",
    ),
    "az": groups(
        "list-sizes account+show account+set",
        "rest account+clear",
        "get-access-token get-credentials list-keys show-connection-string keys+list secret+show secret+download"
        " list-secrets credential+list list-credentials generate-sas",
        names="batch snapshot tag lock sig",
        valued="--subscription -o --output --query",
    ),
    "aliyun": groups(valued="--profile -p --region --output", secrets="GetSecretValue CreateAccessKey"),
    "tccli": groups(
        valued="--profile --region --output --secretId --secretKey", secrets="GetSecretValue CreateAccessKey"
    ),
    "hcloud": groups(valued="--context --config -o", secrets="server+reset-password"),
    "doctl": groups(
        valued="-t --access-token --context --output -o -c --config",
        secrets="kubeconfig+save kubeconfig+show auth+token",
    ),
    "linode-cli": groups(),
    "oci": groups(valued="--profile --config-file --region"),
    "ibmcloud": groups(),
    "scw": groups(),
    "exo": groups(),
    "vultr-cli": groups(),
    "openstack": groups(secrets="token+issue credential+create"),
    "eksctl": tool("get info utils+describe-stacks version anywhere+version"),
    "gsutil": groups("ls du stat hash version cat", "acl+ch acl+set iam+set iam+ch"),
    "heroku": groups("apps releases config+get pg+info ps regions local", "config+set", "auth+token config"),
    **dict.fromkeys(
        ("fly", "flyctl"),
        groups(
            "apps+list status logs dashboard regions+list platform proxy", "secrets+set secrets+import", "auth+token"
        ),
    ),
    "vercel": groups("dev build inspect ls env+ls link logs dns+ls domains+ls", "deploy alias rollback", "env+pull"),
    "netlify": groups("dev build status sites+list functions+list serve", "deploy api", "env+get"),
    "wrangler": groups("dev types whoami init tail check deployments+list docs", "publish secret+put"),
    "railway": groups("status logs whoami open run", "up redeploy down", "variables"),
    "render": groups(),
    "firebase": groups("emulators:start emulators:exec serve projects:list apps:list", "deploy"),
    "supabase": groups(
        "start stop status gen db+diff db+lint functions+serve", "db+push db+reset link", "secrets+list"
    ),
    "cf": groups("apps app services orgs spaces routes buildpacks env target", "push delete"),
    "eb": groups("local printenv health", "use"),
    "surge": tool("list whoami"),
    "gh": groups(
        "pr+checkout pr+diff pr+checks issue+status auth+status run+download run+watch release+download repo+clone"
        " repo+set-default alias+list extension+list browse search codespace+list gist+clone label+list cache+list",
        "repo+sync",
        "auth+token",
        names="run release label issue",
        valued="-R --repo --hostname",
    ),
    "glab": groups(
        "mr+checkout ci+lint repo+clone auth+status ci+trace",
        secrets="auth+token",
        valued="-R --repo",
        names="release label schedule issue",
    ),
    "tea": groups(),
    "hub": groups("browse pr+checkout clone fetch"),
    "sentry-cli": groups(),
    "stripe": groups("listen", "trigger"),
    "okta": groups(),
    "op": groups(secrets="read item+get document+get run inject signin"),
    "bw": groups(secrets="get export unlock login list"),
    "pass": tool("ls list find search git+log", secrets="show otp"),
    "gopass": tool("ls list find", secrets="show cat"),
    "lpass": tool("status", secrets="show export"),
}
"""Clouds, platforms and services with a command line."""

SERVICES: dict[str, VerbProgram] = {
    "systemctl": tool(
        "status is-active is-enabled is-failed is-system-running list-units list-unit-files list-timers list-sockets"
        " list-dependencies list-jobs list-machines show cat get-default show-environment",
        valued="-t --type --state -p --property -n --lines -o --output -H --host -M --machine",
    ),
    "supervisorctl": tool("status tail avail pid maintail", valued="-c -s -u -p"),
    "launchctl": tool("list print print-disabled blame dumpstate managername"),
    "pm2": tool("list ls status show describe info logs monit jlist prettylist id env report"),
    "hostnamectl": tool("status", valued="-H -M"),
    "timedatectl": tool("status show list-timezones timesync-status show-timesync"),
    "localectl": tool("status list-locales list-keymaps list-x11-keymap-models list-x11-keymap-layouts"),
    "loginctl": tool("list-sessions list-users list-seats session-status user-status show-session show-user"),
    "networkctl": tool("list status lldp label"),
    "resolvectl": tool("status query service statistics dns domain"),
    "nmcli": groups("general device+status connection+show networking radio"),
    "rabbitmqctl": tool(
        "status cluster_status ping environment report node_health_check list_queues list_users list_vhosts"
        " list_exchanges list_bindings list_connections list_channels list_consumers list_permissions list_policies"
        " list_parameters list_user_permissions list_topic_permissions list_feature_flags check_port_connectivity",
        valued="-n --node -p --vhost -t",
    ),
    "rabbitmqadmin": tool("list show get export", valued="-H -P -u -p -V --host --port --username --password --vhost"),
    "nats": groups(valued="-s --server --context", changes="pub request reply"),
    "influx": groups("query ping v1+shell", valued="--host --token -t --org -o"),
    "restic": tool("snapshots ls find stats check diff cat list version cache", valued="-r --repo -p --password-file"),
    "borg": tool("list info check diff version"),
    "secret-tool": tool("", secrets="lookup search"),
    "mc": tool(
        "ls cat head stat find diff du tree ping ready admin+info alias+list version+info", valued="--config-dir"
    ),
    "tailscale": tool("status ip ping netcheck version whois bugreport metrics"),
    "wg": tool("show showconf", secrets="genkey genpsk"),
    "zfs": tool("list get"),
    "zpool": tool("list status iostat get history"),
    "lvm": tool(""),
    "btrfs": groups("filesystem+usage filesystem+df subvolume+list device+stats"),
    "virsh": tool("list dominfo domstate dumpxml net-list pool-list vol-list nodeinfo capabilities"),
    "lxc": tool("list info image+list config+show network+list profile+list storage+list"),
    "incus": tool("list info image+list config+show network+list profile+list storage+list"),
    "multipass": tool("list info find get"),
    "snap": tool("list find info changes connections services"),
    "flatpak": tool("list search info remotes"),
}
"""Services of this system, queues and what stores for others."""

REGISTRIES: dict[str, frozenset[str]] = {
    "npm": frozenset({"access", "adduser", "deprecate", "dist-tag", "hook", "login", "org", "owner", "profile",
    "publish", "star", "team", "token", "unpublish"}),
    "pnpm": frozenset({"login", "publish", "unpublish"}),
    "yarn": frozenset({"login", "owner", "publish", "tag"}),
    "bun": frozenset({"publish"}),
    "cargo": frozenset({"login", "owner", "publish", "yank"}),
    "gem": frozenset({"owner", "push", "signin", "yank"}),
    "poetry": frozenset({"publish"}),
    "uv": frozenset({"publish"}),
    "hatch": frozenset({"publish"}),
    "flit": frozenset({"publish"}),
    "pdm": frozenset({"publish"}),
    "twine": frozenset({"register", "upload"}),
    "mvn": frozenset({"deploy", "release:perform", "site:deploy"}),
    "gradle": frozenset({"publish", "publishAllPublicationsToMavenRepository", "uploadArchives"}),
    "dotnet": frozenset({"nuget"}),
    "nuget": frozenset({"delete", "push"}),
    "lerna": frozenset({"publish"}),
    "vsce": frozenset({"publish", "unpublish"}),
    "ovsx": frozenset({"publish"}),
    "goreleaser": frozenset({"release"}),
    "semantic-release": frozenset(),
    "mix": frozenset({"hex.publish"}),
    "charmcraft": frozenset({"release", "upload"}),
    "snapcraft": frozenset({"release", "upload"}),
}  # fmt: skip
"""Programs that publish, and the words by which they do; without words they always do."""
