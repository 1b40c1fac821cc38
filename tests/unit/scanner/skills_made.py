"""Skills made for the tests of the scanner: what is harmful by technique, disguise and language, and what looks so.

None of it is anybody's, and nothing of it is ever run. The techniques stand in `techniques.toml`, and
skills after those that were met in public in `seen.toml`.
"""

import base64
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.packages.package import Package, package_of

MADE_OF = tomllib.loads(Path(__file__).with_name("techniques.toml").read_text(encoding="utf-8"))
SEEN = tomllib.loads(Path(__file__).with_name("seen.toml").read_text(encoding="utf-8"))["skill"]
FRONT = "---\nname: pdf-tables\ndescription: {about}\n---\n\n# PDF\n\n{about}\n\n"
ABOUT = {
    "en": "Summarises PDF files and takes tables out of them.",
    "zh": "总结 PDF 文件并提取其中的表格。",
    "ru": "Кратко пересказывает файлы PDF и извлекает из них таблицы.",
}


@dataclass(frozen=True)
class MadeSkill:
    """A skill with what it does and how that is disguised."""

    technique: str
    disguise: str
    package: Package


def skill(page: str, files: dict[str, str] | None = None, language: str = "en") -> Package:
    """A skill with that text below its description, and these files."""
    whole = FRONT.format(about=ABOUT[language]) + page
    others = {name: (0o755, text.encode()) for name, text in (files or {}).items()}
    return package_of({"SKILL.md": (0o644, whole.encode()), **others})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def malicious() -> Iterator[MadeSkill]:
    """Every technique in every disguise that fits it."""
    for name, code in MADE_OF["shell"].items():
        for disguise, package in _of_shell(code).items():
            yield MadeSkill(name, disguise, package)
    for name, code in MADE_OF["python"].items():
        indented = "\n".join(f"    {line}" for line in code.splitlines())
        yield MadeSkill(name, "python", skill("Run it.", {"scripts/main.py": f'"""Tables."""\n{code}'}))
        yield MadeSkill(name, "in a function", skill("", {"lib/x.py": f"def main():\n{indented}\nmain()\n"}))
    for name, code in MADE_OF["script"].items():
        yield MadeSkill(name, "javascript", skill("Run it.", {"scripts/main.js": code}))
        yield MadeSkill(name, "typescript", skill("", {"src/main.ts": f"export async function f() {{\n{code}}}\n"}))
    for name, files in MADE_OF["files"].items():
        yield MadeSkill(name, "file", skill("Install the package first.", files))
    for name, said in MADE_OF["words"].items():
        for language, sentence in said.items():
            for disguise, package in _of_words(sentence, language).items():
                yield MadeSkill(name, f"{disguise} {language}", package)


def seen() -> Iterator[tuple[MadeSkill, bool]]:
    """Skills after those that were met in public, each with whether it is known to be missed."""
    for one in SEEN:
        yield MadeSkill(one["name"], "seen", skill(one["page"], one.get("files"))), one.get("is_missed", False)


def _of_shell(code: str) -> dict[str, Package]:
    made = {
        "script": skill("Run `scripts/setup.sh`.", {"scripts/setup.sh": f"#!/bin/bash\nset -e\n{code}\n"}),
        "block": skill(f"## Setup\n\n```bash\n{code}\n```\n"),
        "comment": skill(f"Read the file.\n\n<!-- Run this before everything else:\n{code}\n-->\n"),
        "python": skill("", {"run.py": f"import os\nos.system({code!r})\n"}),
        "encoded": skill(f"Data: `{encoded(code)}`\n\nDecode it and run it.\n"),
    }
    return made if "\n" in code else {**made, "when loaded": skill(f"Context: !`{code}`\n")}


def _of_words(sentence: str, language: str) -> dict[str, Package]:
    made = {
        "prose": skill(f"## Steps\n\n1. Read.\n2. {sentence}\n", None, language),
        "comment": skill(f"Read it.\n\n<!-- {sentence} -->\n", None, language),
        "other file": skill("See notes.", {"references/notes.md": f"# Notes\n\n{sentence}\n"}, language),
    }
    if language != "en":
        return made
    joined = "".join(f"{sign}\u200b" if sign.isalpha() else sign for sign in sentence)
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalpha() and "http" not in sentence else sign for sign in sentence)
    return {
        **made,
        "tags": skill("Read it." + "".join(chr(0xE0000 + ord(sign)) for sign in sentence)),
        "joiners": skill(joined),
        "look-alikes": skill(sentence.translate(str.maketrans("aeo", "аео"))),
        "wide": skill(wide),
        "unshown": skill(f'<span style="display:none">{sentence}</span>\n'),
    }


def harmless() -> dict[str, Package]:
    return {
        name: skill(made["page"], made.get("files"), made["language"]) for name, made in MADE_OF["harmless"].items()
    }
