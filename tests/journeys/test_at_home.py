"""At home in China, and in English: from a stranger's first words to a call that was approved, on each platform.

All that was sent is read over: in Chinese there is no English word of ours, in English no Chinese one.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.drivers import Seen
from tests.journeys.at_home import Neighbours, foreign, neighbours

PLATFORMS = (("dingtalk", "stream"), ("feishu", "socket"), ("wecom", "socket"), ("qq", "socket"), ("email", "password"))
WAITING = "select code from nexora_approval_requests where status = 'pending'"
FEW = {"email": 6, "wecom": 6}
"""So many commands are asked for where each takes long, or a bot may say few things in a minute."""
RISKY = "python3 -c 'print(6*7)' /etc/passwd"


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """What people say, and what they read."""

    language: str
    zone: str
    clock: str
    help: str
    helped: str
    hello: str
    asked: str
    admit: str
    answer: str
    ask: str
    wants: str
    waits: str
    approve: str
    result: str
    approved: str
    deny: str
    reason: str
    refused: str
    expired: str
    late: str
    commands: tuple[str, ...]
    admin_commands: tuple[str, ...]


CHINESE = Tongue(
    language="zh",
    zone="",
    clock="（北京时间",
    help="/帮助",
    helped="可用命令",
    hello="您好，请问火车几点开？",
    asked="已通知管理员",
    admit="通过并授权 assistant",
    answer="四点半开。",
    ask="请计算六乘七",
    wants="请求执行",
    waits="已提交审批。",
    approve="批准",
    result="结果是 42。",
    approved="已批准并执行",
    deny="拒绝",
    reason="今天不行",
    refused="管理员没有同意。",
    expired="已过期",
    late="没有人答复。",
    commands=(
        "/帮助",
        "/用量",
        "/我是谁",
        "/智能体",
        "/待审批",
        "/授权列表",
        "/时区",
        "/时区 上海",
        "/撤销 列表",
        "/停止",
        "/语言 English",
        "/language 中文",
        "/不存在",
    ),
    admin_commands=(
        "/帮助",
        "/用量",
        "/待审批",
        "/人员",
        "/渠道",
        "/审批 统计",
        "/失败消息",
        "/主机",
        "/摘要",
        "/授权列表",
        "/审计 5",
    ),
)
ENGLISH = Tongue(
    language="en",
    zone="Europe/Berlin",
    clock="CET",
    help="/help",
    helped="you can type",
    hello="Hello, when does the train leave?",
    asked="I have asked the admins",
    admit="Admit with assistant",
    answer="Half past four.",
    ask="please compute six times seven",
    wants="wants to run",
    waits="I have asked for approval.",
    approve="Approve",
    result="It printed 42.",
    approved="Approved and run",
    deny="Deny",
    reason="not today",
    refused="The admin said no.",
    expired="Expired",
    late="Nobody answered.",
    commands=(
        "/help",
        "/usage",
        "/whoami",
        "/agents",
        "/pending",
        "/grants",
        "/timezone",
        "/timezone Shanghai",
        "/undo list",
        "/stop",
        "/语言 中文",
        "/language English",
        "/nothing",
    ),
    admin_commands=(
        "/help",
        "/usage",
        "/pending",
        "/people",
        "/channels",
        "/approvals stats",
        "/dead",
        "/hosts",
        "/digest",
        "/grants",
        "/audit 5",
    ),
)


@pytest.mark.parametrize("tongue", [CHINESE, ENGLISH], ids=["zh", "en"])
@pytest.mark.parametrize(("kind", "mode"), PLATFORMS)
async def test_at_home(dsn: str, tmp_path: Path, kind: str, mode: str, tongue: Tongue) -> None:
    async with neighbours(dsn, tmp_path / "home", kind, mode, language=tongue.language, zone=tongue.zone) as here:
        await admitted(here, tongue)
        await approved(here, tongue)
        await denied(here, tongue)
        await expired(here, tongue)
        await asked_for(here, tongue)

        told = [*here.told(here.alice), *here.told(here.bob)]
        assert foreign(tongue.language, told, not_ours(here)) == {}


def not_ours(here: Neighbours) -> tuple[str, ...]:
    """Names of people, agents, channels and currencies, and commands as the model wrote them."""
    people = [
        word for who in (here.alice, here.bob) for word in (who.id, *who.id.split(":"), who.name, who.name.lower())
    ]
    return (
        *people,
        here.kind,
        "console",
        "US",
        "assistant",
        "ops",
        "researcher",
        "fake-1",
        "python3",
        "/etc/passwd",
        "-c",
        "print",
    )


async def admitted(here: Neighbours, tongue: Tongue) -> None:
    await here.say(tongue.help, by=here.bob)
    await here.reads(here.bob, tongue.helped)
    here.model.say(tongue.answer)
    await here.say(tongue.hello, by=here.alice)
    await here.reads(here.alice, tongue.asked)
    await pressed(here, await here.reads(here.bob, button=tongue.admit), tongue.admit)
    await here.reads(here.alice, tongue.answer)


async def card_of(here: Neighbours, tongue: Tongue, command: str) -> Seen:
    here.model.call("shell", command=command)
    here.model.say(tongue.waits)
    since = len(here.told(here.bob))
    await here.say(tongue.ask, by=here.alice)
    card = await here.reads(here.bob, tongue.wants, button=tongue.approve, since=since)
    await here.reads(here.alice, tongue.waits)
    assert tongue.clock in card.text
    return card


async def approved(here: Neighbours, tongue: Tongue) -> None:
    card = await card_of(here, tongue, RISKY)
    here.model.say(tongue.result)
    if here.kind == "email":
        code = await here.store.fetchval(WAITING)
        await here.say(f"{tongue.approve.lower()} {code}", by=here.bob)
    else:
        await pressed(here, card, tongue.approve)
    await here.reads(here.alice, tongue.result)
    await here.reads(here.bob, tongue.approved)
    assert "42" in (await here.results())[-1]


async def denied(here: Neighbours, tongue: Tongue) -> None:
    await card_of(here, tongue, RISKY.replace("6", "5"))
    here.model.say(tongue.refused)
    code = await here.store.fetchval(WAITING)
    await here.say(f"/{tongue.deny.lower()} {code} {tongue.reason}", by=here.bob)
    await here.reads(here.alice, tongue.refused)


async def expired(here: Neighbours, tongue: Tongue) -> None:
    await card_of(here, tongue, RISKY.replace("6", "4"))
    here.model.say(tongue.late)
    await here.store.fetch(
        "update nexora_approval_requests set expires_at = now() - interval '1 s' where status = 'pending'"
    )
    await here.gateway.deciding.approvals.expire()
    await here.reads(here.alice, tongue.late)
    await here.reads(here.bob, tongue.expired)


async def asked_for(here: Neighbours, tongue: Tongue) -> None:
    most = FEW.get(here.kind)
    for command in tongue.commands[:most]:
        await here.say(command, by=here.alice)
    for command in tongue.admin_commands[:most]:
        await here.say(command, by=here.bob)
    await here.settled()


async def pressed(here: Neighbours, card: Seen, label: str) -> None:
    await here.driver.press(card.id, label, by=here.bob)
