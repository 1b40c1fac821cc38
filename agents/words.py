"""The sentences that a turn says to a person when it does not end with the model's own words, in both languages."""

from agents.models.protocol import ContentFiltered, ContextFull, End, Finished, Mends, ModelCutShort, ModelRefused
from channels.text.visible import visible

_WORDS: dict[str, tuple[str, str]] = {
    "background_done": (
        "{id} in the background has ended: {how} · `{command}`",
        "后台命令 {id} 已结束：{how} · `{command}`",
    ),
    "background_ended": (
        "{id} in the background was ended, because Nexora stopped. Ask for it again if it is still wanted: `{command}`",
        "Nexora 停止运行，后台命令 {id} 已终止。如仍需要，请重新提出：`{command}`",
    ),
    "background_lost": (
        (
            "{id} in the background is gone, because the gateway that ran it died. Look at how far it came before you "
            "ask for it again: `{command}`"
        ),
        "运行后台命令 {id} 的网关已崩溃，命令随之中断。请先确认进展，再决定是否重新提出：`{command}`",
    ),
    "background_stopped": (
        "{id} in the background was stopped: `{command}`",
        "后台命令 {id} 已停止：`{command}`",
    ),
    "begun_anew": (
        "(The model's provider does not take what was said here earlier, so this conversation has begun anew.)",
        "（模型服务不接受此前的内容，会话已重新开始。）",
    ),
    "context_full": (
        "This is more than the model can read at once. Send less of it, or in parts.",
        "内容太长，超出了模型一次能读的范围。请精简后再发，或分几次发送。",
    ),
    "cut_short": ("The answer broke off. Write “go on” to have it continued.", "回答中断了，回复“继续”可接着说。"),
    "declined": ("The model declined to answer this. Ask in other words.", "模型拒绝回答这个问题，请换个说法再试。"),
    "declined_rest": ("The model declined to say more.", "模型没有继续回答。"),
    "empty": ("The model gave no answer. Ask again, or in other words.", "模型没有给出回答，请换个说法再试。"),
    "found": ("Found so far:", "目前得到的结果："),
    "found_failed": ("did not work", "未成功"),
    "found_nothing": ("no output", "没有输出"),
    "loop": (
        "I stopped, because I was repeating the same calls without getting further.",
        "我在重复同样的操作且没有进展，已停止。",
    ),
    "filtered": (
        "The provider's filter withheld the answer. Ask in other words.",
        "回答被模型服务的内容过滤拦截了，请换个说法再试。",
    ),
    "filtered_request": (
        "The provider's filter does not let this through. It says: {reason} Ask in other words.",
        "这条内容被模型服务的内容过滤拦截，对方称：{reason} 请换个说法再试。",
    ),
    "filtered_rest": ("The provider's filter cut the answer off here.", "回答到这里被模型服务的内容过滤截断了。"),
    "length": (
        "The answer was cut at the model's limit; write “go on” to continue.",
        "回答达到了模型的长度上限，被截断了；回复“继续”可接着说。",
    ),
    "length_empty": (
        "The model reached its limit before it said anything; ask for less, or write “go on” to let it try again.",
        "模型还没开始回答就达到了长度上限；请缩小问题范围，或回复“继续”再试一次。",
    ),
    "no_credit": (
        "The model's provider refuses. It says: {reason} Its account has to be topped up.",
        "模型服务拒绝了请求，对方称：{reason} 该账户需要充值。",
    ),
    "refused": (
        "The model's provider refuses. It says: {reason} An admin can mend this in the settings.",
        "模型服务拒绝了请求，对方称：{reason} 请管理员检查设置。",
    ),
    "refused_request": (
        (
            "The model's provider does not take this request. It says: {reason} "
            "Ask in other words, or begin anew with /new."
        ),
        "模型服务不接受这次请求，对方称：{reason} 请换个说法，或发送 /new 开始新的会话。",
    ),
    "steps": (
        "I stopped after {steps} steps. Say “go on” if I should continue.",
        "已执行 {steps} 步，先停在这里。如需继续请说“继续”。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "too_long": (
        "The answer is cut here, after {limit} characters; write “go on” to continue.",
        "回答已超过 {limit} 个字符，在此截断；回复“继续”可接着说。",
    ),
    "tool.current_time": ("Look at the clock", "查看时间"),
    "tool.edit_file": ("Edit", "修改文件"),
    "tool.fetch_url": ("Fetch", "打开网页"),
    "tool.list_files": ("List files", "列出文件"),
    "tool.read_file": ("Read", "读取文件"),
    "tool.search_files": ("Search files for", "搜索文件"),
    "tool.send_file": ("Send file", "发送文件"),
    "tool.shell": ("Run", "执行命令"),
    "tool.shell_output": ("Look at background command", "查看后台命令"),
    "tool.shell_stop": ("Stop background command", "停止后台命令"),
    "tool.web_search": ("Search the web for", "搜索网页"),
    "tool.write_file": ("Write", "写入文件"),
    "unknown_end": (
        "The answer may not be complete; its provider says that it ended with: {reason}",
        "回答可能不完整，模型服务给出的结束原因：{reason}",
    ),
    "unavailable": (
        "The model cannot be reached right now: {reason} Your message is kept; ask again in a moment.",
        "暂时无法连接模型：{reason} 您的消息已保存，请稍后再试。",
    ),
}
_REFUSED = {Mends.ACCOUNT: "no_credit", Mends.REQUEST: "refused_request", Mends.SETTINGS: "refused"}
_ENDS = {
    End.FILTERED: ("filtered_rest", "filtered"),
    End.LENGTH: ("length", "length_empty"),
    End.REFUSED: ("declined_rest", "declined"),
}
"""The sentence below some words, and the one in place of them."""
_NO_MARKS = str.maketrans("“”„‟「」『』", '""""""""')
_LONGEST_REASON, _LONGEST_END = 300, 100


def knows(key: str) -> bool:
    """Whether there is a sentence of that name."""
    return key in _WORDS


def say(key: str, language: str, **fields: object) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)


def quoted(words: str, longest: int = _LONGEST_REASON) -> str:
    """Somebody else's words, as theirs: in quotation marks that they do not hold themselves, on one line, and cut."""
    flat = " ".join(visible(words).translate(_NO_MARKS).split())
    return f"“{flat if len(flat) <= longest else f'{flat[: longest - 1]}…'}”"


def explain(error: Exception, language: str) -> str:
    """What a person is told about a model that did not answer."""
    reason = quoted(str(error))
    if isinstance(error, ModelCutShort):
        return say("cut_short", language)
    if isinstance(error, ContextFull):
        return say("context_full", language)
    if isinstance(error, ContentFiltered):
        return say("filtered_request", language, reason=reason)
    if isinstance(error, ModelRefused):
        return say(_REFUSED[error.mends], language, reason=reason)
    return say("unavailable", language, reason=reason)


def told_of(end: Finished | None, language: str, *, has_words: bool) -> str:
    """What a person is told of how an answer ended, below its words if there are any; empty for a good end."""
    if end is None or end.end in (End.STOP, End.CALLS):
        return "" if has_words else say("empty", language)
    if end.end is End.UNKNOWN:
        return say("unknown_end", language, reason=quoted(end.reason, _LONGEST_END))
    with_words, without = _ENDS[end.end]
    return say(with_words if has_words else without, language)
