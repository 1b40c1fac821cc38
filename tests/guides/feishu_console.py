"""Feishu's developer console, as far as a bot over the long connection needs it.

What it refuses, and the words: the subscription by long connection is saved only while one is open,
"应用未建立长连接" (open.feishu.cn, "使用长连接接收事件": first connect, then save; larksuite/node-sdk issue 154
shows the sentence). An app without a released version that has the ability Bot is told "app do not have bot" with
11205. Changes are in force once a version with them is released (the same page, and "常见问题" of events). Scopes
are pasted as JSON, {"scopes": {"tenant": […], "user": []}}. That an enterprise's admin has to pass a version is
done at once here.
"""

import json
from typing import ClassVar

from tests.guides.console import Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.rules import Refused
from tests.platforms.feishu.server import SECRET
from tests.platforms.feishu.town import APP

NO_CONNECTION = "应用未建立长连接"
NO_BOT = "app do not have bot (11205)"
NO_SCOPE = "Access denied. One of the following scopes is required"
SILENCE = "im.message.receive_v1"
SENDING, HEARING = "im:message:send_as_bot", "im:message.p2p_msg:readonly"
SCOPES = frozenset(
    {
        SENDING,
        HEARING,
        "cardkit:card:write",
        "contact:user.base:readonly",
        "im:message.group_at_msg:readonly",
        "im:message.group_msg",
        "im:message.reactions:write_only",
        "im:message:readonly",
        "im:resource",
    }
)
NOT_YET = [Refused(11205, "app do not have bot")] * 100


class FeishuConsole(Console):
    """open.feishu.cn/app. What is changed is a draft until a version is released."""

    kind = "feishu"
    mode = "socket"
    addresses = ("domain",)
    acts = (
        Act(words=("Create Custom App", "创建企业自建应用"), does="create"),
        Act(words=("App ID",), does="copy_id"),
        Act(words=("App Secret",), does="copy_secret"),
        Act(words=("Bot", "机器人"), does="add_bot"),
        Act(words=("Batch import/export scopes", "批量导入/导出权限"), does="paste_scopes"),
        Act(words=("Version Management & Release", "版本管理与发布"), does="release"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
        Act(words=("Event Configuration", "事件配置"), does="events_by_connection"),
        Act(words=("Callback Configuration", "回调配置"), does="callbacks_by_connection"),
        Act(words=("Receive message", "接收消息"), does="add_event"),
        Act(words=("Card action", "卡片回传交互"), does="add_callback"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="release", then="start", says=NO_BOT),
        Order(first="add_bot", then="release", says=NO_BOT),
        Order(first="start", then="events_by_connection", says=NO_CONNECTION),
        Order(first="add_event", then="release", says=SILENCE),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, Driver)
        self.fake = self.driver.fake
        self.fake.refusals["bot/v3/info"].extend(NOT_YET)
        self.draft: set[str] = set()
        self.in_force: set[str] = set()

    async def create(self, step: Step) -> None:
        del step
        self.draft.add("app")

    async def copy_id(self, step: Step) -> None:
        del step
        self.handed["app_id"] = APP

    async def copy_secret(self, step: Step) -> None:
        del step
        self.handed["app_secret"] = SECRET

    async def add_bot(self, step: Step) -> None:
        del step
        self.draft.add("bot")

    async def paste_scopes(self, step: Step) -> None:
        given = json.loads(step.block("json").text)["scopes"]
        assert set(given) == {"tenant", "user"}
        assert set(given["tenant"]) <= SCOPES, "a scope of which the console knows nothing"
        self.draft |= {*given["tenant"], *given["user"]}

    async def release(self, step: Step) -> None:
        del step
        self.in_force = set(self.draft)
        self.fake.ungranted = {"im"} if SENDING not in self.in_force else set()
        if "bot" in self.in_force:
            self.fake.refusals["bot/v3/info"].clear()

    async def events_by_connection(self, step: Step) -> None:
        del step
        if not self.fake.sockets.live:
            raise Refuses(NO_CONNECTION)
        self.draft.add("events")

    async def callbacks_by_connection(self, step: Step) -> None:
        del step
        if not self.fake.sockets.live:
            raise Refuses(NO_CONNECTION)
        self.draft.add("callbacks")

    async def add_event(self, step: Step) -> None:
        if SILENCE in step.text and "events" in self.draft:
            self.draft.add(SILENCE)

    async def add_callback(self, step: Step) -> None:
        if "card.action.trigger" in step.text and "callbacks" in self.draft:
            self.draft.add("card.action.trigger")

    def is_heard(self) -> str:
        if {SILENCE, HEARING} <= self.in_force and "card.action.trigger" in self.in_force:
            return ""
        return SILENCE
