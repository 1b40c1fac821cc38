"""What lies in a new workspace of the rehearsal, so that there is something to list, read, search and change."""

from collections.abc import Mapping
from pathlib import Path

_FILES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "notes.txt": "Things to try with the rehearsal:\n\n- search hello\n- write hello to todo.txt, then /undo\n"
        "- write hello to AGENTS.md, which somebody has to approve\n",
        "sales.csv": "month,orders,revenue\nJanuary,120,4300\nFebruary,98,3710\nMarch,143,5205\n",
    },
    "zh": {
        "notes.txt": "可以在演练中试试：\n\n- 搜索 hello\n- 把 hello 写入 todo.txt，然后 /undo\n"
        "- 把 hello 写入 AGENTS.md（需要有人批准）\n",
        "sales.csv": "月份,订单,收入\n一月,120,4300\n二月,98,3710\n三月,143,5205\n",
    },
}


def furnish(folder: Path, language: str) -> None:
    """Put the files into a folder that was just made."""
    for name, text in _FILES.get(language, _FILES["en"]).items():
        (folder / name).write_text(text, encoding="utf-8")
