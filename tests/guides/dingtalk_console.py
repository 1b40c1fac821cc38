"""DingTalk's developer console and its card platform.

Only admins and sub-admins with developer rights may sign in ("只有管理员和子管理员可登录开发者后台",
open.dingtalk.com/document/orgapp/become-a-dingtalk-developer as developer.aliyun.com/ask/540735 and
blog.csdn.net/jsxg2009/article/details/115244415 tell it). A template is brought in on its own page under 更多 →
导入, as the file that another one was brought out to (open-dingtalk/dingtalk-card-examples, README). Before an
app is published, messages name nobody (senderStaffId is absent).
"""

import re
from typing import ClassVar

from channels.messages import Button, Card, Tone
from tests.guides.card_template import FILE, read
from tests.guides.console import Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.dingtalk.driver import Driver
from tests.platforms.dingtalk.office import ALICE, CLIENT_ID, REQUEST, SECRET

NO_RIGHTS = "只有管理员和子管理员可登录开发者后台"
NO_PERMISSION = "AccessTokenPermissionDenied"
NOT_PUBLISHED = "DingTalk named nobody who wrote so far"
NO_TEMPLATE = "DingTalk does not show cards of card_template_id"
PERMISSIONS = frozenset({"Card.Instance.Write", "Card.Streaming.Write", "qyapi_base", "qyapi_robot_sendmsg"})
MAKE = "/v1.0/card/instances/createAndDeliver"


class DingTalkConsole(Console):
    """open-dev.dingtalk.com, and open-dev.dingtalk.com/fe/card."""

    kind = "dingtalk"
    mode = "stream"
    addresses = ("api_url", "oapi_url")
    acts = (
        Act(words=("Developer rights", "开发者权限"), does="have_rights"),
        Act(words=("Create app", "创建应用"), does="create"),
        Act(words=("Client ID",), does="copy_id"),
        Act(words=("Client Secret",), does="copy_secret"),
        Act(words=("Robot", "机器人"), does="add_robot"),
        Act(words=("Permissions", "权限管理"), does="apply"),
        Act(words=("Version management & release", "版本管理与发布"), does="release"),
        Act(words=("More → Import", "更多 → 导入"), does="bring_in"),
        Act(words=("Publish template", "发布模板"), does="publish_template"),
        Act(words=("Template ID", "模板 ID"), does="copy_template"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="have_rights", then="create", says=NO_RIGHTS),
        Order(first="apply", says=NO_PERMISSION),
        Order(first="release", says=NOT_PUBLISHED),
        Order(first="publish_template", says=NO_TEMPLATE),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, Driver)
        self.fake = self.driver.fake
        self.fake.scopes = set()
        self.fake.office.published = set()
        self.done: set[str] = set()
        self.variables: frozenset[str] = frozenset()
        self.handed["card_template_id"] = REQUEST

    async def have_rights(self, step: Step) -> None:
        del step
        self.done.add("rights")

    async def create(self, step: Step) -> None:
        del step
        if "rights" not in self.done:
            raise Refuses(NO_RIGHTS)

    async def copy_id(self, step: Step) -> None:
        del step
        self.handed["client_id"] = CLIENT_ID

    async def copy_secret(self, step: Step) -> None:
        del step
        self.handed["client_secret"] = SECRET

    async def add_robot(self, step: Step) -> None:
        assert "Stream" in step.text
        self.done.add("robot")

    async def apply(self, step: Step) -> None:
        self.fake.scopes = {name for name in re.findall(r"`([\w.]+)`", step.text) if name in PERMISSIONS}

    async def release(self, step: Step) -> None:
        del step
        assert "robot" in self.done
        self.done.add("released")

    async def bring_in(self, step: Step) -> None:
        assert FILE.name in step.text
        template = read(FILE.read_text(encoding="utf-8"))
        assert template.presses == {f"press{number}" for number in range(1, 5)}
        self.variables = template.variables

    async def publish_template(self, step: Step) -> None:
        del step
        self.fake.office.published.add(REQUEST)

    async def copy_template(self, step: Step) -> None:
        """Known from the beginning, so that the settings can be pasted without it."""

    def is_heard(self) -> str:
        return "" if "released" in self.done else NOT_PUBLISHED

    async def talk(self) -> None:
        """And a request is a card whose variables are those of the template, and whose button decides."""
        await super().talk()
        assert self.stage is not None
        address = self.stage.heard[-1].address
        buttons = (Button(label="Approve", choice="a", tone=Tone.PRIMARY), Button(label="Deny", choice="d"))
        card = Card(id="abcdefgh23456789", title="Run a command?", buttons=buttons, fallback="/approve 7QX4")
        await self.stage.send(address, card=card)
        if not self.fake.office.cards:
            raise Refuses((await self.stage.channel.probe()).reason)
        [made] = self.fake.called(MAKE)
        assert made["cardData"]["cardParamMap"].keys() == self.variables
        [(track, _)] = self.fake.office.cards.items()
        await self.fake.press(track, "Deny", ALICE)
        press = (await self.stage.hears(2))[-1].press
        assert press is not None
        assert (press.id, press.choice) == (card.id, "d")
