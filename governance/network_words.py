"""Why a command gets a network or must be asked for, in English and Chinese, without the last dot."""

NETWORK_WORDS: dict[str, tuple[str, str]] = {
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
