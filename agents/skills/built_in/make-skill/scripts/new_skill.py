"""Writes the folder of a new skill: new_skill.py FOLDER --description TEXT --body FILE, or with --check."""

import argparse
import json
import re
import sys
from pathlib import Path

_NAME = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def main() -> None:
    """Write it, or say what is wrong with it."""
    reader = argparse.ArgumentParser()
    reader.add_argument("folder", type=Path)
    reader.add_argument("--description", default="")
    reader.add_argument("--body", type=Path)
    for name in ("zh", "hosts", "secrets", "tools"):
        reader.add_argument(f"--{name}", default="")
    reader.add_argument("--check", action="store_true")
    given = reader.parse_args()
    name = given.folder.name
    if not _NAME.fullmatch(name) or name != name.lower() or len(name) > 64:
        sys.exit(f"{name} cannot be the name of a skill: use small letters, digits and single hyphens")
    place = given.folder / "SKILL.md"
    if given.check:
        wrong = list(_wrong(place, name))
        print("\n".join(wrong) or f"nothing is wrong with the head of {place}")
        sys.exit(bool(wrong))
    if not given.body or not given.body.is_file():
        sys.exit("--body names the Markdown file with the steps; write it first")
    if not 20 <= len(given.description) <= 1024:
        sys.exit("--description says in 20 to 1,024 characters what the skill does and when to use it")
    more = {"description-zh": given.zh, "hosts": given.hosts, "secrets": given.secrets, "version": "1"}
    head = [f"name: {name}", f"description: {_quoted(given.description)}"]
    head += [f"allowed-tools: {_quoted(given.tools)}"] if given.tools else []
    head += ["metadata:", *(f"  {key}: {_quoted(value)}" for key, value in more.items() if value)]
    given.folder.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(["---", *head, "---", "", given.body.read_text(encoding="utf-8-sig")]), encoding="utf-8")
    print(f"wrote {place}")


def _wrong(place: Path, name: str):
    if not place.is_file():
        yield f"there is no {place}"
        return
    lines = place.read_text(encoding="utf-8-sig").splitlines()
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not lines or lines[0].rstrip() != "---" or not end:
        yield "the head must stand between two lines ---"
        return
    head = "\n".join(lines[1:end])
    if f"name: {name}\n" not in f"{head}\n":
        yield f"name: must be {name}, as the folder is called"
    if not re.search(r"^description: \S", head, re.MULTILINE):
        yield "description: is missing"
    if len(lines) - end < 3:
        yield "below the head nothing is said"


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


if __name__ == "__main__":
    main()
