"""Entries with questions about them, beside many others of the same kind that answer none.

The questions were written as people ask, before any way to search was tried on them: few repeat the words of an entry,
some none of them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "zh", "mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, the entry that answers it, and the language that both are in."""

    question: str
    entry: str
    language: str


def questions() -> tuple[Asked, ...]:
    """All of them."""
    return tuple(asked for language in LANGUAGES for asked in _read(language))


def _read(language: str) -> Iterator[Asked]:
    entry = ""
    for line in Path(__file__).with_name(f"questions_{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            entry = line.removeprefix("= ")
        elif line.startswith("? "):
            yield Asked(question=line.removeprefix("? "), entry=entry, language=language)


_ENGLISH = (
    ("Ana", "Boris", "Chloe", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ivo", "Jelena", "Karim", "Lotte"),
    ("handles", "asked about", "is responsible for", "wrote down", "wants a report on", "has postponed"),
    (
        "the onboarding plan", "the invoice archive", "the mobile release", "the office move", "travel bookings",
        "database upgrades", "the hiring budget", "customer interviews", "the security audit", "meeting notes",
        "the test environment", "the payment report", "backup tapes", "the style guide", "printer supplies",
    ),
    (
        "every Monday", "by the end of March", "before each release", "together with finance",
        "until the budget is set",
        "after lunch on Tuesdays", "in the Berlin office", "on the shared drive", "at 9:30", "twice a month",
        "for the customer in Oslo", "once legal agrees",
    ),
)  # fmt: skip
_CHINESE = (
    ("王芳", "李强", "赵敏", "孙浩", "周婷", "吴磊", "郑洁", "冯涛", "陈静", "褚亮", "卫国", "蒋欣"),
    ("负责", "提到过", "正在整理", "推迟了", "要看", "记录了"),
    (
        "入职计划", "发票归档", "移动端发布", "办公室搬迁", "差旅预订", "数据库升级", "招聘预算", "客户访谈",
        "安全审计",
        "会议纪要", "测试环境", "支付报表", "备份磁带", "设计规范", "打印耗材",
    ),
    (
        "，每周一更新", "，三月底之前完成", "，每次发布前确认", "，和财务一起做", "，等预算确定", "，周二午饭后讨论",
        "，在上海办公室", "，放在共享盘", "，上午九点半开始", "，每月两次", "，给青岛的客户", "，法务同意以后继续",
    ),
)  # fmt: skip


def others(count: int, seed: int = 1) -> list[str]:
    """So many different entries, half of them Chinese, about what the questions are about as well."""
    choose = random.Random(seed)  # entries, not keys
    made: dict[str, None] = {}
    while len(made) < count:
        number = choose.randrange(1000)
        if choose.random() < 0.5:  # half
            who, does, what, when = (choose.choice(words) for words in _ENGLISH)
            made[f"{who} {does} {what} {when}, see note {number}."] = None
        else:
            who, does, what, when = (choose.choice(words) for words in _CHINESE)
            made[f"{who}{does}{what}{when}，见记录{number}。"] = None
    return list(made)
