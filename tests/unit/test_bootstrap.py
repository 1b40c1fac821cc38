"""The script `nexora`, in a small copy whose locks name no package: no test here installs or downloads anything.

What it does with real packages (uv absent, PEP 668, plain pip, an ordinary user) is tried by hand for each release and
by every fresh CI machine; docs/contributing.md says how.
"""

import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("runtime", "models", "dev", "uv")
PROGRAM = "import sys\nprint('ran', *sys.argv[1:])\nsys.exit(7 if 'fail' in sys.argv else 0)\n"


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the script beside a product of one line and locks without a package."""
    root = tmp_path / "check out"
    (root / "deploy" / "lock").mkdir(parents=True)
    (root / "gateway").mkdir()
    (root / "gateway" / "__init__.py").write_text("")
    (root / "gateway" / "__main__.py").write_text(PROGRAM)
    for name in LOCKS:
        (root / "deploy" / "lock" / f"{name}.txt").write_text(f"# {name}\n")
    shutil.copy(ROOT / "nexora", root / "nexora")
    return root


@pytest.fixture
def run(tmp_path):
    """Run the script with a PATH that holds the ordinary tools, the given programs and nothing of Python or uv."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (
        "cat",
        "cksum",
        "cp",
        "date",
        "getconf",
        "grep",
        "mkdir",
        "readlink",
        "rm",
        "sh",
        "sort",
        "uname",
        "wc",
    ):
        (tools / name).symlink_to(shutil.which(name))

    def run(root: Path, *words: str, cwd: Path = tmp_path, **programs: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(tools), "HOME": str(tmp_path / "home"), "PIP_NO_INDEX": "1"}
        environ |= {name: programs.pop(name) for name in [*programs] if name.startswith(("NEXORA_", "PIP_", "UV_"))}
        for name, text in programs.items():
            program = tools / name.replace("_", ".")
            program.unlink(missing_ok=True)
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)
        return subprocess.run(
            [root / "nexora", *words], env=environ, cwd=cwd, capture_output=True, text=True, check=False
        )

    return run


UV = 'echo "uv $*" >>"$HOME/uv.log"; [ "$1" = --version ] || [ "$1" = pip ]'
PYTHON = f'exec "{sys.executable}" "$@"'


def asked(home: Path) -> list[str]:
    """What uv was asked to do beside telling its version."""
    log = home / "uv.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if line != "uv --version"]


@pytest.fixture
def home(tmp_path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_the_first_start_installs_and_the_second_only_starts(checkout, run, home):
    first = run(checkout, "up", "a b", uv=UV, python3=PYTHON)
    second = run(checkout, "up", "a b")

    assert (first.returncode, first.stdout) == (0, "ran up a b\n")
    assert "making an environment in" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, "ran up a b\n", "")
    (order,) = asked(home)
    assert order.startswith("uv pip sync --quiet --python ")
    assert order.endswith("--require-hashes runtime.txt models.txt")


def test_a_changed_lock_installs_again_into_the_same_environment(checkout, run, home):
    run(checkout, "up", uv=UV, python3=PYTHON)
    (checkout / "deploy" / "lock" / "models.txt").write_text("# newer\n")
    again = run(checkout, "up")

    assert again.returncode == 0
    assert "making" not in again.stderr
    assert "installing" in again.stderr
    assert len(asked(home)) == 2


def test_what_tests_need_is_kept_when_a_start_installs_again(checkout, run, home):
    run(checkout, "bench", uv=UV, python3=PYTHON)
    (checkout / "deploy" / "lock" / "runtime.txt").write_text("# newer\n")
    run(checkout, "up")

    assert [order.partition("--require-hashes ")[2] for order in asked(home)] == ["runtime.txt models.txt dev.txt"] * 2


def test_the_exit_code_is_the_commands_own(checkout, run, home):
    assert run(checkout, "fail", uv=UV, python3=PYTHON).returncode == 7


