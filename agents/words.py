"""The sentences that a turn says to a person when it does not end with the model's own words, in both languages."""

from agents.models import ModelCutShort, ModelRefused, ModelUnavailable

_WORDS: dict[str, tuple[str, str]] = {
    "cut_short": ("The answer broke off. Ask again to have it continued.", "回答中断了，请重新提问以继续。"),
    "empty": ("The model gave no answer. Ask again, or in other words.", "模型没有给出回答，请换个说法再试。"),
    "loop": (
        "I stopped, because I was repeating the same call without getting further.",
        "我在重复同样的操作且没有进展，已停止。",
    ),
    "refused": (
        "The model's provider refuses: {reason} An admin can mend this in the settings.",
        "模型服务拒绝了请求：{reason} 请管理员检查设置。",
    ),
    "steps": (
        "I stopped after {steps} steps. Say “go on” if I should continue.",
        "已执行 {steps} 步，先停在这里。如需继续请说“继续”。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "unavailable": (
        "The model cannot be reached right now: {reason} Your message is kept; ask again in a moment.",
        "暂时无法连接模型：{reason} 您的消息已保存，请稍后再试。",
    ),
}


def say(key: str, language: str, **fields: object) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)


def explain(error: Exception, language: str) -> str:
    """What a person is told about a model that did not answer."""
    reason = str(error).strip()
    reason = reason if reason.endswith((".", "。", "!", "?")) else f"{reason}."
    if isinstance(error, ModelCutShort):
        return say("cut_short", language)
    if isinstance(error, ModelRefused):
        return say("refused", language, reason=reason)
    if isinstance(error, ModelUnavailable):
        return say("unavailable", language, reason=reason)
    return say("unavailable", language, reason=reason)
