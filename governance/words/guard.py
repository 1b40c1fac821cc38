"""Why the guard and the policy answer as they do, in English and Chinese, without the last dot."""

GUARD_WORDS: dict[str, tuple[str, str]] = {
    "admission.unknown": ("nobody knows this account", "没有人认识这个账号"),
    "binding.none": ("no agent is bound to this group", "该群组尚未指定智能体"),
    "both": ("{one}; besides, {other}", "{one}；此外，{other}"),
    "call.no_subject": ("{tool} was called without its {subject}", "调用 {tool} 时缺少参数 {subject}"),
    "capability.allowed": (
        "the policy allows to {action} a {kind} of {risk} risk",
        "策略允许此操作（{action}、{kind}、风险 {risk}）",
    ),
    "capability.asks": (
        "the policy asks to {action} a {kind} of {risk} risk",
        "策略要求先审批此操作（{action}、{kind}、风险 {risk}）",
    ),
    "capability.forbidden": (
        "the policy forbids to {action} a {kind} of {risk} risk",
        "策略禁止此操作（{action}、{kind}、风险 {risk}）",
    ),
    "command.empty": ("the command is empty", "命令为空"),
    "command.harmless": (
        "every command in it is known to be harmless and stays inside the workspace",
        "其中每条命令都已知无害，且不超出工作区",
    ),
    "command.long": (
        "the command is longer than the {kilobytes} KB that are judged",
        "命令超过可审查的 {kilobytes} KB",
    ),
    "command.nested": ("the command is too deeply nested to judge", "命令嵌套过深，无法审查"),
    "command.no_sandbox": (
        "there is no sandbox on this machine, so a person decides about every command",
        "本机没有沙箱，因此每条命令都需人工审批",
    ),
    "effect.searches": ("it asks the search engine of the settings", "它向设置中的搜索引擎提问"),
    "effect.none": ("{tool} affects nothing", "{tool} 不产生任何影响"),
    "grant.allows": (
        "grant {code} allows it in this conversation; without it: {otherwise}",
        "授权 {code} 允许在本会话内执行；否则：{otherwise}",
    ),
    "guard.failed": (
        "the guard failed while it judged {tool}, so it may not happen",
        "审查 {tool} 时发生内部错误，因此不予执行",
    ),
    "guard.failed_on_command": (
        "the guard failed while it judged this command, so it may not run",
        "审查该命令时发生内部错误，因此不予执行",
    ),
    "origin.after": ("this comes after reading {sources}", "此前读过 {sources}"),
    "origin.after_more": (
        "this comes after reading {sources} and {more} more",
        "此前读过 {sources} 等，另有 {more} 处",
    ),
    "origin.carries": (
        "the address carries {length} characters to {host} that neither you nor a page said: {text}",
        "该网址向 {host} 带出 {length} 个字符，既非您所说，也非网页所载：{text}",
    ),
    "origin.from": ("{destination} comes from {source}, not from you", "{destination} 来自 {source}，而不是您"),
    "origin.nobody": ("nobody but the model has named {destination}", "{destination} 只有模型自己提到过"),
    "origin.own": ("you named {destinations} yourself", "{destinations} 由您亲自指定"),
    "effect.unknown": ("what {tool} does to the world is not known", "{tool} 会产生什么影响尚不清楚"),
    "path.inside": ("the file belongs to this conversation's workspace", "该文件属于本会话的工作区"),
    "path.obeyed": ("other programs obey {path} when they start", "其他程序启动时会执行 {path}"),
    "path.own": ("{path} belongs to the gateway itself", "{path} 属于网关本身"),
    "path.secret": ("secrets are usually kept in {path}", "{path} 通常用来保存密钥"),
    "policy.asks": ("the policy asks before {agent} uses {tool}", "策略要求 {agent} 使用 {tool} 前先审批"),
    "policy.forbids": ("the policy forbids {tool} to {agent}", "策略禁止 {agent} 使用 {tool}"),
    "policy.silent": ("the policy leaves it to the guard", "策略未作规定，由守卫判断"),
    "rule.allows": (
        "a rule lets {agent} use {tool}; {otherwise}",
        "有规则允许 {agent} 使用 {tool}；{otherwise}",
    ),
    "secret.leaves": (
        "it is given {references}, secrets from this conversation, and could send them elsewhere",
        "其中使用了本会话中的密钥 {references}，可能把它们发送到别处",
    ),
    "secret.used": (
        "it is given the secret from this conversation for which {references} stands",
        "执行时会代入 {references} 所代表的本会话密钥",
    ),
    "trial.harmless": (
        "when it was tried it changed nothing that others obey, and all of it can be undone; otherwise: {otherwise}",
        "试运行未更改任何会被其他程序执行或无法撤销的内容；否则：{otherwise}",
    ),
    "url.long": (
        "the URL is {length} characters long and may carry data out to {host}",
        "该网址长达 {length} 个字符，可能把数据带到 {host}",
    ),
    "url.public": (
        "{host} is a public host or one that an admin has listed",
        "{host} 是公网主机或管理员列出的主机",
    ),
}
