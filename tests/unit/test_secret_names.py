"""Names of secrets judged folder by folder are the names that are judged one by one."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from governance.values.secret_names import folded, is_secret, secrets_in

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (
    *("", "src/", "src/lib/", "etc/", "etc/ssh/", "root/", "var/run/", "Library/", "library/", "x/etc/", "etcetera/"),
    *(".ssh/", "a/.aws/", ".config/", "x/.config/gh/", ".m2/", ".claude/", "a/.claude/b/", ".cargo/", "proc/1/"),
    *("id_rsa/", "x.key/", "a b/", "blank /", "dots./", "中文/", "[id]/", "a\u200cb/", "node_modules/@scope/x/", "~/"),
    *("dev/shm/", "sys/firmware/", "run/docker/", "x/run/", ".local/share/", "Library/Keychains/", "a/-b/", "_x/"),
)
NAMES = (
    *(".env", ".ENV", ".env.local", ".env.example", ".envrc", "x.env", "id_rsa", "id_rsa.pub", "id_ed25519.txt"),
    *("a.py", "login.keychain.py", "login.keychain-db", "login.py", "credentials", "credentials.json", "a.json"),
    *("gh", "shadow", "root", "ssh", "docker.sock", ".s.PGSQL.5432", "server.key", "key.pem", "mykey.pem", "a.pem"),
    *(
        "settings.xml",
        "settings-security.xml",
        "my credentials",
        ".env ",
        ".env.",
        "．env",
        ".e\u200cnv",
        "privkey1.pem",
    ),
    *("secrets.yaml", "secret.yml", "Secrets.YAML", "terraform.tfstate", "x.tfvars", "service-account-1.json", "token"),
    *(
        ".env*",
        "[id].tsx",
        "id_rs?",
        "cred*",
        "a?.py",
        "gradle.properties",
        "kubeconfig",
        "key4.db",
        "key5.db",
        "Keychains",
    ),
    *("auxv", "environ", "mem", "maps", "index.md", "-rf", "~", "a~", "x=y.txt", "a,b.txt", "client_secret_1.json"),
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_name_is_judged_in_its_folder_as_its_whole_path_is(folder: str) -> None:
    is_one = secrets_in(folder)

    differing = [
        name
        for name in (*NAMES, *map("".join, itertools.product(("", ".", "_"), NAMES)))
        if is_one(name) != (is_secret(f"/{folder}{name}") or is_secret(folded(f"/{folder}{name}")))
    ]

    assert differing == []


def test_nothing_but_the_standard_library_is_needed_to_judge_a_name() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from governance.values.secret_names import is_secret; is_secret('/a')"
    )

    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, check=False)

    assert ran.stderr == b""
