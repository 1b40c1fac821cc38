"""What is said of accounts that are linked, and of codes that were shown to an agent. It decides nothing."""

ACCOUNT_WORDS: dict[str, tuple[str, str]] = {
    "name.taken": (
        "{name} can be mistaken for {other}, who is here already. Choose one that tells them apart, such as {free}.",
        "“{name}”容易与已有人员 {other} 混淆。请换一个能区分两人的名字，例如 {free}。",
    ),
    "name.reserved": (
        "{name} is what a role, the gateway or the system is called. Choose a name of a person.",
        "“{name}”是角色、网关或系统的名称。请改用人员自己的名字。",
    ),
    "name.unseen": (
        "{name} holds signs that nobody sees. Type the name anew, with letters and digits alone.",
        "“{name}”含有不可见字符。请重新输入，只使用文字和数字。",
    ),
    "name.empty": (
        "{name} holds neither a letter nor a digit. Choose a name that can be read aloud.",
        "“{name}”不含文字或数字。请换一个可以读出来的名字。",
    ),
    "name.mixed": (
        "{word} in {name} mixes letters of several scripts that look alike. Write each word in one script.",
        "“{name}”中的“{word}”混用了形似的不同文字。每个词请只使用一种文字。",
    ),
    "name.alike": (
        "These names can be mistaken for one another: {names}. Change what all but one of them are shown as.",
        "这些名字容易混淆：{names}。请只保留其中一个，修改其余人员的显示名。",
    ),
    "name.apart": ("; ", "；"),
    "name.has_reserved": (
        "{name} is called like a role, the gateway or the system. Change what they are shown as.",
        "{name} 使用了角色、网关或系统的名称，请修改其显示名。",
    ),
    "card.link": ("Is {title} you?", "{title} 是您本人吗？"),
    "card.link.approved": ("You said yes: {title}", "已确认为本人：{title}"),
    "card.link.denied": ("You said no, nothing was linked: {title}", "已否认，未关联：{title}"),
    "card.link.expired": ("Not answered in time, nothing was linked: {title}", "未及时确认，未关联：{title}"),
    "card.link.cancelled": ("Withdrawn, nothing was linked: {title}", "已撤回，未关联：{title}"),
    "fact.link": ("What a yes does", "确认后"),
    "link.what": (
        "Whatever is written there counts as yours, with all that you may do.",
        "在那里发送的内容均视为您本人所说，并拥有您的全部权限。",
    ),
    "fact.link_by": ("How it was asked for", "请求方式"),
    "link.by.chat": ("a code of yours was typed there", "在该账号输入了您的关联码"),
    "link.by.console": ("a code of that account was typed in your console", "在您的控制台输入了该账号的关联码"),
    "link.by.admin": ("the admin {name} says so", "管理员 {name} 认定"),
    "button.link_yes": ("Yes, that is me", "是，是我本人"),
    "button.link_no": ("No", "不是"),
    "fallback.link": (
        "/approve {code} if that is you, /deny {code} if not",
        "是您本人请发送 /approve {code}；不是请发送 /deny {code}",
    ),
    "press.link_yes": (
        "You said yes. A message on each of your channels tells you that it is linked.",
        "已确认。关联后会在您的每个渠道通知您。",
    ),
    "press.link_no": (
        "You said no, so nothing was linked. Did you not ask for it? Then change your password, and tell an admin.",
        "已否认，未关联。若非您本人发起，请更改密码并告知管理员。",
    ),
    "press.link_theirs": ("Only {name} can answer whether that is them.", "只有 {name} 本人可以确认。"),
    "press.link_other_side": (
        "This was asked for in the console, so answer it in a chat of yours: I have sent it to you there.",
        "此请求由控制台发起，请在您的聊天中回答：我已发送给您。",
    ),
    "admission.name": (
        "Nobody was admitted. /admit {code} new {free} admits them under a name of your choice.",
        "尚未通过。发送 /admit {code} 新 {free}，可用您选定的名字通过。",
    ),
    "admission.any_name": ("NAME", "用户名"),
    "admission.confirms": (
        "An admin knows you. I have asked you where you were before whether this is you: say yes there in ten minutes.",
        "管理员已确认。我已在您原有的渠道询问是否为您本人，请在十分钟内于那里确认。",
    ),
    "link.refused": (
        "The answer was no, so this account was not linked.",
        "对方已否认，此账号未关联。",
    ),
    "link.not_answered": (
        "Nobody said yes in time, so this account was not linked. Send /link to begin again.",
        "未及时得到确认，此账号未关联。可发送 /link 重新开始。",
    ),
    "link.taken": (
        "The account {account} on {channel} was not linked to you: it is somebody else's by now.",
        "{channel} 上的账号 {account} 未关联到您：它已属于他人。",
    ),
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
    "unlink.here": (
        "This account was parted from {name}: what is written here counts for nobody. /link joins it to them again.",
        "此账号已与 {name} 解除关联，在此发送的内容不再代表任何人。发送 /link 可重新关联。",
    ),
    "unlink.told": (
        "The account {account} on {channel} was parted from you. Was it not you? Change your password, tell an admin.",
        "{channel} 上的账号 {account} 已与您解除关联。若非您本人操作，请更改密码并告知管理员。",
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
