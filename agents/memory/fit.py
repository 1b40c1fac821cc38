"""What may be remembered: what somebody said themselves, nothing about credentials, no orders to a model."""

import re

from agents.memory.words import words_of
from governance.scanner.plain_words import plain_words

_STRONG = 0.5
_CREDENTIAL = re.compile(
    r"\b(?:pass(?:word|phrase|code)s?|api[ _-]?keys?|secrets?|tokens?|credentials?|private[ _-]?keys?|pin codes?|otp|"
    r"passw[oö]rt\w*|zugangsdaten|kennw[oö]rt\w*)\b|密码|口令|密钥|私钥|令牌|凭证|验证码|‹secret:",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules?|prompts?|guard|approvals?|policy|policies)\b|"
    r"\b(?:system|developer) (?:prompt|message)s?\b|\byou (?:are|must|should) (?:now|always|never)\b|"
    r"\bwithout (?:asking|approval|confirmation|telling)\b|"
    r"\b(?:always|automatically) (?:approve|forward|send|run|execute)\b|"
    r"(?:忽略|无视|绕过).{0,20}(?:指令|规则|提示|审批)|系统提示|(?:无需|不用|不要).{0,6}(?:审批|确认|询问|告知)|自动(?:批准|转发|发送|执行)",
    re.IGNORECASE,
)


def unfit(words: str) -> str:
    """Why this is not remembered, as a sentence for a model; empty where nothing speaks against it."""
    plain = plain_words(words)
    if not plain.strip():
        return "There are no words to remember."
    if _CREDENTIAL.search(plain):
        return "Nothing about passwords, keys or other credentials is remembered."
    if _ORDER.search(plain):
        return "Orders to an agent about its rules or about approvals are not remembered."
    return ""


def is_grounded(words: str, said: str) -> bool:
    """Whether somebody who said that may have meant this: the two share a word that says something."""
    ours, theirs = words_of(words), words_of(said)
    return any(weight >= _STRONG and theirs.get(word, 0.0) >= _STRONG for word, weight in ours.items())
