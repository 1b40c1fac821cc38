"""The script `nexora` behind a company's network: an index that only pip knows, and no network at all.

A package of one line lies in an index on loopback; the real pip and the real uv fetch it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.conftest import unavailable

ROOT = Path(__file__).parents[2]
TOOLS = ("cat", "cksum", "cp", "date", "getconf", "grep", "mkdir", "readlink", "rm", "sh", "sort", "uname", "wc")
PROGRAM = "import sys, tiny\nprint('ran', tiny.WORD, *sys.argv[1:])\n"


def wheel_of(folder: Path, name: str, files: dict[str, str]) -> str:
    """Write a wheel; returns the line of a lock that names it."""
    info = f"{name}-1.0.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for place, text in files.items():
            made.writestr(place, text)
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Mirror:
    """A static index on loopback. `asked` holds the paths of all requests."""

    def __init__(self, folder: Path) -> None:
        asked = self.asked = []

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, _format: str, *_: object) -> None:
                asked.append(self.path)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def python() -> str:
    """A Python that has pip, as a machine has before anything of ours is there."""
    found = str(Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"))
    if subprocess.run([found, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        unavailable("pip of the Python that made this environment")
    return found


@pytest.fixture
def uv() -> str:
    found = shutil.which("uv", path=f"{sys.prefix}/uv/bin{os.pathsep}{os.environ['PATH']}")
    if found is None:
        unavailable("uv")
    return str(found)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script beside a product that needs one package."""
    root = tmp_path / "check out"
    (root / "deploy" / "lock").mkdir(parents=True)
    (root / "gateway").mkdir()
    (root / "gateway" / "__init__.py").write_text("")
    (root / "gateway" / "__main__.py").write_text(PROGRAM)
    place = tmp_path / "index" / "simple" / "tiny"
    place.mkdir(parents=True)
    line = wheel_of(place, "tiny", {"tiny.py": "WORD = 'tiny'\n"})
    for name, text in {"runtime": line, "models": "#\n", "dev": "#\n", "uv": "#\n"}.items():
        (root / "deploy" / "lock" / f"{name}.txt").write_text(text)
    shutil.copy(ROOT / "nexora", root / "nexora")
    return root


@pytest.fixture
def mirror(checkout: Path, tmp_path: Path) -> Iterator[Mirror]:
    served = Mirror(tmp_path / "index")
    yield served
    served.close()


