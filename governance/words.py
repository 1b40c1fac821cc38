"""Every sentence that governance says to a person, in English and Chinese. It decides nothing and formats only."""

from typing import Any

LANGUAGES = ("en", "zh")

_WORDS: dict[str, tuple[str, str]] = {
    # cards
    "card.tool_call": ("{agent} wants to run {title}", "{agent} 请求执行 {title}"),
    "card.admission": ("Somebody new asks to come in", "有新用户请求加入"),
    "card.binding": ("Which agent answers in {title}?", "群组 {title} 由哪个智能体回答？"),
    "card.binding.approved": ("{agent} answers in {title}", "群组 {title} 由 {agent} 回答"),
    "card.binding.denied": ("Left open, everybody's own agent answers: {title}", "未指定智能体，各自使用默认：{title}"),
    "card.binding.expired": (
        "Nobody chose, so everybody's own agent answers: {title}",
        "无人选择，各自使用默认智能体：{title}",
    ),
    "card.binding.cancelled": ("Settled with a command: {title}", "已通过命令设置：{title}"),
    "card.approved": ("Approved: {title}", "已批准：{title}"),
    "card.denied": ("Denied: {title}", "已拒绝：{title}"),
    "card.expired": ("Expired: {title}", "已过期：{title}"),
    "card.lapsed": ("Approved, but not run in time: {title}", "已批准，但未能及时执行：{title}"),
    "card.cancelled": ("Cancelled: {title}", "已取消：{title}"),
    "fact.for": ("For", "请求人"),
    "fact.agent": ("Agent", "智能体"),
    "fact.risk": ("Risk", "风险"),
    "fact.why": ("Why it asks", "需审批原因"),
    "fact.network": ("Network", "网络"),
    "network.yes": ("the command will have it", "命令将可以联网"),
    "fact.files": ("Only with this content", "仅限此内容"),
    "files.more": ("and {number} more", "等另外 {number} 个"),
    "fact.expires": ("Answer by", "截止时间"),
    "fact.by": ("By", "处理人"),
    "fact.at": ("At", "时间"),
    "fact.reason": ("Reason", "理由"),
    "fact.account": ("Account", "账号"),
    "fact.channel": ("Channel", "渠道"),
    "fact.progress": ("Approved so far", "已批准"),
    "fact.said": ("First words", "首条消息"),
    "fact.group": ("Group", "群组"),
    "fact.spoken_by": ("First spoken to by", "首位发言人"),
    "fact.agents": ("Agents", "智能体"),
    "agents.in_words": ("{agents} (or type /approve {code} AGENT)", "{agents}（也可发送 /approve {code} 智能体）"),
    "fact.scope": ("Scope", "范围"),
    "scope.once": ("once", "仅此一次"),
    "scope.conversation": ("for this conversation", "本会话内有效"),
    "button.approve": ("Approve", "批准"),
    "button.deny": ("Deny", "拒绝"),
    "button.grant": ("For this conversation", "本会话内允许"),
    "button.admit": ("Admit as operator", "接纳为操作员"),
    "button.refuse": ("Refuse", "拒绝"),
    "button.leave_open": ("Leave it open", "不指定"),
    "risk.low": ("low", "低"),
    "risk.medium": ("medium", "中"),
    "risk.high": ("high", "高"),
    "risk.critical": ("critical", "严重"),
    "fallback.tool_call": ("/approve {code} or /deny {code} reason", "/approve {code} 或 /deny {code} 理由"),
    "fallback.tool_call.grant": (
        "/approve {code}, /approve {code} here for this conversation, or /deny {code} reason",
        "/approve {code}、/approve {code} 本会话 或 /deny {code} 理由",
    ),
    "fallback.admission": (
        "/approve {code} or /deny {code}; /admit {code} NAME links it to somebody you know",
        "/approve {code} 或 /deny {code}；/admit {code} 用户名 可关联到已有用户",
    ),
    "fallback.binding": (
        "/approve {code} AGENT, or /deny {code} to leave it open; in the group itself /bind AGENT",
        "/approve {code} 智能体，或 /deny {code} 表示不指定；也可在群内发送 /bind 智能体",
    ),
    "note.requester": (
        "Waiting for {deciders}. Nothing runs before one of them decides. /cancel {code} withdraws it.",
        "正在等待 {deciders} 审批，批准前不会执行。发送 /cancel {code} 可撤回。",
    ),
    "note.no_decider": (
        (
            "Nobody may decide this yet: it needs an admin other than you, whom an admin adds in the console under "
            "People. /cancel {code} withdraws it."
        ),
        "暂时无人可以审批：需要您以外的管理员。请管理员在控制台的“人员”页面添加。发送 /cancel {code} 可撤回。",
    ),
    # answers to a press
    "press.missing": ("There is no such request.", "没有这个请求。"),
    "press.own": (
        "You asked for this yourself, so somebody else has to decide it.",
        "这是您自己发起的请求，必须由其他人审批。",
    ),
    "press.not_yours": ("Only an active {role} may decide this.", "只有在职的{role}可以审批此请求。"),
    "press.late": ("Already {status} by {who} at {at}.", "已由 {who} 于 {at} {status}。"),
    "press.late_expired": ("It expired at {at} without a decision, so it was refused.", "已于 {at} 过期，按拒绝处理。"),
    "press.late_lapsed": (
        "It was approved by {who} at {at}, but could not run in time, so the approval ran out.",
        "已由 {who} 于 {at} 批准，但未能及时执行，批准已失效。",
    ),
    "press.again": ("You have already answered; {missing} more needed.", "您已表态，还需要 {missing} 人。"),
    "press.progress": ("Noted. {missing} more must approve.", "已记录，还需要 {missing} 人批准。"),
    "press.approved": ("Approved.", "已批准。"),
    "press.granted": (
        "Approved for this conversation until {until}. /grants lists it, /revoke {code} ends it.",
        "已批准，本会话内有效至 {until}。/grants 查看，/revoke {code} 撤销。",
    ),
    "press.denied": ("Denied.", "已拒绝。"),
    "press.bound": (
        "{agent} answers in that group from now on, those to whom it is granted. /unbind there ends it.",
        "今后该群组由 {agent} 回答（仅限已获授权的人）。在群内发送 /unbind 可取消。",
    ),
    "press.left_open": (
        "Left open: everybody's own agent answers there. /bind AGENT in the group changes that.",
        "未指定：各自使用默认智能体。在群内发送 /bind 智能体 可更改。",
    ),
    "press.which_agent": (
        "This asks for an agent: press one, or type /approve {code} AGENT.",
        "请选择一个智能体：按下按钮，或发送 /approve {code} 智能体。",
    ),
    "press.cancelled": ("Withdrawn.", "已撤回。"),
    "press.no_grant": (
        "This is too risky for a standing permission; approve it once or deny it.",
        "此操作风险过高，不能在会话内持续允许，请单次批准或拒绝。",
    ),
    "press.unknown_choice": ("This button means nothing here.", "无法识别此按钮。"),
    "press.not_yours_to_cancel": ("Only who asked, or an admin, may withdraw it.", "只有请求人或管理员可以撤回。"),
    "press.stranger": (
        "Your account is not linked to anybody here, so your press does not count. Write to me directly first.",
        "您的账号尚未关联，操作无效。请先私聊我完成关联。",
    ),
    "request.lapsed": (
        (
            "Request {code} ({title}) was approved, but could not run within {minutes} min, so the approval ran out "
            "and nothing was run. Ask again if you still want it."
        ),
        (
            "请求 {code}（{title}）已获批准，但未能在 {minutes} 分钟内执行，"
            "批准已失效，未执行任何操作。如仍需要，请重新发起。"
        ),
    ),
    "press.name_taken": ("There is no active person named {name}.", "没有名为 {name} 的在职用户。"),
    "admission.admitted": (
        "You are in. An admin still has to grant you an agent; /agents shows which you have, /help what you can do.",
        "您已通过审核。还需管理员为您授权智能体：/agents 查看可用智能体，/help 查看帮助。",
    ),
    "admission.linked": (
        "This account is yours now. /agents shows the agents you may use, /help what you can do.",
        "账号已关联。/agents 查看可用智能体，/help 查看帮助。",
    ),
    "admission.refused": ("An admin has turned you away.", "管理员拒绝了您的请求。"),
    "admission.asked": (
        (
            "I don't know you yet, so I have asked the admins. You hear from me as soon as one of them answers. "
            "If you have an account here already, sign in to the console, and link this chat with /link."
        ),
        "我还不认识您，已通知管理员，审核后会告诉您。如果您已有账号，请登录控制台，并发送 /link 关联此会话。",
    ),
    "admission.waiting": (
        "The admins have been asked and have not answered yet. /link joins this chat to an account you already have.",
        "管理员尚未审核，请稍候。如果您已有账号，可发送 /link 关联此会话。",
    ),
    "admission.disabled": ("Your access has been ended. Ask an admin.", "您的账号已停用，请联系管理员。"),
    "status.approved": ("approved", "批准"),
    "status.denied": ("denied", "拒绝"),
    "status.cancelled": ("withdrawn", "撤回"),
    "status.expired": ("expired", "过期"),
    "role.admin": ("admin", "管理员"),
    "role.operator": ("operator", "操作员"),
    "deciders.one": ("{names}", "{names}"),
    "who.nobody": ("nobody", "无"),
    "who.system": ("the system", "系统"),
}


def say(key: str, language: str, **fields: Any) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)
