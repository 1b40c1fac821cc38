"""Every sentence in which a command answers, in English and Chinese. It decides nothing and formats only."""

_WORDS: dict[str, tuple[str, str]] = {
    # any command
    "unknown": (
        "There is no command /{name}. /help lists those you may use.",
        "没有命令 /{name}。/help 查看可用命令。",
    ),
    "unknown.near": (
        "There is no command /{name}. Did you mean /{near}? /help lists those you may use.",
        "没有命令 /{name}。您是想用 /{near} 吗？/help 查看可用命令。",
    ),
    "denied": (
        "/{name} is for admins. Ask one of them, or see with /help what you may use.",
        "/{name} 仅限管理员使用。请联系管理员，或发送 /help 查看您可用的命令。",
    ),
    "usage": ("Type `{usage}`: {summary}", "请输入 `{usage}`：{summary}"),
    "person.missing": (
        "There is no active person named {name}. /people lists them all.",
        "没有名为 {name} 的在用人员。/people 查看全部人员。",
    ),
    "person.missing.near": (
        "There is no active person named {name}. Did you mean {near}? /people lists them all.",
        "没有名为 {name} 的在用人员。您是想说 {near} 吗？/people 查看全部人员。",
    ),
    "role.admin": ("admin", "管理员"),
    "role.operator": ("operator", "操作员"),
    # /help, /whoami, /language, /people
    "help.title": ("**What you can type here**", "**可用命令**"),
    "help.more": ("`/help COMMAND` says more about one of them.", "发送 `/help 命令` 查看某个命令的说明。"),
    "help.admin": ("For admins.", "仅限管理员。"),
    "whoami": (
        "You are {label}, {role}.",
        "您是 {label}，角色：{role}。",
    ),
    "whoami.account": ("This account: {id} on {channel}.", "当前账号：{channel} 上的 {id}。"),
    "whoami.agents": ("Your agents: {agents}.", "您的智能体：{agents}。"),
    "whoami.no_agents": (
        "You have no agent yet; an admin gives you one with /grant.",
        "您还没有智能体，请管理员用 /grant 授权。",
    ),
    "language.set": ("I speak English with you from now on.", "今后将用中文与您交流。"),
    "people.line": ("{name} · {role} · agents: {agents}", "{name} · {role} · 智能体：{agents}"),
    "people.disabled": ("{name} · {role} · disabled", "{name} · {role} · 已停用"),
    "people.nobody": ("Nobody is called anything like {words}.", "没有名字包含 {words} 的人。"),
    "people.more": (
        "There are more than these {listed}. `/people PART` lists those in whose name it occurs.",
        "以上仅列出 {listed} 人。用 `/people 部分姓名` 查找其余人员。",
    ),
    "people.sure": ("Type `/people role {name} {role} yes`.", "发送 `/people role {name} {role} 确认`。"),
    "people.none": ("none", "无"),
    # /undo
    "undo.nothing": (
        "There is nothing of yours to be taken back here, or it is too long ago.",
        "此处没有可撤销的您的更改，或时间已太久。",
    ),
    "undo.done": (
        "**Taken back.** `/undo #{number}` would bring it back.",
        "**已撤销。** 发送 `/undo #{number}` 可恢复。",
    ),
    "undo.paths": ("Changed: {paths}", "涉及：{paths}"),
    "undo.more": ("{shown} and {more} more", "{shown} 等，另有 {more} 项"),
    "undo.gone": (
        "#{number} cannot be taken back, because what it replaced was too large to be kept.",
        "无法撤销 #{number}：被替换的内容过大，未予保留。",
    ),
    "undo.refused": (
        "#{number} was not taken back, as this changed later ({by}): {paths}. `/undo #{number} force` does it.",
        "未撤销 #{number}：以下内容此后又被更改（{by}）：{paths}。发送 `/undo #{number} 强制` 仍可撤销。",
    ),
    "undo.by_hand": ("by nobody's call", "并非由调用更改"),
    "undo.title": ("**What can be taken back here**", "**此处可撤销的更改**"),
    "undo.line": (
        "#{number} · {at} · {tool} {what} · places: {paths} · {state}",
        "#{number} · {at} · {tool} {what} · {paths} 处 · {state}",
    ),
    "undo.state.kept": ("can be taken back", "可撤销"),
    "undo.state.undone": ("taken back", "已撤销"),
    "undo.state.gone": ("too large to be taken back", "过大，无法撤销"),
    "undo.how": (
        "`/undo` takes back the last one, `/undo 3` the last three, `/undo #12` just that one.",
        "`/undo` 撤销最近一次，`/undo 3` 撤销最近三次，`/undo #12` 只撤销该次。",
    ),
    # /digest
    "digest.none": (
        "You get no digest. `/digest daily 8:30` sends one a day, `/digest weekly mon 8:30 Europe/Berlin` one a week.",
        "您没有摘要。`/digest daily 8:30` 每天发送，`/digest weekly mon 8:30 Asia/Shanghai` 每周发送。",
    ),
    "digest.is": (
        "Your digest: {when}, to {where}. `/digest now` shows it, `/digest off` ends it.",
        "您的摘要：{when}，发送到 {where}。`/digest now` 立即查看，`/digest off` 关闭。",
    ),
    "digest.set": (
        "I will send you a digest: {when}, to {where}. `/digest off` ends it.",
        "将为您发送摘要：{when}，发送到 {where}。`/digest off` 可关闭。",
    ),
    "digest.ended": ("You get no digest any more.", "摘要已关闭。"),
    "digest.every_day": ("every day", "每天"),
    "digest.zone": (
        "There is no time zone {zone}. Name one like Europe/Berlin or Asia/Shanghai.",
        "没有时区 {zone}。请写成 Asia/Shanghai 或 Europe/Berlin 的形式。",
    ),
    "digest.private": (
        "A digest is for you alone. Ask for it in a private chat with me, or add `to CHANNEL`.",
        "摘要仅供您本人查看。请在与我的私聊中发送，或加上 `to 渠道`。",
    ),
    "digest.no_account": (
        "You have no account on {channel}. Yours: {channels}. /link adds one.",
        "您在 {channel} 上没有账号。已有：{channels}。/link 可添加。",
    ),
    # agents
    "agents.none": (
        "You have no agent yet. Ask an admin to type /grant {name} AGENT.",
        "您还没有智能体。请管理员发送 /grant {name} 智能体名。",
    ),
    "agents.title": (
        "**Your agents** (✓ answers here; /use NAME changes that)",
        "**您的智能体**（✓ 为此会话当前使用；/use 名称 可切换）",
    ),
    "agents.until": ("until {until}", "有效至 {until}"),
    "agents.broken": ("cannot be used: its file is missing or has mistakes", "不可用：文件缺失或有误"),
    "use.done": ("{agent} answers in this conversation from now on.", "此会话今后由 {agent} 回答。"),
    "use.not_yours": (
        "You may not use {agent}. /agents lists yours; an admin adds to them with /grant.",
        "您无权使用 {agent}。/agents 查看您的智能体；管理员可用 /grant 授权。",
    ),
    "use.not_yours.near": (
        "You may not use {agent}. Did you mean {near}? /agents lists yours.",
        "您无权使用 {agent}。您是想用 {near} 吗？/agents 查看您的智能体。",
    ),
    "use.bound": (
        "An admin decided that {agent} answers in this group, not to be changed with /use. Write to me directly.",
        "管理员已指定此群组由 {agent} 回答，不能在这里使用 /use。请私聊我自行选择智能体。",
    ),
    "bind.done": (
        "{agent} answers in this group from now on, those to whom it is granted. /unbind ends that.",
        "今后此群组由 {agent} 回答（仅限已获授权的人）。/unbind 可取消。",
    ),
    "bind.group": (
        "Type this in the group that is meant; here everybody chooses with /use.",
        "请在相应群组内发送此命令；私聊中请用 /use 选择。",
    ),
    "unbind.done": (
        "This group is no longer bound to {agent}: everybody's own agent answers.",
        "此群组不再由 {agent} 固定回答，各自使用默认智能体。",
    ),
    "unbind.none": (
        "No agent is bound to this group, so nothing changed. /bind AGENT binds one.",
        "此群组未指定智能体，未作更改。/bind 智能体 可指定。",
    ),
    "agents.bound": (
        "**{agent}** answers in this group, those to whom it is granted: an admin decided so.",
        "管理员指定此群组由 **{agent}** 回答（仅限已获授权的人）。",
    ),
    "agents.bound.title": ("**Your agents** (✓ answers you here)", "**您的智能体**（✓ 在此回答您）"),
    "agent.missing": ("There is no agent {agent}. There are: {known}.", "没有智能体 {agent}。现有：{known}。"),
    "agent.missing.near": (
        "There is no agent {agent}. Did you mean {near}?",
        "没有智能体 {agent}。您是想用 {near} 吗？",
    ),
    "grant.done": (
        "{name} may use {agent} until it is taken back with /ungrant.",
        "{name} 可以使用 {agent}，直至用 /ungrant 收回。",
    ),
    "grant.until": ("{name} may use {agent} until {until}.", "{name} 可以使用 {agent}，有效至 {until}。"),
    "ungrant.done": ("{name} may no longer use {agent}.", "{name} 不能再使用 {agent}。"),
    "ungrant.none": ("{name} had no grant for {agent}, so nothing changed.", "{name} 没有 {agent} 的授权，未作更改。"),
    # conversations
    "new.done": (
        "We start afresh: the agent no longer sees what was said here before.",
        "已重新开始：智能体不再看到此前的对话。",
    ),
    "conversation.not_yours": (
        "This conversation belongs to somebody else. Begin one of your own.",
        "此会话属于其他人，请新建自己的会话。",
    ),
    "stop.done": ("I stopped.", "已停止。"),
    "stop.none": ("Nothing is being answered here right now.", "当前没有正在进行的回答。"),
    # requests and permissions
    "pending.none": ("Nothing waits for a decision.", "没有待审批的请求。"),
    "pending.title": (
        "**Waiting for a decision** (/approve CODE or /deny CODE reason; /cancel CODE withdraws your own)",
        "**待审批**（/approve 编号 批准，/deny 编号 理由 拒绝；/cancel 编号 撤回自己的请求）",
    ),
    "pending.group": (
        "**{count} of one conversation** · {who} · {agent} · {kinds} · /deny all {code} denies all of them",
        "**同一会话 {count} 个** · {who} · {agent} · {kinds} · /deny all {code} 全部拒绝",
    ),
    "pending.more": (
        "- and {count} more: see Approvals in the console",
        "- 另有 {count} 个，请在控制台的“审批”页面查看",
    ),
    "pending.other": (
        "{code} · {asks} · /approve {plain} or /deny {plain} · until {until}",
        "{code} · {asks} · /approve {plain} 或 /deny {plain} · 截至 {until}",
    ),
    "pending.link": (
        "{code} · is {title} you? /approve CODE if so, /deny CODE if not · until {until}",
        "{code} · {title} 是您本人吗？是请 /approve 编号，不是请 /deny 编号 · 截至 {until}",
    ),
    "pending.tool_call": (
        "{code} · {who} · {title} {arguments} · risk: {risk} · until {until}",
        "{code} · {who} · {title} {arguments} · 风险：{risk} · 截至 {until}",
    ),
    "pending.binding": (
        "{code} · which agent answers in {title}? (/approve {plain} AGENT) · until {until}",
        "{code} · 群组 {title} 由哪个智能体回答？（/approve {plain} 智能体）· 截至 {until}",
    ),
    "pending.host": (
        (
            "{code} · {title}: may the agent of {who} reach it? (/approve {plain} for always, /approve {plain} once) "
            "· until {until}"
        ),
        "{code} · 是否允许 {who} 的智能体访问 {title}？（/approve {plain} 始终，/approve {plain} 一次）· 截至 {until}",
    ),
    "pending.admission": (
        "{code} · {title} asks to come in (/admit CODE NAME joins it to somebody here) · until {until}",
        "{code} · {title} 请求加入（/admit 编号 用户名 可关联已有人员）· 截至 {until}",
    ),
    "approvals.title": ("**How often the guard asks**", "**审批统计**"),
    "grants.none": ("No permission is standing.", "没有生效中的许可。"),
    "grants.title": ("**Standing permissions** (/revoke CODE ends one)", "**生效中的许可**（/revoke 编号 可撤销）"),
    "grants.line": (
        "{code} · {who} with {agent}: {tool} {pattern} · by {by} · until {until}",
        "{code} · {who} 使用 {agent}：{tool} {pattern} · 批准人 {by} · 有效至 {until}",
    ),
    "revoke.done": ("The permission {code} is ended.", "许可 {code} 已撤销。"),
    "revoke.none": (
        "There is no permission {code} that you could end. /grants lists them.",
        "没有您可撤销的许可 {code}。/grants 查看列表。",
    ),
    "hosts.none": ("No command was blocked on its way, and there is no rule.", "没有被阻止的访问，也没有规则。"),
    "hosts.rules": ("**Rules** (/hosts revoke CODE ends one)", "**规则**（/hosts revoke 编号 可撤销）"),
    "hosts.blocked": (
        (
            "**Blocked** (/hosts allow CODE lets this agent reach it without a question, /hosts deny CODE has nobody "
            "asked about it)"
        ),
        "**被阻止**（/hosts allow 编号 允许该智能体免审批访问，/hosts deny 编号 不再询问）",
    ),
    "hosts.denied": (
        "**Denied, nobody is asked** (/hosts revoke CODE takes that back)",
        "**已拒绝，不再询问**（/hosts revoke 编号 可撤回）",
    ),
    "hosts.no": ("{code} · {agent}: {place} · denied by {by}", "{code} · {agent}：{place} · 拒绝人 {by}"),
    "hosts.denied_now": (
        "{agent} does not reach {place}, and nobody is asked about it again.",
        "{agent} 不能访问 {place}，今后不再询问。",
    ),
    "hosts.reopened": (
        "The next command of {agent} that is blocked at {place} may ask again.",
        "{agent} 的命令再次访问 {place} 被阻止时，可以重新询问。",
    ),
    "hosts.rule": ("{code} · {agent}: {place} · by {by}", "{code} · {agent}：{place} · 批准人 {by}"),
    "hosts.offer": (
        "{code} · {agent}: {place} · {times} times, last {at}",
        "{code} · {agent}：{place} · {times} 次，最近 {at}",
    ),
    "hosts.allowed": (
        "{agent} may reach {place} from now on, when a command asks for the network.",
        "从现在起，{agent} 的命令联网时可访问 {place}。",
    ),
    "hosts.revoked": ("{agent} may no longer reach {place} without a question.", "{agent} 访问 {place} 须重新审批。"),
    "hosts.unknown": (
        "There is nothing with the code {code} here. /hosts lists what there is.",
        "没有编号为 {code} 的条目。/hosts 查看列表。",
    ),
    "admit.not_admission": (
        "{code} is no request to come in that is waiting. /pending lists what waits.",
        "{code} 不是待处理的加入请求。/pending 查看列表。",
    ),
    "admit.self": (
        "Nobody admits an account as themselves. Sign in to the console and link it under Account, or use /link.",
        "不能把账号接纳为自己。请在控制台的“账号”页面关联，或使用 /link。",
    ),
    "confirm.elsewhere": (
        "Type the code in our private chat, where I sent it.",
        "请在我们的私聊中输入验证码。",
    ),
    # accounts
    "link.code": (
        "Your code is `{code}`. Sign in to the console{where} within ten minutes and enter it under Account.",
        "关联码：`{code}`。请在十分钟内登录控制台{where}，在“账号”页面输入。",
    ),
    "link.other_way": (
        "Or get a code there and send it to me as `/link CODE`.",
        "也可以在控制台获取关联码，再发送 `/link 关联码` 给我。",
    ),
    "link.direct": (
        "Write /link to me in a direct message: a code is nothing for others to see.",
        "请私聊我发送 /link：关联码不应让他人看到。",
    ),
    "link.done": (
        "This account is {name}'s now. /agents shows your agents, /help what you can do.",
        "此账号已关联到 {name}。/agents 查看智能体，/help 查看帮助。",
    ),
    "link.asked": (
        "Almost done. I have asked {name} whether this is them: {channels}. Say yes there within ten minutes.",
        "即将完成。我已在以下渠道询问 {name} 是否为本人：{channels}。请在十分钟内于那里确认。",
    ),
    "link.known": (
        "This account is linked to {name}. /unlink parts it.",
        "此账号已关联到 {name}。/unlink 可解除关联。",
    ),
    "link.console": (
        "Type `/link {code}` in the chat that you want to link, within ten minutes.",
        "请在十分钟内，于要关联的聊天中发送 `/link {code}`。",
    ),
    "link.console_code": (
        "Enter a code from a chat under Account: that page shows whose account it is before you link it.",
        "聊天中的关联码请在“账号”页面输入：该页会先显示账号归属，再进行关联。",
    ),
    "unlink.console": (
        "The console is always yours. Type /unlink in the chat that you want to part, or use the page Account.",
        "控制台无需解除关联。请在要解除的聊天中发送 /unlink，或使用“账号”页面。",
    ),
    "unlink.done": (
        "This account is no longer linked to you, and I don't know it any more. /link joins it to somebody again.",
        "此账号已解除关联。发送 /link 可重新关联。",
    ),
    "unlink.other": (
        "The account {account} on {channel} is no longer linked to you. Everything it does from now on is its own.",
        "{channel} 上的账号 {account} 已与您解除关联，此后的操作与您无关。",
    ),
    "unlink.not_yours": (
        "No account {account} on {channel} is linked to you. The page Account of the console lists those that are.",
        "没有关联到您的账号：{channel} 上的 {account}。控制台的“账号”页面列出了已关联的账号。",
    ),
    "unlink.none": ("This account was not linked.", "此账号未关联。"),
    # the record, channels and dead letters
    "audit.direct": (
        "Write /audit export to me in a direct message: the record is nothing for others to read.",
        "请私聊我发送 /audit export：审计记录不应让他人看到。",
    ),
    "audit.too_many": (
        "More than {most} lines. Name fewer days or a tag, as `/audit export 1d approvals:`, or export on the host.",
        "超过 {most} 条。请减少天数或指定标签，如 `/audit export 1d approvals:`，或在主机上使用命令行导出。",
    ),
    "audit.exported": (
        "{lines} lines, what looks like a secret hidden. SHA-256 of the file: {sha256}",
        "共 {lines} 条，疑似密钥的内容已隐藏。文件的 SHA-256：{sha256}",
    ),
    "usage.title": ("**Tokens by {by}, last {days} days**", "**最近 {days} 天用量（按{by}）**"),
    "by.agent": ("agent", "智能体"),
    "by.channel": ("channel", "渠道"),
    "by.conversation": ("conversation", "会话"),
    "by.day": ("day", "日期"),
    "by.model": ("model", "模型"),
    "by.person": ("person", "人员"),
    "channels.line": (
        "{mark} **{name}** {state} · in {heard} · out {sent}",
        "{mark} **{name}** {state} · 收 {heard} · 发 {sent}",
    ),
    "channels.trouble": (
        " · waiting: {waiting}, dead: {dead}, reconnects: {reconnects}",
        " · 待处理 {waiting}，失败 {dead}，重连 {reconnects}",
    ),
    "channels.part": (
        "- ✗ **{name}** of this gateway failed and is tried again: {reason}",
        "- ✗ 本网关的 **{name}** 出现故障，正在重试：{reason}",
    ),
    "channels.none": ("No channel is set up.", "未配置任何渠道。"),
    "state.down": ("down", "断开"),
    "state.elsewhere": ("another gateway listens", "由其他网关接收消息"),
    "state.starting": ("starting", "启动中"),
    "state.up": ("up", "正常"),
    "never": ("never", "无"),
    "dead.none": ("No message is put aside.", "没有失败的消息。"),
    "dead.title": (
        "**Put aside after failing** (the latest; /retry ID tries one again)",
        "**失败的消息**（最近若干条；/retry 编号 可重试）",
    ),
    "dead.in": ("{id} · received {at} · {lane} · {reason}", "{id} · 收到于 {at} · {lane} · {reason}"),
    "dead.out": ("{id} · to be sent {at} · {lane} · {reason}", "{id} · 待发于 {at} · {lane} · {reason}"),
    "retry.done": ("{id} is tried again.", "{id} 正在重试。"),
    "retry.none": ("There is no {id} put aside. /dead lists what is.", "没有编号为 {id} 的失败消息。/dead 查看列表。"),
}


def say(key: str, language: str, **fields: object) -> str:
    """The sentence of that name. Raises KeyError for one that does not exist."""
    english, chinese = _WORDS[key]
    return (chinese if language == "zh" else english).format(**fields)


def has(key: str) -> bool:
    """Whether there is a sentence of that name."""
    return key in _WORDS


def both(key: str, **fields: object) -> str:
    """The sentence in both languages, for somebody whose language is not known."""
    return f"{say(key, 'en', **fields)}\n{say(key, 'zh', **fields)}"
