"""The sentences in which a line of the record is told, in English and Chinese. It formats nothing.

A sentence stands under a whole tag, or under `subject:action` when it holds for every source. In braces: `who`, `whom`
(the name in the detail, else the resource), `resource`, `address`, `source`, `what`, and every name of the detail.
"""

SYSTEM = ("Nexora", "系统")
NOTHING = ("The record has no line like that.", "没有符合条件的记录。")
FALLBACK = ("{who}: {what} {resource}", "{who}：{what} {resource}")

PATTERNS: dict[str, tuple[str, str]] = {
    "account:code_wrong": ("A link code from {resource} was wrong or expired", "来自 {resource} 的关联码无效或已过期"),
    "gateway:code:spent": (
        "{who} showed a live code ({kind}) to an agent, so it was taken out and ended",
        "{who} 向智能体发送了有效的编号或验证码（{kind}），已移除并作废",
    ),
    "account:linked": ("{who} linked {channel} account {account} to a person", "{who} 关联了 {channel} 账号 {account}"),
    "account:refused": ("{who} turned {channel} account {account} away", "{who} 拒绝了 {channel} 账号 {account}"),
    "account:unlinked": ("{who} unlinked {channel} account {account}", "{who} 解除了 {channel} 账号 {account} 的关联"),
    "account:waiting": ("{whom} on {channel} asked to come in", "{channel} 上的 {whom} 请求加入"),
    "agent_grant:created": ("{who} gave {resource} the agent {agent}", "{who} 授权 {resource} 使用智能体 {agent}"),
    "agent_grant:revoked": (
        "{who} took the agent {agent} from {resource}",
        "{who} 撤销了 {resource} 对智能体 {agent} 的使用权",
    ),
    "backup:restored": (
        "The database was put back from a backup of {made_at}; {events} events put aside, {messages} messages marked",
        "数据库已从 {made_at} 的备份恢复；搁置 {events} 个事件，标记 {messages} 条消息",
    ),
    "call:allowed": ("{agent} may run {resource} for {who}", "{agent} 可为 {who} 执行 {resource}"),
    "call:deferred": ("{agent} must wait to run {resource} for {who}", "{agent} 为 {who} 执行 {resource} 需等待审批"),
    "call:refused": (
        "{agent} may not run {resource} for {who}: {because}",
        "{agent} 不得为 {who} 执行 {resource}：{because}",
    ),
    "command:denied": ("{who} may not use {resource}", "{who} 无权使用 {resource}"),
    "dead_letter:retried": ("{who} put message {resource} back to be tried again", "{who} 重新投递了消息 {resource}"),
    "workspace:undone": (
        "{who} took back what calls had changed in a workspace ({resource})",
        "{who} 撤销了调用在工作区中所做的更改（{resource}）",
    ),
    "digest:ended": ("{who} wants no digest any more", "{who} 关闭了摘要"),
    "digest:set": ("{who} gets a digest at {at} ({zone}) on {channel}", "{who} 订阅摘要：{at}（{zone}），{channel}"),
    "host:blocked": (
        "A command of {who} was not let through to {resource}: {because}",
        "{who} 的命令访问 {resource} 被阻止：{because}",
    ),
    "host:reached": (
        "A command of {who} reached {resource}: {up} bytes sent, {down} fetched",
        "{who} 的命令访问了 {resource}：发送 {up} 字节，接收 {down} 字节",
    ),
    "host_rule:denied": (
        "{who} denied that {agent} reaches {resource}, and nobody is asked about it again",
        "{who} 拒绝 {agent} 访问 {resource}，今后不再询问",
    ),
    "host_rule:passed": ("{who} lets {agent} reach {resource} once", "{who} 允许 {agent} 访问 {resource} 一次"),
    "host_rule:reopened": (
        "{who} took back that {agent} was denied {resource} for good",
        "{who} 撤回了对 {agent} 访问 {resource} 的拒绝",
    ),
    "host_rule:made": (
        "{who} lets {agent} reach {resource} without a question",
        "{who} 允许 {agent} 免审批访问 {resource}",
    ),
    "host_rule:revoked": (
        "{who} took back that {agent} may reach {resource}",
        "{who} 撤销了 {agent} 对 {resource} 的访问许可",
    ),
    "background:ended": (
        "{resource}, a command of {agent} in the background, ended: {state} {how}",
        "{agent} 的后台命令 {resource} 已结束：{state} {how}",
    ),
    "egress:allowed": ("Agents may fetch from the inner servers {resource}", "智能体可访问内网服务器：{resource}"),
    "audit:exported": (
        "{who} exported {lines} lines of the record as {form}, SHA-256 {sha256}",
        "{who} 导出了 {lines} 条审计记录（{form}），SHA-256 {sha256}",
    ),
    "event:buried": ("An event in {address} was given up: {reason}", "{address} 中的事件已放弃处理：{reason}"),
    "files:removed": (
        "Old files were removed: {uploads} uploads, {received} received, {copies} copies, {workspaces} workspaces",
        "已清理旧文件：上传 {uploads}，接收 {received}，副本 {copies}，工作区 {workspaces}",
    ),
    "folder:changed": ("The shared folder is {resource} now", "共享目录现为 {resource}"),
    "grant:made": (
        "{who} allowed {tool} for a conversation of {for}, code {resource}",
        "{who} 允许 {for} 在会话内使用 {tool}，编号 {resource}",
    ),
    "grant:revoked": ("{who} ended permission {resource} for {tool}", "{who} 撤销了 {tool} 的许可 {resource}"),
    "link:created": (
        "Somebody on the host printed a link that makes its opener an admin",
        "主机上有人生成了管理员邀请链接",
    ),
    "message:undelivered": (
        "A message to {address} could not be sent: {reason}",
        "发往 {address} 的消息未送达：{reason}",
    ),
    "password:changed": ("{who} changed their password", "{who} 修改了密码"),
    "password:set": ("{who} set their password through a link", "{who} 通过链接设置了密码"),
    "press:refused": (
        "Request {resource} could not be decided by {acted}: {why}",
        "{acted} 无法审批 {resource}：{why}",
    ),
    "request:approved": ("Request {resource} was approved", "请求 {resource} 已批准"),
    "request:disclosed": (
        "The whole text of request {resource} was shown to {acted}",
        "{acted} 查看了请求 {resource} 的全文",
    ),
    "request:cancelled": ("Request {resource} was withdrawn by {acted}", "请求 {resource} 已由 {acted} 撤回"),
    "confirmation:refused": (
        "{who} typed a wrong code for a request of their own",
        "{who} 输入的验证码有误",
    ),
    "confirmation:sent": (
        "{who} was sent a code for their own request {resource}",
        "已向 {who} 发送请求 {resource} 的验证码",
    ),
    "request:confirmed": (
        "Request {resource} was approved by whoever asked, as the only admin, {acted}: {choice} {reason}",
        "{acted} 作为唯一的管理员批准了自己的请求 {resource}：{choice} {reason}",
    ),
    "request:decided": (
        "Request {resource} was answered by {acted}: {choice} {reason}",
        "{acted} 答复了请求 {resource}：{choice} {reason}",
    ),
    "keys:made": (
        "New keys were made; what older ones signed stays unproved",
        "已生成新密钥；旧密钥签名的内容无法再验证",
    ),
    "keys:moved": ("The keys were moved from files into the database", "密钥已从文件移入数据库"),
    "request:denied": ("Request {resource} was denied", "请求 {resource} 已拒绝"),
    "request:expired": ("Request {resource} expired without a decision", "请求 {resource} 已过期，无人审批"),
    "request:lapsed": (
        "The approval of request {resource} by {approved_by} ran out before its call could run",
        "请求 {resource} 经 {approved_by} 批准，但未能及时执行，批准已失效",
    ),
    "request:opened": ("{acted} asked for {about} ({risk} risk)", "{acted} 请求 {about}（风险：{risk}）"),
    "request:refused": (
        "{who} was refused {route}: {why}, {times} times",
        "{who} 访问 {route} 被拒：{why}，{times} 次",
    ),
    "right:granted": ("The platform of {resource} takes {cannot} again", "{resource} 的平台重新允许：{cannot}"),
    "right:missing": (
        "The platform of {resource} refuses {cannot} for want of {lacks}",
        "{resource} 的平台拒绝了 {cannot}，缺少权限：{lacks}",
    ),
    "room:bound": ("{who} let {agent} answer in the group {resource}", "{who} 指定群组 {resource} 由 {agent} 回答"),
    "room:unbound": (
        "{who} let everybody's own agent answer in the group {resource} again, before {agent}",
        "{who} 取消了群组 {resource} 指定的智能体 {agent}",
    ),
    "session:created": ("{who} signed in from {address}", "{who} 从 {address} 登录"),
    "session:ended": ("{who} ended a session", "{who} 结束了会话"),
    "session:locked": ("Sign-in from {address} is locked for {seconds} s", "来自 {address} 的登录已锁定 {seconds} 秒"),
    "session:refused": (
        "A sign-in from {address} failed: wrong name or password",
        "来自 {address} 的登录失败：用户名或密码错误",
    ),
    "tool:not_run": ("{who} said stop before {agent} ran {resource}", "{who} 在 {agent} 执行 {resource} 之前叫停"),
    "tool:outcome_unknown": (
        "{agent} was interrupted while it ran a call for {who}; its outcome is unknown",
        "{agent} 为 {who} 执行调用时中断，结果未知",
    ),
    "tool:ran": ("{agent} ran {resource} for {who}", "{agent} 为 {who} 执行了 {resource}"),
    "turn:ended": ("{resource} ended a turn for {who}", "{resource} 为 {who} 完成了一轮"),
    "turn:failed": ("{resource} could not answer {who}", "{resource} 未能答复 {who}"),
    "user:created": ("{who} added {whom} as {role}", "{who} 添加了 {whom}，角色 {role}"),
    "user:described": ("{who} changed how {resource} is shown", "{who} 修改了 {resource} 的资料"),
    "user:disabled": ("{who} shut {resource} out", "{who} 停用了 {resource}"),
    "user:enabled": ("{who} let {resource} in again", "{who} 重新启用了 {resource}"),
    "user:reset": ("{who} made a link to reset the password of {whom}", "{who} 为 {whom} 生成了重置密码链接"),
    "user:role_changed": (
        "{who} made {resource} {after}, before {before}",
        "{who} 将 {resource} 的角色由 {before} 改为 {after}",
    ),
}
