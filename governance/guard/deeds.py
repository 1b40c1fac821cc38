"""Which kind of action a tool does, by its name, and whether a person asked for one, by their words.

It looks for verbs in English, German and Chinese and understands no sentence: what it does not find was not asked for.
A noun is no request: who asks what an e-mail says has not asked to send one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 20_000
"""So much of what somebody says is looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """One kind: the words by which tools are named so, and the verbs by which people ask for it.

    `needs_object`: its verbs are said of so much that what they are about must be named as well.
    """

    named: str
    english: str
    german: str
    chinese: str
    needs_object: bool = False


_DEEDS = (
    _Deed(
        named="add append attach insert invite join enroll assign",
        english="add append attach include insert invite put assign",
        german="füge hinzufügen ergänze ergänzen trage eintragen lade einladen hänge anhängen",
        chinese="加 添 附 拉 邀 补 写入 放",
    ),
    _Deed(
        named="book reserve order rent",
        english="book reserve order rent reservation",
        german="buche buchen reserviere reservieren bestelle bestellen miete mieten",
        chinese="预订 预定 订 租",
    ),
    _Deed(
        named="change edit modify move patch rename replace reschedule resize set update",
        english="adjust change correct edit fix modify move postpone rename replace reschedule set shift update",
        german="ändere ändern aktualisiere aktualisieren verschiebe verschieben korrigiere korrigieren passe anpassen",
        chinese="改 更新 调整 更正 移 推迟 提前 换 设为 设置",
    ),
    _Deed(
        named="create make new plan put schedule start upload write",
        english="add arrange create draft make plan put remind save schedule set upload write",
        german="erstelle erstellen lege anlegen plane planen schreibe schreiben erinnere speichere speichern",
        chinese="创建 新建 建 加 添 安排 约 提醒 写 保存 上传",
        needs_object=True,
    ),
    _Deed(
        named="archive cancel clear delete drop erase kick purge remove revoke trash unshare",
        english="archive cancel clear delete discard drop erase kick purge remove revoke trash",
        german="lösche löschen entferne entfernen storniere stornieren sage absagen",
        chinese="删 移除 清 取消 撤 踢",
    ),
    _Deed(
        named="bill charge donate invoice money pay payment purchase refund transaction transfer wire",
        english="donate pay purchase refund reimburse repay settle transfer wire",
        german="bezahle bezahlen zahle zahlen überweise überweisen erstatte erstatten",
        chinese="付 支付 转账 汇 退款 退还 还 缴",
    ),
    _Deed(
        named="comment email forward mail message notify post publish reply respond send text tweet",
        english="answer comment email forward inform mail message notify post publish reply respond send tell write",
        german="sende senden schick schicke schicken schreib schreibe schreiben antworte antworten leite weiterleiten "
        "informiere benachrichtige veröffentliche poste teile mitteilen",
        chinese="发 寄 转发 回复 答复 通知 告诉 告知 写信 抄送 发布",
    ),
    _Deed(
        named="grant permit share",
        english="grant share",
        german="teile teilen gib freigeben",
        chinese="分享 共享 授权",
    ),
)
_OBJECTS = (
    "appointment calendar event meeting reminder termin kalender besprechung erinnerung 日历 日程 活动 会议 约会 提醒",
    "document file folder page note spreadsheet datei dokument ordner seite notiz tabelle 文件 文档 页面 笔记 表格",
    "bug issue task ticket todo aufgabe fehler 任务 工单 问题 待办",
    "payment transaction transfer order zahlung überweisung auftrag 付款 转账 订单",
    "channel group room kanal gruppe raum 频道 群",
)
_ALSO_NOUNS = frozenset(
    {
        *("answer", "book", "comment", "draft", "email", "fix", "mail", "message"),
        *("order", "plan", "post", "rent", "schedule", "text"),
    }
)
_SMALL_WORDS = (
    "a an another any by each every for from her his in its last latest my new no of on one other our recent some that "
    "the their these this those unread via with your"
)
_BEFORE_NOUNS = frozenset(_SMALL_WORDS.split())
_NOT = frozenset({"don't", "dont", "never", "not", "without", "nicht", "nie", "ohne", "keine"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DASHED = re.compile(r"\be-mail", re.IGNORECASE)
_TO_ONESELF = frozenset({"me", "mir", "uns", "us"})
_NOT_CHINESE = re.compile(r"(?:不要|不用|不必|别|勿|不)\S{0,2}$")


def is_asked(tool: str, request: str) -> bool:
    """Whether these words of a person ask for what a tool of that name does. A name that says nothing: no."""
    deeds = deeds_of(tool)
    if not deeds:
        return False
    said = request[:MOST_CHARACTERS]
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(_DASHED.sub("mail", said))]
    return any(
        _says(deed, words, said) and (not deed.needs_object or _names_object(tool, words, said)) for deed in deeds
    )


def deeds_of(tool: str) -> tuple[_Deed, ...]:
    """What a tool does by its name: its first verb tells, and what moves money is that, too."""
    parts = _parts(tool)
    first = next((found for part in parts if (found := [deed for deed in _DEEDS if part in deed.named.split()])), [])
    money = [deed for deed in _DEEDS if "money" in deed.named.split() and set(parts) & set(deed.named.split())]
    return tuple(dict.fromkeys((*first, *money)))


def _parts(tool: str) -> list[str]:
    return [part.lower() for part in _NAME_PART.findall(tool.rpartition("__")[2])]


def _names_object(tool: str, words: Sequence[str], said: str) -> bool:
    """Whether what a tool is about, by its name, is named in these words, in whatever language."""
    parts = {part.removesuffix("s") for part in _parts(tool)}
    wanted = parts.union(*(group.split() for group in _OBJECTS if parts & set(group.split())))
    named = {word.removesuffix("s") for word in words}
    return bool(wanted & named) or any(word in said for word in wanted if not word.isascii() and len(word) > 1)


def _says(deed: _Deed, words: Sequence[str], said: str) -> bool:
    meant = _FORMS[deed]
    for before, word, after in zip(("", *words), words, (*words[1:], ""), strict=False):
        base = meant.get(word)
        is_noun = base in _ALSO_NOUNS and before in _BEFORE_NOUNS
        if base is not None and before not in _NOT and after not in _TO_ONESELF and not is_noun:
            return True
    return any(
        not _NOT_CHINESE.search(said[max(0, found.start() - 4) : found.start()])
        for verb in deed.chinese.split()
        for found in re.finditer(rf"{verb}(?!给?我)", said)
    )


def _forms(deed: _Deed) -> Iterator[tuple[str, str]]:
    """The words that ask for it, each with its verb; a plural of what is a noun as well asks for nothing."""
    for verb in deed.english.split():
        stem = verb.removesuffix("e")
        yield verb, verb
        yield f"{stem}ing", verb
        if verb not in _ALSO_NOUNS:
            yield f"{verb}s", verb
    yield from ((verb, verb) for verb in deed.german.split())


_FORMS: Mapping[_Deed, Mapping[str, str]] = {deed: dict(_forms(deed)) for deed in _DEEDS}
