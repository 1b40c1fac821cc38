"""The sentences about how much is asked of people, and about the second step of the only admin. They decide nothing."""

ASKING_WORDS: dict[str, tuple[str, str]] = {
    "press.own_critical": (
        (
            "You asked for this yourself, and of critical risk even the only admin does not decide alone. "
            "Invite a second admin: in the console under People, or ./nexora user create NAME --role admin."
        ),
        (
            "这是您自己发起的请求，且风险为严重，即使只有一位管理员也不能自行批准。"
            "请邀请第二位管理员：控制台的“人员”页面，或执行 ./nexora user create 用户名 --role admin。"
        ),
    ),
    # the second step of the only admin
    "button.confirm": ("Approve, with a code", "批准（需验证码）"),
    "note.confirms": (
        (
            "You are the only admin, so you may decide this yourself: approve it, and type the code that I send you "
            "then. The page of approvals takes your password instead. This ends with a second admin."
        ),
        (
            "您是唯一的管理员，可以自行审批：批准后请输入我随后发送的验证码；在控制台的“审批”页面则需输入密码。"
            "有了第二位管理员后不再如此。"
        ),
    ),
    "confirm.sent": (
        "One more step, since you asked for this yourself: type the code that I send you now.",
        "还差一步：这是您自己发起的请求，请输入我现在发送的验证码。",
    ),
    "confirm.sent_privately": (
        "One more step, since you asked for this yourself: I send you a code in our private chat. Type it there.",
        "还差一步：这是您自己发起的请求，验证码已发到我们的私聊，请在那里输入。",
    ),
    "confirm.code": (
        (
            "Your code: {code}\nTyping it here within {minutes} min approves request {request} ({title}), which you "
            "asked for yourself. Did you not press Approve? Then do not type it."
        ),
        (
            "验证码：{code}\n请在 {minutes} 分钟内在此输入，即批准您自己发起的请求 {request}（{title}）。"
            "如果您没有按“批准”，请勿输入。"
        ),
    ),
    "confirm.code_grant": (
        (
            "Your code: {code}\nTyping it here within {minutes} min approves request {request} ({title}), which you "
            "asked for yourself, and the same for its whole conversation. Did you not press that? Then do not type it."
        ),
        (
            "验证码：{code}\n请在 {minutes} 分钟内在此输入，即批准您自己发起的请求 {request}（{title}），"
            "并在其会话内持续允许。如果您没有按过按钮，请勿输入。"
        ),
    ),
    "confirm.wrong": (
        "This code is wrong, used or too old. Approve the request again for a new one; /pending lists what waits.",
        "验证码错误、已使用或已过期。请重新批准该请求以获取新的验证码；/pending 查看待审批请求。",
    ),
    "confirm.too_many": (
        "Too many codes were sent for this request. Withdraw it with /cancel {code}, and ask again.",
        "此请求已发送过多验证码。请发送 /cancel {code} 撤回后重新发起。",
    ),
    "confirm.password": (
        "You asked for this yourself, so it takes your password, in the console under Approvals.",
        "这是您自己发起的请求，请在控制台的“审批”页面输入密码确认。",
    ),
    "who.requester": ("{who} (confirmed by the requester)", "{who}（请求人本人确认）"),
    # why nobody is asked
    "lack.deciders": (
        (
            "this needs the approval of {needed} active {role}(s) besides the person who asks, and there are {others}; "
            "an admin can give somebody that role in the console, under People"
        ),
        "这需要请求人以外的 {needed} 位在职{role}批准，而目前只有 {others} 位；管理员可在控制台的“人员”页面指定",
    ),
    "lack.critical": (
        (
            "this is of critical risk, which the only admin there is does not decide alone; a second admin has to be "
            "invited first, in the console under People or with ./nexora user create NAME --role admin"
        ),
        (
            "此操作风险为严重，唯一的管理员不能自行批准；"
            "请先邀请第二位管理员：控制台的“人员”页面，或执行 ./nexora user create 用户名 --role admin"
        ),
    ),
    "request.enough": (
        "{times} requests in a row were not approved here, last {code}. Nothing more is asked before you write again.",
        "此处已连续有 {times} 个请求未获批准，最后一个是 {code}。在您再次发言之前不会再询问。",
    ),
    "press.denied_all": (
        "Denied all that waited in that conversation: {count}.",
        "已拒绝该会话的全部待审批请求：{count} 个。",
    ),
    "press.withdrawn_all": ("Withdrawn all that waited there: {count}.", "已撤回该会话的全部待审批请求：{count} 个。"),
    "press.none_waits": ("None of these waits for a decision any more.", "这些请求均已不再等待审批。"),
    "button.withdraw_all": ("Withdraw all", "全部撤回"),
    "press.none_of_all": (
        "Nothing waits for a decision there. /deny all CODE names the conversation of a request.",
        "该会话没有待审批的请求。发送 /deny all 编号 可指定某个请求所在的会话。",
    ),
    # several questions on one card
    "card.batch": ("{agent} wants to run {title}, {count} times", "{agent} 请求执行 {title}，共 {count} 次"),
    "card.batch_ended": ("None of these {count} waits any more: {title}", "这 {count} 个请求均已结束：{title}"),
    "note.batch": (
        "Each is approved on a card of its own.",
        "批准须在每个请求各自的卡片上进行。",
    ),
    "fact.ends": ("How they ended", "结果"),
    "button.show_each": ("Show each", "逐个显示"),
    "button.deny_all": ("Deny all of this conversation", "拒绝此会话的全部请求"),
    "fallback.batch": (
        "/deny all {code} denies all of the conversation; /pending lists them, /approve CODE approves one",
        "/deny all {code} 拒绝该会话的全部请求；/pending 查看列表，/approve 编号 批准其中一个",
    ),
    "batch.long": (
        "({number} characters: its own card shows it)",
        "（共 {number} 个字符，见其单独的卡片）",
    ),
    "press.shown_each": ("Each has a card of its own now.", "已逐个发送卡片。"),
    # why something is put before nobody
    "budget.turn": (
        "{most} questions of this answer wait for people already, and more are not sent",
        "本轮已有 {most} 个请求待审批，不再发送更多",
    ),
    "budget.conversation": (
        "{most} questions of this conversation wait for people already, and more are not sent",
        "本会话已有 {most} 个请求待审批，不再发送更多",
    ),
    "budget.agent": (
        "{most} questions of this agent wait for people already, and more are not sent",
        "该智能体已有 {most} 个请求待审批，不再发送更多",
    ),
    "budget.person": (
        "{most} questions for this person wait already, and more are not sent",
        "此人已有 {most} 个请求待审批，不再发送更多",
    ),
    "again.denied": (
        "this very call was denied as request {code}, and is not asked again within {minutes} min",
        "同一调用（请求 {code}）已被拒绝，{minutes} 分钟内不再询问",
    ),
    "again.refused": (
        "request {code} about the same was denied, and it is not asked again before the person speaks",
        "针对同一对象的请求 {code} 已被拒绝，在用户再次发言前不再询问",
    ),
    "again.expired": (
        "nobody answered request {code} about the same, and it is not asked again before the person speaks",
        "针对同一对象的请求 {code} 无人答复，在用户再次发言前不再询问",
    ),
    "again.pending": (
        "the very same call is put before them with this answer already",
        "本轮已有完全相同的请求",
    ),
}