def test_it_works_from_any_folder_and_through_a_link(checkout, run, home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "gateway").mkdir(parents=True)
    (elsewhere / "gateway" / "__main__.py").write_text("print('the wrong one')\n")
    (elsewhere / "nexora").symlink_to("../check out/nexora")

    assert run(elsewhere, "up", cwd=elsewhere, uv=UV, python3=PYTHON).stdout == "ran up\n"


def test_an_environment_of_ones_own_keeps_what_was_added(checkout, run, home):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    run(checkout, "up", uv=UV, python3=PYTHON)

    (order,) = asked(home)
    assert order.startswith("uv pip install ")
    assert order.endswith("-r runtime.txt -r models.txt")


def test_a_python_too_old_is_said_in_a_sentence(checkout, run, home):
    old = '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1'
    done = run(checkout, "up", python3=old)

    assert done.returncode == 1
    assert "Nexora needs Python 3.11, 3.12, 3.13 or 3.14, and this machine has Python 3.9.2." in done.stderr
    assert not (checkout / ".venv").exists()


def test_every_python_that_the_project_admits_is_admitted_and_no_other(checkout, run, home):
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    least, most = (int(number) for number in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", requires).groups())
    admitted = [minor for minor in range(least - 1, most + 1) if admits(checkout, run, minor)]

    assert admitted == list(range(least, most))
    assert [minor for minor in admitted if finds(checkout, run, minor)] == admitted


def admits(checkout: Path, run, minor: int) -> bool:
    """Whether the script takes a Python of that version; this one says that it is of another."""
    pretended = f'case "$2" in *version_info*) set -- -c "import sys; sys.version_info = (3, {minor}, 0); $2";; esac'
    done = run(checkout, "up", uv=UV, python3=f"{pretended}\n{PYTHON}")
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    return done.returncode == 0


def finds(checkout: Path, run, minor: int) -> bool:
    """Whether the script finds a Python that only bears its version's own name."""
    done = run(checkout, "up", uv=UV, python3="exit 1", **{f"python3_{minor}": PYTHON})
    run(checkout, "up", **{f"python3_{minor}": "exit 1"})
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    return done.returncode == 0


@pytest.mark.parametrize(
    "machine",
    [
        ({"getconf": "exit 1", "ldd": "echo 'musl libc (x86_64)' >&2; exit 1"}, "this machine has musl", True),
        ({"getconf": "echo glibc 2.17"}, "this machine has glibc 2.17", True),
        ({"getconf": "echo glibc 2.28", "uname": "[ $1 = -s ] && echo Linux || echo x86_64"}, "", False),
        (
            {"getconf": "echo glibc 2.41", "uname": "[ $1 = -s ] && echo Linux || echo riscv64"},
            "Linux on riscv64",
            False,
        ),
        ({"uname": "[ $1 = -s ] && echo Darwin || echo x86_64"}, "Darwin on x86_64", False),
        ({"uname": "[ $1 = -s ] && echo Darwin || echo arm64"}, "", False),
    ],
)
def test_a_machine_without_wheels_is_told_before_anything_is_downloaded(checkout, run, home, machine):
    tools, said, ends = machine
    done = run(checkout, "up", uv=UV, python3=PYTHON, **tools)
    before = done.stderr.partition("nexora: making an environment")[0]

    assert done.returncode == (1 if ends else 0)
    assert said in before
    assert len(before.splitlines()) == (1 if said else 0)
    assert bool(asked(home)) is not ends


def test_a_newer_python_beside_an_old_one_is_found(checkout, run, home):
    old = '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1'
    done = run(checkout, "up", uv=UV, python3=old, python3_12=PYTHON)

    assert (done.returncode, done.stdout) == (0, "ran up\n")


def test_a_python_that_finds_its_library_only_from_where_it_lies_is_used_from_there(checkout, run, home, tmp_path):
    unpacked = tmp_path / "unpacked" / "python3"
    unpacked.parent.mkdir()
    unpacked.write_text(
        f'#!/bin/sh\n"{sys.executable}" "$@" || exit 1\n'
        f'[ "$1 $2" = "-m venv" ] && [ "$0" != "{unpacked}" ] || exit 0\n'
        'for folder; do :; done\nrm "$folder/bin/python"\n'
    )
    unpacked.chmod(0o755)
    link = tmp_path / "python3"
    link.symlink_to(unpacked)
    done = run(checkout, "up", uv=UV, NEXORA_PYTHON=str(link))

    assert (done.returncode, done.stdout) == (0, "ran up\n")


def test_another_environment_leaves_the_usual_one_alone(checkout, run, home, tmp_path):
    run(checkout, "up", uv=UV, python3=PYTHON)
    before = sorted(path.name for path in (checkout / ".venv").iterdir())
    other = tmp_path / "another place" / "env"
    done = run(checkout, "up", NEXORA_ENV=str(other))

    assert (done.returncode, done.stdout) == (0, "ran up\n")
    assert (other / "bin" / "python").exists()
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == before
    assert run(checkout, "up").stderr == ""


def test_a_failed_install_is_told_and_tried_again(checkout, run, home):
    runtime = checkout / "deploy" / "lock" / "runtime.txt"
    runtime.write_text(f"absent==1 --hash=sha256:{'0' * 64}\n")
    broken = 'echo "no network" >&2; [ "$1" = --version ]'
    failed = run(checkout, "up", uv=broken, python3=PYTHON)

    assert failed.returncode == 1
    assert "no network\nnexora: uv could not install them; trying pip" in failed.stderr
    assert "No matching distribution found for absent==1" in failed.stderr
    assert failed.stderr.endswith("could not be installed; the lines above say why. Start again to try again.\n")

    runtime.write_text("# mended\n")
    assert run(checkout, "up", uv=UV).stdout == "ran up\n"


def test_a_python_that_was_taken_away_makes_a_new_environment(checkout, run, home):
    run(checkout, "up", uv=UV, python3=PYTHON)
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")

    done = run(checkout, "up")

    assert done.stdout == "ran up\n"
    assert "making an environment" in done.stderr


def test_an_environment_moved_with_its_folder_is_not_trusted(checkout, run, home, tmp_path):
    run(checkout, "up", uv=UV, python3=PYTHON)
    moved = checkout.rename(tmp_path / "moved")

    done = run(moved, "up")

    assert done.stdout == "ran up\n"
    assert "installing" in done.stderr


def test_the_script_needs_no_more_than_a_posix_shell():
    script = ROOT / "nexora"

    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", script], check=True)


# --- The locks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LOCKS, "documents"])
def test_a_lock_names_hashes_and_no_host(name):
    text = (ROOT / "deploy" / "lock" / f"{name}.txt").read_text()
    pins = re.findall(r"^[a-z0-9-]+==\S+(?:.*\\\n)+", text, re.MULTILINE)

    assert pins
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert not re.search(r"https?:|--index|--find-links|\.(?:com|io|net|org)\b", text)
    assert text.count("--hash=sha256:") >= len(pins)


def pins_of(name: str) -> dict[str, str]:
    text = (ROOT / "deploy" / "lock" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_the_locks_agree_with_one_another():
    runtime, models, dev = pins_of("runtime"), pins_of("models"), pins_of("dev")

    assert {name for name in runtime.keys() & models.keys() if runtime[name] != models[name]} == set()
    assert {name for name in dev.keys() & (runtime | models).keys() if dev[name] != (runtime | models)[name]} == set()
    documents = pins_of("documents")
    assert {name for name in documents.keys() & runtime.keys() if documents[name] != runtime[name]} == set()
    assert models["litellm"] == "1.110.2"
    assert "litellm" not in runtime


def test_every_dependency_that_the_project_names_is_locked():
    text = (ROOT / "pyproject.toml").read_text()
    dependencies = re.findall(
        r'^    "([A-Za-z0-9.-]+)', text.partition("dependencies = [")[2].partition("]\n")[0], re.MULTILINE
    )

    assert len(dependencies) > 15
    assert {re.sub("[-_.]+", "-", name).lower() for name in dependencies} - pins_of("runtime").keys() == set()
