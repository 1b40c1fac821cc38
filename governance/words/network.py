"""Why a command gets a network or must be asked for, in English and Chinese, without the last dot."""

NETWORK_WORDS: dict[str, tuple[str, str]] = {
    "host.blocked": (
        "a command of {who} tried to reach it and was not let through",
        "{who} 的命令尝试访问该主机，已被阻止",
    ),
    "network.any": (
        "it wants the network and names no host, so it could reach every public one",
        "它要求联网但未写明主机，因此可访问所有公网主机",
    ),
    "network.asks": (
        "it wants to reach {hosts}, which {agent} may not without a question",
        "它要访问 {hosts}，{agent} 须经审批才能访问",
    ),
    "network.impossible": (
        "commands on this machine have no network, because bubblewrap does not work here",
        "本机无法使用 bubblewrap，因此命令不能联网",
    ),
    "network.listed": (
        "{otherwise}; the network leads only to hosts that are listed for {agent}",
        "{otherwise}；联网仅限 {agent} 许可名单中的主机",
    ),
    "network.secrets": (
        "{otherwise}; its requests there would carry the secret {names}",
        "{otherwise}；发往该处的请求将携带密钥 {names}",
    ),
    "network.many": (
        "it names more than {most} hosts, which is more than a card can show",
        "它列出的主机超过 {most} 个，卡片无法显示",
    ),
}

HOST_WORDS: dict[str, tuple[str, str]] = {
    "card.host": ("May {agent} reach {title} from now on?", "是否允许 {agent} 访问 {title}？"),
    "card.host.approved": ("{agent} may reach {title}", "已允许 {agent} 访问 {title}"),
    "card.host.denied": ("{agent} may not reach {title}", "已拒绝 {agent} 访问 {title}"),
    "card.host.expired": (
        "Nobody answered, so it stays blocked for {agent}: {title}",
        "无人处理，{agent} 仍不能访问：{title}",
    ),
    "card.host.cancelled": ("Settled or withdrawn: {agent}, {title}", "已另行处理或撤回：{agent}，{title}"),
    "fact.hosts": ("Hosts", "主机"),
    "scope.agent": ("for this agent, until /hosts ends it", "该智能体长期有效，可用 /hosts 撤销"),
    "button.host_allow": ("Always, for {agent}", "始终允许 {agent}"),
    "button.host_once": ("Once", "仅一次"),
    "button.host_deny": ("No", "不允许"),
    "fallback.host": (
        "/approve {code} for always, /approve {code} once, or /deny {code}",
        "/approve {code} 始终允许，/approve {code} 一次 仅允许一次，或 /deny {code}",
    ),
    "press.host_allowed": (
        "{agent} reaches {title} without a question from now on. /hosts lists it and ends it.",
        "{agent} 今后可免审批访问 {title}。/hosts 可查看和撤销。",
    ),
    "press.host_once": (
        "The next command of that conversation may reach {title}, once.",
        "该会话的下一条命令可访问 {title}，仅一次。",
    ),
    "press.host_denied": (
        "It stays blocked, and nobody is asked about it again. /hosts lists it and takes that back.",
        "已拒绝，今后不再询问。/hosts 可查看和撤回。",
    ),
    "host.made": (
        "{who} lets {agent} reach {places} from now on. Say so if it is to go on.",
        "{who} 已允许 {agent} 今后访问 {places}。如需继续，请告诉智能体。",
    ),
    "host.passed": (
        "{who} lets {agent} reach {places} once, within {minutes} min. Say so if it is to go on.",
        "{who} 已允许 {agent} 在 {minutes} 分钟内访问 {places} 一次。如需继续，请告诉智能体。",
    ),
    "host.denied": ("{who} does not let {agent} reach {places}.", "{who} 不允许 {agent} 访问 {places}。"),
}
"""What is said of a question about a host that was blocked, in English and Chinese."""