@pytest.fixture
def start(tmp_path: Path, python: str, uv: str):
    """Run the script with ordinary tools, this Python, and uv if wanted; nothing else tells it of a network."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    (tools / "python3").chmod(0o755)

    def start(root: Path, *words: str, with_uv: bool = True, **told: str) -> subprocess.CompletedProcess[str]:
        (tools / "uv").unlink(missing_ok=True)
        if with_uv:
            (tools / "uv").symlink_to(uv)
        home = {"PATH": str(tools), "HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "nowhere")}
        quick = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
        return subprocess.run(
            [root / "nexora", *words],
            env=home | quick | told,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def pip_settings(tmp_path: Path, index: str) -> str:
    path = tmp_path / "pip.conf"
    path.write_text(f"[global]\nindex-url = {index}\ntrusted-host = 127.0.0.1\ntimeout = 20\n")
    return str(path)


def test_uv_installs_from_the_index_that_pip_alone_was_told_of(start, checkout, mirror, tmp_path) -> None:
    done = start(checkout, "up", PIP_CONFIG_FILE=pip_settings(tmp_path, mirror.url))

    assert (done.returncode, done.stdout) == (0, "ran tiny up\n"), done.stderr
    assert "trying pip" not in done.stderr, "uv did it"
    assert [path for path in mirror.asked if path == "/simple/tiny/"]
    assert [path for path in mirror.asked if path.endswith("tiny-1.0-py3-none-any.whl")]


def test_what_uv_itself_was_told_goes_before(start, checkout, mirror, tmp_path) -> None:
    done = start(
        checkout,
        "up",
        PIP_CONFIG_FILE=pip_settings(tmp_path, "http://127.0.0.1:9/simple"),
        UV_DEFAULT_INDEX=mirror.url,
    )

    assert (done.returncode, done.stdout) == (0, "ran tiny up\n"), done.stderr


def test_everything_that_pip_knows_of_the_network_reaches_uv(start, checkout, tmp_path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://user:p%%40ss@mirror.corp.example/simple\n"
        "extra-index-url =\n    https://one.corp.example/simple\n    https://two.corp.example/simple\n"
        "trusted-host = mirror.corp.example\ncert = /etc/corp it's.pem\nproxy = proxy.corp.example:3128\n"
        "[install]\ntimeout = 90\n"
    )
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "uv").write_text('#!/bin/sh\nenv >>"$HOME/env"\n')
    (fake / "uv").chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "tools" / "env").symlink_to(str(shutil.which("env")))
    start(checkout, "up", with_uv=False, PIP_CONFIG_FILE=str(settings), PATH=f"{fake}:{tmp_path / 'tools'}")

    told = dict(line.partition("=")[::2] for line in (tmp_path / "home" / "env").read_text().splitlines())
    assert {name: told.get(name) for name in ("UV_INDEX", "UV_INDEX_STRATEGY", "UV_INSECURE_HOST")} == {
        "UV_INDEX": "https://one.corp.example/simple https://two.corp.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "mirror.corp.example",
    }
    assert told["UV_DEFAULT_INDEX"].endswith("@mirror.corp.example/simple")
    assert (told["SSL_CERT_FILE"], told["ALL_PROXY"]) == ("/etc/corp it's.pem", "http://proxy.corp.example:3128")
    assert (told["UV_HTTP_TIMEOUT"], told["UV_SYSTEM_CERTS"]) == ("90", "1")


def test_a_bundle_made_here_installs_there_without_a_network(start, checkout, mirror, tmp_path) -> None:
    made = start(checkout, "bundle", "carried", PIP_CONFIG_FILE=pip_settings(tmp_path, mirror.url))
    mirror.asked.clear()
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}

    named = start(checkout, "up", NEXORA_BUNDLE=str(tmp_path / "carried"), **nowhere)
    shutil.rmtree(checkout / ".venv")
    (tmp_path / "carried").rename(checkout / "bundle")
    beside = start(checkout, "up", **nowhere)

    assert made.returncode == 0, made.stderr
    assert (named.returncode, named.stdout) == (0, "ran tiny up\n"), named.stderr
    assert (beside.returncode, beside.stdout) == (0, "ran tiny up\n"), beside.stderr
    assert "trying pip" not in named.stderr + beside.stderr
    assert mirror.asked == []


def test_the_uv_of_a_bundle_runs_only_as_the_lock_names_it(start, checkout, tmp_path) -> None:
    wheels = checkout / "bundle" / "wheels"
    wheels.mkdir(parents=True)
    shutil.copy(tmp_path / "index" / "simple" / "tiny" / "tiny-1.0-py3-none-any.whl", wheels)
    program = '#!/bin/sh\n[ "$1" = --version ] || { echo "uv $*" >>"$HOME/uv.log"; exit 1; }\n'
    line = wheel_of(wheels, "uv", {"uv-1.0.data/scripts/uv": program})
    (tmp_path / "home").mkdir()

    wrong = start(checkout, "up", with_uv=False)
    shutil.rmtree(checkout / ".venv")
    (checkout / "deploy" / "lock" / "uv.txt").write_text(line)
    right = start(checkout, "up", with_uv=False)

    assert (wrong.returncode, right.returncode) == (0, 0), wrong.stderr + right.stderr
    assert "uv could not install them; trying pip" in right.stderr
    assert "trying pip" not in wrong.stderr, "that uv never ran"
    assert "--no-index" in (tmp_path / "home" / "uv.log").read_text()


def test_a_bundle_that_is_none_is_told(start, checkout, tmp_path) -> None:
    done = start(checkout, "up", NEXORA_BUNDLE=str(tmp_path))

    assert done.returncode == 1
    assert "which is no folder that `nexora bundle` made" in done.stderr
