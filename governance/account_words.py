"""What is said of accounts that are linked, and of codes that were shown to an agent. It decides nothing."""

ACCOUNT_WORDS: dict[str, tuple[str, str]] = {
    "link.confirmed": (
        (
            "This account belongs to {name} now: whatever is written here counts as theirs. Is that not you, or did "
            "you not want it? Send `/unlink`."
        ),
        "此账号现已关联到 {name}，在此发送的内容均视为其本人所说。若非本人操作或并非您的意愿，请发送 `/unlink`。",
    ),
    "link.told": (
        (
            "The account {account} on {channel} was linked to you just now: whatever is written there counts as yours. "
            "Was that not you? Send `/unlink {channel} {account}`."
        ),
        (
            "{channel} 上的账号 {account} 刚刚关联到您，在那里发送的内容均视为您本人所说。"
            "若非您本人操作，请发送 `/unlink {channel} {account}`。"
        ),
    ),
    "code.decision": (
        (
            "That held the code of a request. Codes are not for agents, so I took it out before anybody read it, and "
            "the request has another one now: it stands on its card. Decide with the card's buttons, or send "
            "`/approve CODE` as a message of its own."
        ),
        (
            "您发送的内容含有审批编号。编号不应交给智能体，因此已在任何人读到之前移除，并已为该请求更换编号（见卡片）。"
            "请使用卡片按钮，或单独发送 `/approve 编号`。"
        ),
    ),
    "code.link": (
        (
            "That held a code that links an account. I took it out before any agent read it, and it is worth nothing "
            "any more. Get a new one with `/link`, and send it as `/link CODE` alone, or enter it in the console."
        ),
        (
            "您发送的内容含有账号关联码，已在智能体读到之前移除，且该码已作废。"
            "请用 `/link` 重新获取，并单独发送 `/link 关联码`，或在控制台输入。"
        ),
    ),
    "code.step": (
        (
            "That held a code that confirms a request. I took it out before any agent read it, and it is worth nothing "
            "any more. Press the button again for a new one, and type it alone in our private chat."
        ),
        (
            "您发送的内容含有确认请求用的验证码，已在智能体读到之前移除，且该码已作废。"
            "请再次点击按钮获取新验证码，并在我们的私聊中单独输入。"
        ),
    ),
    "code.way_in": (
        (
            "That held a link with which anybody could have signed in. I took it out before any agent read it, and it "
            "is worth nothing any more. Ask an admin for a new one, and open it in a browser."
        ),
        (
            "您发送的内容含有可用于登录的链接，已在智能体读到之前移除，且该链接已作废。"
            "请向管理员索取新链接，并在浏览器中打开。"
        ),
    ),
}
