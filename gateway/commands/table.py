"""The table of commands, in the order in which /help lists them. A command not listed here is none."""

from gateway.commands import (
    accounts,
    agents,
    audit,
    channels,
    conversations,
    dead_letters,
    digest,
    hosts,
    people,
    permissions,
    requests,
    undo,
)
from gateway.commands.command import Command
from governance.people.people import Role

TABLE = (
    Command(
        name="whoami",
        role=None,
        summary=(
            "Who you are here, with your role and agents.",
            "查看您的身份、角色和智能体。",
        ),
        usage=("/whoami", "/whoami"),
        run=people.whoami,
    ),
    Command(
        name="agents",
        role=None,
        summary=(
            "The agents you may use, and which one answers here.",
            "查看可用智能体，以及此会话当前使用的智能体。",
        ),
        usage=("/agents", "/agents"),
        run=agents.agents,
    ),
    Command(
        name="use",
        role=None,
        summary=(
            "Let another of your agents answer in this conversation.",
            "切换此会话的智能体。",
        ),
        usage=("/use AGENT", "/use 智能体"),
        run=agents.use,
    ),
    Command(
        name="new",
        role=None,
        summary=(
            "Start afresh: the agent forgets what was said here.",
            "重新开始：智能体不再看到此前的对话。",
        ),
        usage=("/new", "/new"),
        run=conversations.new,
    ),
    Command(
        name="stop",
        role=None,
        summary=(
            "End the answer that is being made here, and what runs in the background.",
            "终止当前回答和后台命令。",
        ),
        usage=("/stop", "/stop"),
        run=conversations.stop,
    ),
    Command(
        name="undo",
        role=None,
        summary=(
            "Take back what calls changed here: the last one, several, one of the list, or all of an approval.",
            "撤销工作区中的更改：最近一次、最近几次、列表中的某一次，或某次审批下的全部。",
        ),
        usage=("/undo [3|#12|CODE] [force] | list", "/undo [3|#12|编号] [强制] | 列表"),
        run=undo.undo,
    ),
    Command(
        name="language",
        role=None,
        summary=(
            "The language in which you are answered.",
            "设置回复您时使用的语言。",
        ),
        usage=("/language en|zh", "/language en|zh"),
        run=people.language,
    ),
    Command(
        name="pending",
        role=None,
        summary=(
            "The requests that wait for a decision: your own, for admins all.",
            "查看待审批请求：自己的；管理员可见全部。",
        ),
        usage=("/pending", "/pending"),
        run=requests.pending,
    ),
    Command(
        name="approve",
        role=None,
        summary=(
            (
                "Approve the request of that code, if you may decide it; with `here` for its whole conversation, and "
                "one about a host with `once` for one command."
            ),
            (
                "批准该编号的请求（须有审批权）；加 `here` 或 `本会话` 则在其会话内持续允许；"
                "主机请求加 `once` 或 `一次` 则仅允许一条命令。"
            ),
        ),
        usage=("/approve CODE [here | once]", "/approve 编号 [本会话 | 一次]"),
        run=requests.approve,
    ),
    Command(
        name="confirm",
        role=None,
        summary=(
            "Approve your own request, as the only admin, by the code that you were sent.",
            "以唯一管理员身份，用收到的验证码批准自己的请求。",
        ),
        usage=("/confirm CODE", "/confirm 验证码"),
        run=requests.confirm,
    ),
    Command(
        name="deny",
        role=None,
        summary=(
            "Deny the request of that code, or all of a conversation, with a reason if you like.",
            "拒绝该编号的请求，或会话内的全部请求，可附理由。",
        ),
        usage=("/deny CODE|all [CODE] [REASON]", "/deny 编号|全部 [编号] [理由]"),
        run=requests.deny,
    ),
    Command(
        name="cancel",
        role=None,
        summary=(
            "Withdraw a request that you made.",
            "撤回您发起的请求。",
        ),
        usage=("/cancel CODE", "/cancel 编号"),
        run=requests.cancel,
    ),
    Command(
        name="grants",
        role=None,
        summary=(
            "Standing permissions for tools: your own, for admins all.",
            "查看生效中的工具许可：自己的；管理员可见全部。",
        ),
        usage=("/grants", "/grants"),
        run=permissions.grants,
    ),
    Command(
        name="revoke",
        role=None,
        summary=(
            "End a standing permission: your own, for admins any.",
            "撤销工具许可：自己的；管理员可撤销任意一个。",
        ),
        usage=("/revoke CODE", "/revoke 编号"),
        run=permissions.revoke,
    ),
    Command(
        name="hosts",
        role=Role.ADMIN,
        summary=(
            "Hosts that commands were not let through to, the rules you have made of them, and those denied for good.",
            "查看命令访问被阻止的主机，管理许可规则和不再询问的主机。",
        ),
        usage=("/hosts [allow CODE | deny CODE | revoke CODE]", "/hosts [allow 编号 | deny 编号 | revoke 编号]"),
        run=hosts.hosts,
    ),
    Command(
        name="link",
        role=None,
        summary=(
            "Join this chat account to somebody who has an account in the console.",
            "将此聊天账号关联到控制台用户。",
        ),
        usage=("/link [CODE]", "/link [关联码]"),
        run=accounts.link_known,
    ),
    Command(
        name="unlink",
        role=None,
        summary=(
            "Part this chat account from you, or another one of yours.",
            "解除此聊天账号或您的另一账号的关联。",
        ),
        usage=("/unlink [CHANNEL ACCOUNT]", "/unlink [渠道 账号]"),
        run=accounts.unlink,
    ),
    Command(
        name="usage",
        role=None,
        summary=(
            "Tokens and cost by person, agent, model, channel, conversation or day: your own, for admins all.",
            "按 person、agent、model、channel、conversation 或 day 查看用量与费用：自己的；管理员可见全部。",
        ),
        usage=(
            "/usage [person|agent|model|channel|conversation|day] [7d]",
            "/usage [person|agent|model|channel|conversation|day] [7d]",
        ),
        run=audit.usage,
    ),
    Command(
        name="digest",
        role=None,
        summary=(
            "What waits, what was decided, what was spent and what is in trouble, sent to you every day or week.",
            "每天或每周向您发送摘要：待审批、已处理、用量与故障。",
        ),
        usage=(
            "/digest daily 8:30 | weekly mon 8:30 | now | off [ZONE] [to CHANNEL]",
            "/digest daily 8:30 | weekly mon 8:30 | now | off [时区] [to 渠道]",
        ),
        run=digest.digest,
    ),
    Command(
        name="audit",
        role=None,
        summary=(
            "The latest lines of the record, by tag or person: your own, for admins all; or whether all are whole.",
            "按标签或人员查看最近的审计记录：自己的；管理员可见全部，也可校验整份记录。",
        ),
        usage=(
            "/audit [TAG|NAME] [LINES] | verify | export [csv|jsonl] [DAYSd] [TAG]",
            "/audit [标签|用户名] [行数] | 校验 | 导出 [csv|jsonl] [天数d] [标签]",
        ),
        run=audit.audit,
    ),
    Command(
        name="approvals",
        role=Role.ADMIN,
        summary=(
            "Of the last 7 and 30 days: how many calls were free, asked or refused, and what was decided how soon.",
            "最近 7 天和 30 天：直接执行、请求审批、被拒绝的调用数，以及审批结果与耗时。",
        ),
        usage=("/approvals stats", "/approvals 统计"),
        run=requests.approvals,
    ),
    Command(
        name="admit",
        role=Role.ADMIN,
        summary=(
            "Let an account that asks to come in be one of somebody you know, or of somebody new under that name.",
            "将请求加入的账号关联到已有人员，或以该名字新增人员。",
        ),
        usage=("/admit CODE [new] NAME [AGENT]", "/admit 编号 [新] 用户名 [智能体]"),
        run=requests.admit,
    ),
    Command(
        name="grant",
        role=Role.ADMIN,
        summary=(
            "Let somebody use an agent, for good or for some hours or days.",
            "授权某人使用智能体，可限定小时或天数。",
        ),
        usage=("/grant NAME AGENT [8h|3d]", "/grant 用户名 智能体 [8h|3d]"),
        run=agents.grant,
    ),
    Command(
        name="ungrant",
        role=Role.ADMIN,
        summary=(
            "Take an agent back at once.",
            "立即收回智能体授权。",
        ),
        usage=("/ungrant NAME AGENT", "/ungrant 用户名 智能体"),
        run=agents.ungrant,
    ),
    Command(
        name="bind",
        role=Role.ADMIN,
        summary=(
            "Let one agent answer in this group, with all its threads.",
            "指定此群组（含所有话题）由某个智能体回答。",
        ),
        usage=("/bind AGENT", "/bind 智能体"),
        run=agents.bind,
    ),
    Command(
        name="unbind",
        role=Role.ADMIN,
        summary=(
            "Let everybody's own agent answer in this group again.",
            "取消此群组指定的智能体。",
        ),
        usage=("/unbind", "/unbind"),
        run=agents.unbind,
    ),
    Command(
        name="people",
        role=Role.ADMIN,
        summary=(
            "Everybody there is, or those whose name has these words in it, with roles and agents; or change one.",
            "查看全部或按姓名查找人员及其角色和智能体，或更改其角色、显示名。",
        ),
        usage=(
            "/people [PART | role NAME admin|operator | name NAME SHOWN]",
            "/people [部分姓名 | 角色 用户名 管理员|操作员 | 显示名 用户名 新显示名]",
        ),
        run=people.people,
    ),
    Command(
        name="channels",
        role=Role.ADMIN,
        summary=(
            "How every channel is: state, last messages, backlog and trouble.",
            "查看各渠道状态：最近收发、积压与故障原因。",
        ),
        usage=("/channels", "/channels"),
        run=channels.channels,
    ),
    Command(
        name="dead",
        role=Role.ADMIN,
        summary=(
            "Messages that were put aside after failing, with the reason.",
            "查看失败的消息及原因。",
        ),
        usage=("/dead", "/dead"),
        run=dead_letters.dead,
    ),
    Command(
        name="retry",
        role=Role.ADMIN,
        summary=(
            "Try such a message again.",
            "重试一条失败的消息。",
        ),
        usage=("/retry ID", "/retry 编号"),
        run=dead_letters.retry,
    ),
)
