"""Every sentence that governance says to a person, in English and Chinese. It decides nothing and formats only."""

from typing import Any

from governance.words.accounts import ACCOUNT_WORDS
from governance.words.asking import ASKING_WORDS
from governance.words.elsewhere import ELSEWHERE_WORDS
from governance.words.guard import GUARD_WORDS
from governance.words.layers import LAYER_WORDS
from governance.words.network import HOST_WORDS, NETWORK_WORDS
from governance.words.shell import SHELL_WORDS

LANGUAGES = ("en", "zh")

_WORDS: dict[str, tuple[str, str]] = {
    # cards
    "card.tool_call": ("{agent} wants to run {title}", "{agent} 请求执行 {title}"),
    "card.whole": ("{title}: the whole text", "{title}：全文"),
    "card.strangers": ("{count} more ask to come in on {channel}", "{channel} 上另有 {count} 个新用户请求加入"),
    "note.strangers": (
        "/approve CODE lets one of them in, /deny CODE turns them away.",
        "发送 /approve 编号 批准其中一人加入，发送 /deny 编号 拒绝。",
    ),
    "note.strangers_more": (
        "And {left} more: /pending lists them all. /approve CODE lets one of them in, /deny CODE turns them away.",
        "另有 {left} 人，/pending 查看全部。发送 /approve 编号 批准其中一人加入，发送 /deny 编号 拒绝。",
    ),
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
    "card.call.done": ("Approved and run: {title}", "已批准并执行：{title}"),
    "card.call.failed": ("Approved, but it failed: {title}", "已批准，但执行失败：{title}"),
    "card.call.lapsed": ("Approved, but stopped before it ran: {title}", "已批准，但执行前已叫停：{title}"),
    "card.call.refused": ("Approved, but not run: {title}", "已批准，但未执行：{title}"),
    "card.call.unknown": ("Approved, but nobody knows what it did: {title}", "已批准，但执行结果未知：{title}"),
    "card.cancelled": ("Withdrawn: {title}", "已撤回：{title}"),
    "fact.for": ("For", "请求人"),
    "fact.agent": ("Agent", "智能体"),
    "fact.risk": ("Risk", "风险"),
    "fact.why": ("Why it asks", "需审批原因"),
    "fact.warning": ("Beware", "请注意"),
    "warning.letters": (
        "letters that look like others: {words}",
        "含有形似其他字母的字符：{words}",
    ),
    "script.new": ("{path}, new: {lines} lines, {digest}", "{path}，首次出现：{lines} 行，{digest}"),
    "script.changed": (
        "{path}, changed since it was last approved: {lines} lines, {digest}",
        "{path}，上次批准后有改动：{lines} 行，{digest}",
    ),
    "script.same": ("{path}, as last approved: {digest}", "{path}，与上次批准时一致：{digest}"),
    "script.unseen": (
        "{path} cannot be shown: too long, or no text; {digest}",
        "{path} 无法显示：过长或不是文本；{digest}",
    ),
    "script.sent": (
        "{path} may be sent: {size} bytes, {digest}; it begins",
        "{path} 可能会被发送：{size} 字节，{digest}，开头如下",
    ),
    "script.says": ("{path}: {why}", "{path}：{why}"),
    "warning.secret": (
        "it holds what looks like a secret, {number} in all; others read its length and digest in its place",
        "其中 {number} 处像是密钥；其他人只能看到其长度和摘要",
    ),
    "fact.network": ("Network", "网络"),
    "network.every": ("every public host on the web{hosts}", "所有公网主机{hosts}"),
    "network.hosts": ("only {hosts}, and what is listed", "仅限 {hosts} 以及已列出的主机"),
    "network.yes": ("only what is listed", "仅限已列出的主机"),
    "fact.effects": ("What it did when it was tried", "试运行时所做的更改"),
    "effects.head": (
        "It was tried apart from the workspace. Approving takes over exactly this, and runs nothing again:",
        "已在工作区之外试运行。批准后将原样采用以下更改，不会再次执行：",
    ),
    "effects.added": ("added {number} ({size}): {named}", "新增 {number} 项（{size}）：{named}"),
    "effects.changed": ("changed {number} ({size}): {named}", "修改 {number} 项（{size}）：{named}"),
    "effects.removed": ("removed {number} ({size}): {named}", "删除 {number} 项（{size}）：{named}"),
    "effects.more": ("and {number} more", "另有 {number} 项"),
    "effects.apart": ("; ", "；"),
    "effects.nothing": ("it changed nothing", "没有任何更改"),
    "effects.output": ("It said:", "输出："),
    "untried.network": (
        "it could not be tried beforehand, since it needs the network",
        "未能事先试运行，因为它需要联网",
    ),
    "untried.secrets": (
        "it could not be tried beforehand, since it is given secrets",
        "未能事先试运行，因为它会用到密钥",
    ),
    "fact.files": ("Only with this content", "仅限此内容"),
    "files.more": ("and {number} more", "等另外 {number} 个"),
    "fact.expires": ("Answer by", "截止时间"),
    "fact.by": ("By", "处理人"),
    "fact.at": ("At", "时间"),
    "fact.reason": ("Reason", "理由"),
    "fact.not_run": ("Not run because", "未执行原因"),
    "fact.account": ("Account", "账号"),
    "fact.progress": ("Approved so far", "已批准"),
    "fact.said": ("First words", "首条消息"),
    "fact.later": ("Since then", "此后"),
    "said.later": ("{count} more, answered once they are in", "另有 {count} 条，通过后一并回复"),
    "fact.group": ("Group", "群组"),
    "fact.spoken_by": ("First spoken to by", "首位发言人"),
    "fact.agents": ("Agents", "智能体"),
    "agents.in_words": ("{agents} (or type /approve {code} AGENT)", "{agents}（也可发送 /approve {code} 智能体）"),
    "fact.scope": ("Scope", "范围"),
    "scope.once": ("once", "仅此一次"),
    "scope.conversation": ("for this conversation", "本会话内有效"),
    "button.approve": ("Approve", "批准"),
    "button.open": ("Open the whole text", "查看全文"),
    "button.deny": ("Deny", "拒绝"),
    "button.grant": ("For this conversation", "本会话内允许"),
    "button.admit": ("Admit as operator", "接纳为操作员"),
    "button.admit_with": ("Admit with {agent}", "通过并授权 {agent}"),
    "button.refuse": ("Refuse", "拒绝"),
    "button.withdraw": ("Withdraw", "撤回"),
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
    "fallback.cut": (
        "Not everything fits here. /approve {code} sends you the whole text and approves nothing; /deny {code} reason",
        "此处无法显示全部内容。发送 /approve {code} 获取全文（不会批准）；或 /deny {code} 理由",
    ),
    "fallback.whole": (
        "/approve {code} {shown}, or /deny {code} reason",
        "/approve {code} {shown}，或 /deny {code} 理由",
    ),
    "fallback.admission": (
        "/approve {code} AGENT or /deny {code}; /admit {code} NAME links it to somebody you know, new NAME names them",
        "/approve {code} 智能体 或 /deny {code}；/admit {code} 用户名 可关联已有人员，/admit {code} 新 用户名 可另取名",
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
    "press.elsewhere": (
        (
            "This button was not sent to you here, so it does not count. Press the one on your own card, decide it in "
            "the console, or type /approve {code} or /deny {code}."
        ),
        (
            "这个按钮不是在此处发给您的，操作无效。"
            "请使用您自己的卡片、在控制台处理，或发送 /approve {code} 或 /deny {code}。"
        ),
    ),
    "press.late": ("Already {status} by {who}, at {at}.", "已由 {who} 于 {at} {status}。"),
    "press.late_expired": ("It expired at {at} without a decision, so it was refused.", "已于 {at} 过期，按拒绝处理。"),
    "press.late_lapsed": (
        "It was approved by {who}, at {at}, but could not run in time, so the approval ran out.",
        "已由 {who} 于 {at} 批准，但未能及时执行，批准已失效。",
    ),
    "press.again": ("You have already answered; {missing} more needed.", "您已表态，还需要 {missing} 人。"),
    "press.progress": ("Noted. {missing} more must approve.", "已记录，还需要 {missing} 人批准。"),
    "press.approved": ("Approved.", "已批准。"),
    "press.granted": (
        "Approved for this conversation until {until}. /grants lists it, /revoke {code} ends it.",
        "已批准，本会话内有效至 {until}。/grants 查看，/revoke {code} 撤销。",
    ),
    "press.opened": (
        "The whole text is sent to you, with the buttons below it.",
        "全文已发送给您，按钮在全文下方。",
    ),
    "press.unseen": (
        (
            "Nothing is approved yet, for your card does not show all of it. The whole text is sent to you: press the "
            "button below it, or type the code that stands there."
        ),
        "尚未批准：您的卡片未显示全部内容。全文已发送给您，请按全文下方的按钮，或发送其中的编号。",
    ),
    "press.opened_often": (
        "The whole text was sent to you {times} times already; read it there or in the console.",
        "全文已向您发送 {times} 次，请在那里或控制台查看。",
    ),
    "press.page": ("The console shows it too: {page}", "也可在控制台查看：{page}"),
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
    "press.not_yours_to_press": (
        "Only who asked may press Withdraw; it decides nothing.",
        "只有请求人可以点击“撤回”，操作无效。",
    ),
    "press.elsewhere_withdrawn": (
        "This button was not sent to you here, so it does not count. /cancel {code} withdraws the request.",
        "这个按钮不是在此处发给您的，操作无效。发送 /cancel {code} 可撤回该请求。",
    ),
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
    "request.refused": (
        "Request {code} ({title}) was approved by {who}, but it did not run: {why}.",
        "请求 {code}（{title}）已由 {who} 批准，但未执行：{why}。",
    ),
    "request.unknown": (
        (
            "Request {code} ({title}) was approved by {who}, and had begun when the program ended, so nobody knows "
            "what it did. It is not repeated: find out first what has happened."
        ),
        (
            "请求 {code}（{title}）已由 {who} 批准并开始执行，但程序中途退出，执行结果未知。"
            "系统不会重复执行，请先确认实际情况。"
        ),
    ),
    # why an approved call did not run
    "why.agent": ("whoever asked may not use this agent any more", "请求人已无权使用该智能体"),
    "why.agent_gone": ("there is no usable agent {agent} any more", "智能体 {agent} 已不可用"),
    "why.changed": ("what would run is not what was approved", "将要执行的内容与批准的内容不一致"),
    "why.deciders": (
        "{left} of those who approved may still decide, and {needed} are needed",
        "批准人中仍有审批权的只有 {left} 人，需要 {needed} 人",
    ),
    "why.ended": ("the program ended each time it was tried", "每次尝试时程序都中途退出"),
    "why.file_appeared": (
        "the file {path} appeared after approval was asked for; make the call again, to be asked anew",
        "发起审批后出现了文件 {path}，请重新发起",
    ),
    "why.trial_gone": (
        "what was tried is not there any more; make the call again, to be asked anew",
        "试运行的结果已不存在，请重新发起",
    ),
    "why.file_changed": (
        "the file {path} changed after approval was asked for; make the call again, to be asked anew",
        "发起审批后文件 {path} 有改动，请重新发起",
    ),
    "why.file_gone": (
        "the file {path} is gone after approval was asked for; make the call again, to be asked anew",
        "发起审批后文件 {path} 已不存在，请重新发起",
    ),
    "why.given_up": (
        "something in me failed at each of several tries ({reason})",
        "多次尝试均发生内部错误（{reason}）",
    ),
    "why.guard": ("{because}", "{because}"),
    "why.late": ("it could not begin within {minutes} min", "未能在 {minutes} 分钟内开始"),
    "why.person": ("whoever asked has been shut out", "请求人的账号已停用"),
    "why.stopped": ("whoever asked said stop before it began", "请求人在开始前已叫停"),
    "why.tool": ("the agent does not have the tool {tool} any more", "该智能体已没有工具 {tool}"),
    # what became of an approved call, after who approved it
    "became.done": ("It has run.", "已执行。"),
    "became.failed": ("It ran and failed.", "执行失败。"),
    "became.lapsed": ("It did not run: {why}.", "未执行：{why}。"),
    "became.refused": ("It did not run: {why}.", "未执行：{why}。"),
    "became.unknown": (
        "The program ended while it ran, so nobody knows what it did.",
        "执行期间程序退出，结果未知。",
    ),
    "press.name_taken": ("There is no active person named {name}.", "没有名为 {name} 的在职用户。"),
    "admission.admitted": (
        "You are in. An admin still has to grant you an agent; /agents shows which you have, /help what you can do.",
        "您已通过审核。还需管理员为您授权智能体：/agents 查看可用智能体，/help 查看帮助。",
    ),
    "admission.granted": (
        "You are in, and {agent} answers you. What you wrote is answered now; /help says what else you can do.",
        "您已通过审核，可使用 {agent}。您此前的消息现在开始处理；发送 /help 查看帮助。",
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
        (
            "The admins have been asked and have not answered yet. What you write meanwhile is kept, and answered once "
            "you are in. /link joins this chat to an account you already have."
        ),
        "管理员尚未审核，请稍候。您此间发送的消息会保留，通过后一并回复。如果您已有账号，可发送 /link 关联此会话。",
    ),
    "admission.full": (
        "I have kept {most} messages of yours for when an admin lets you in, and keep no more before that.",
        "已为您保留 {most} 条消息，待管理员通过后回复；在此之前不再保留更多。",
    ),
    "admission.disabled": ("Your access has been ended. Ask an admin.", "您的账号已停用，请联系管理员。"),
    # what a look at the whole record found
    "verify.whole": (
        "The record is whole, {first} to {last}. Lines: {lines}, writers: {writers}, checkpoints: {checkpoints}.",
        "审计记录完整：共 {lines} 条，{writers} 个写入者，{first} 至 {last}，{checkpoints} 个检查点。",
    ),
    "verify.broken": (
        "The record is not as it was written. Read: {first} to {last}, lines: {lines}, writers: {writers}.",
        "审计记录与写入时不一致。已检查：{lines} 条，{writers} 个写入者，{first} 至 {last}。",
    ),
    "verify.empty": (
        "There is nothing to verify: the record holds no line and no checkpoint, as before the first start.",
        "没有可校验的内容：既无记录也无检查点，与首次启动前相同。",
    ),
    "verify.empty_broken": (
        "The record holds no line any more, and it is not as it was written.",
        "审计记录中已没有任何记录，且与写入时不一致。",
    ),
    "status.approved": ("approved", "批准"),
    "status.denied": ("denied", "拒绝"),
    "status.cancelled": ("withdrawn", "撤回"),
    "status.expired": ("expired", "过期"),
    "role.admin": ("admin", "管理员"),
    "role.operator": ("operator", "操作员"),
    "who.system": ("the system", "系统"),
    "who.on": ("{who}, on {channel} as {account}", "{who}（{channel} 账号 {account}）"),
    "who.in_console": ("{who}, in the console", "{who}（控制台）"),
    **ACCOUNT_WORDS,
    **ASKING_WORDS,
    **GUARD_WORDS,
    **HOST_WORDS,
    **LAYER_WORDS,
    **NETWORK_WORDS,
    **ELSEWHERE_WORDS,
    **SHELL_WORDS,
}


def say(key: str, language: str, **fields: Any) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)
