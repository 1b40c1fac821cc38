"""What the gateway itself says to a person in chat, in both languages. Formats only."""

_WORDS: dict[str, tuple[str, str]] = {
    "buried.ended": (
        (
            "I could not handle your message: the program ended at each of several tries. It is kept, and an admin "
            "can see it."
        ),
        "多次尝试处理您的消息，程序每次都中途退出，现已放弃。消息已保存，管理员可以查看。",
    ),
    "buried.failed": (
        (
            "I could not handle your message: something in me failed at each of several tries ({kind}). It is kept, "
            "and an admin can see it."
        ),
        "多次尝试处理您的消息，每次都发生内部错误（{kind}），现已放弃。消息已保存，管理员可以查看。",
    ),
    "calls_lost": (
        "The program ended while this ran for you, so nobody knows what it did: {tools}. It is not repeated.",
        "程序在为您执行以下操作时退出，结果未知：{tools}。系统不会重复执行。",
    ),
    "correction": (
        "(The person edited an earlier message of theirs. Before, it said:)",
        "（用户修改了之前的一条消息，原文为：）",
    ),
    "correction_bare": (
        "(The person edited an earlier message of theirs, of whose words nothing is known.)",
        "（用户修改了之前的一条消息，原文未知。）",
    ),
    "correction_now": (
        "(This is a correction: the message below takes its place. Go by it, and redo only what it changes.)",
        "（这是一次更正：以下内容取代原文，请以此为准，只处理改动涉及的部分。）",
    ),
    "edited_command": (
        "An edited message is never a command, so that none runs twice. Send /{name} as a new message.",
        "为避免命令重复执行，编辑后的消息不作为命令处理。请将 /{name} 作为新消息发送。",
    ),
    "undelivered": (
        "⚠️ Something that belongs here was not taken: {reason} It is kept, and an admin can see it.",
        "⚠️ 有一条内容未能在此送达：{reason} 内容已保存，管理员可以查看。",
    ),
    "undelivered_file": (
        "📎 {names} could not be sent here: {reason} It is kept, and an admin can see it.",
        "📎 {names} 未能在此发送：{reason} 内容已保存，管理员可以查看。",
    ),
    "lacks": ("the platform does not let me do this ({word}). {repair}", "平台不允许此操作（{word}）。{repair}"),
    "cannot.begin": ("cannot write to somebody first", "无法主动发起私聊"),
    "cannot.cards": ("cannot send cards", "无法发送卡片"),
    "cannot.fetch": ("cannot read files", "无法读取文件"),
    "cannot.files": ("cannot send files", "无法发送文件"),
    "cannot.rewrite": ("cannot change messages", "无法修改消息"),
    "cannot.words": ("cannot send", "无法发送消息"),
    "cannot.for": ("{what}: {word}", "{what}：{word}"),
    "cannot.also": (", ", "，"),
    "cannot.here": ("{what} in {room}", "在 {room} {what}"),
    "not_stored.kept": (
        "My database cannot be used just now. What you wrote is not lost: I answer it once that works again.",
        "数据库暂时不可用。您的消息不会丢失，恢复后我会回复。",
    ),
    "not_stored.again": (
        "My database cannot be used just now. If no answer has come in a few minutes, please send it again.",
        "数据库暂时不可用。如果几分钟后仍未收到回复，请重新发送。",
    ),
    "waiting": (
        "Everybody is busy just now. You are number {place} in the queue, and I begin as soon as it is your turn.",
        "当前任务较多，您排在第 {place} 位，轮到后会立即开始处理。",
    ),
    "full": (
        "{waiting} of your messages wait here already, so I did not take this one. Send it later, or /stop first.",
        "这里已有 {waiting} 条消息在排队，这条没有接收。请稍后再发，或发送 /stop 终止当前回答。",
    ),
    "too_long": (
        "This message has {length} characters; I read up to {limit}. Send it as a file instead.",
        "这条消息有 {length} 个字符，最多可读 {limit} 个。请改为发送文件。",
    ),
    "no_agent": (
        "You have not been granted an agent yet. Ask an admin, who types /grant {name} AGENT.",
        "您还没有可用的智能体。请联系管理员执行 /grant {name} 智能体名。",
    ),
    "agent_not_yours": (
        "You may not use {agent}. /agents lists yours; an admin adds to them with /grant {name} {agent}.",
        "您无权使用 {agent}。/agents 查看您的智能体；管理员可执行 /grant {name} {agent} 授权。",
    ),
    "agent_of_group": (
        (
            "In this group {agent} answers, and it has not been granted to you. Ask an admin, who types "
            "/grant {name} {agent}, or write to me directly."
        ),
        "此群组由 {agent} 回答，而您尚未获得授权。请联系管理员执行 /grant {name} {agent}，或直接私聊我。",
    ),
    "agent_gone": (
        "The agent {agent} cannot be used: {reason} /agents shows the others.",
        "智能体 {agent} 无法使用：{reason} 发送 /agents 查看其他智能体。",
    ),
    "digest.title": ("**Your digest** · since {since}", "**摘要** · 自 {since}"),
    "digest.waiting": ("- **{count} waiting for a decision**", "- **{count} 个请求待审批**"),
    "digest.request": (
        "  - `{code}` {title} · {who} · until {until}",
        "  - `{code}` {title} · {who} · 截止 {until}",
    ),
    "digest.more": ("  - and {count} more: /pending", "  - 另有 {count} 个：/pending"),
    "digest.nothing_waits": ("- Nothing waits for a decision.", "- 没有待审批的请求。"),
    "digest.decided": ("- Ended since then: {counts}", "- 期间已结束：{counts}"),
    "digest.confirmed": (
        "  - of these confirmed by the requester, as the only admin: {count}",
        "  - 其中由请求人本人（唯一的管理员）确认：{count}",
    ),
    "digest.nothing_decided": ("- No request ended since then.", "- 期间没有请求结束。"),
    "digest.approved": ("approved", "已批准"),
    "digest.cancelled": ("withdrawn", "已撤回"),
    "digest.denied": ("denied", "已拒绝"),
    "digest.expired": ("expired", "已过期"),
    "digest.spent": (
        "- You used {cost}: {tokens} tokens in {calls} calls.",
        "- 您的用量：{cost}，{tokens} 词元，{calls} 次调用。",
    ),
    "digest.spent_by_all": (
        "- Everybody together used {cost}: {tokens} tokens in {calls} calls. /usage person",
        "- 全员用量：{cost}，{tokens} 词元，{calls} 次调用。/usage person",
    ),
    "digest.nothing_spent": ("- No tokens were used.", "- 没有用量。"),
    "digest.channel": ("- ✗ Channel {name}: {reason}", "- ✗ 渠道 {name}：{reason}"),
    "digest.dead": ("- ✗ {count} messages could not be sent: /dead", "- ✗ {count} 条消息未能送达：/dead"),
    "digest.no_trouble": ("- All channels are up.", "- 所有渠道正常。"),
    "file_missed": ("(The file {name} could not be fetched: {reason})", "（文件 {name} 无法获取：{reason}）"),
    "file_too_large": (
        "{name} is too large: at most {limit} MB of it can be taken here. Nothing of it was kept; send it in parts.",
        "{name} 过大：此处最多接收 {limit} MB。文件未保存，请分成几部分发送。",
    ),
    "file_unreadable": (
        "I could not fetch {name}: {reason} Send it again once that is done.",
        "无法获取 {name}：{reason}处理完成后请重新发送。",
    ),
    "file_lost": (
        "I could not fetch {name}: {reason} Please send it again.",
        "无法获取 {name}：{reason} 请重新发送。",
    ),
    "voice_heard": (
        "{words}\n(Said in a voice message, kept in the workspace as {path})",
        "{words}\n（来自语音消息，已存到工作区 {path}）",
    ),
    "voice_kept": (
        "(The person sent a voice message, kept as {path}, which could not be turned into words: {reason})",
        "（用户发来语音消息，已存到 {path}，但无法转成文字：{reason}）",
    ),
    "voice_unheard": (
        "I cannot listen to voice messages here: an admin has to name a model in models.transcription. Please write.",
        "我无法收听语音消息：需要管理员在 models.transcription 中配置模型。请改用文字。",
    ),
    "voice_failed": (
        "I could not turn your voice message into words: {reason} Please write, or try again.",
        "无法将您的语音转成文字：{reason} 请改用文字或重试。",
    ),
    "file_saved": (
        "(The person sent a file; it is in the workspace as {path})",
        "（用户发来文件，已存到工作区 {path}）",
    ),
}


def say(key: str, language: str, **fields: object) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)


def both(key: str, **fields: object) -> str:
    """The sentence in both languages, for somebody whose language is not known."""
    return f"{say(key, 'en', **fields)}\n{say(key, 'zh', **fields)}"
