"""q.qq.com, from the creation of a bot to its release.

A new bot can be submitted and put online only with an allow list
("平台默认启用IP白名单功能，并限制只有填写了IP白名单才能 提审和上线"), which holds in production alone; the
sandbox has an address of its own and knows the people and groups that were entered (tencent-connect/bot-docs,
"8.5 IP白名单配置"). The qualification has to be passed before a submission (bot.qq.com/wiki,
"否则会影响应用的提审"), and a self-test report and a privacy agreement are uploaded (docs.sealdice.com,
"platform-qq-official"). In which words the console refuses to submit without them is not known; 4914 and 11298
are what the gateway and the API answer (botpy issue 189).
"""

from typing import ClassVar

from tests.guides.console import Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.qq.driver import Driver
from tests.platforms.qq.server import APP_ID, SECRET

NO_LIST = "只有填写了IP白名单才能提审和上线"
NO_REPORT = "自测报告"
NO_QUALIFICATION = "资质审核"
NOT_ONLINE = "the bot is not published; only the sandbox may connect (4914)"
SANDBOX = "https://sandbox.api.sgroup.qq.com"


class QQConsole(Console):
    """The bot's pages there."""

    kind = "qq"
    mode = "socket"
    addresses = ("api_url", "token_url")
    acts = (
        Act(words=("Qualification review", "资质审核"), does="qualify"),
        Act(words=("Create a bot", "创建机器人"), does="create"),
        Act(words=("AppID",), does="copy_id"),
        Act(words=("AppSecret",), does="copy_secret"),
        Act(words=("Sandbox settings", "沙箱配置"), does="enter_sandbox"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
        Act(words=("IP allow list", "IP 白名单"), does="list_address"),
        Act(words=("Self-test report", "自测报告"), does="report"),
        Act(words=("Submit for review", "提交审核"), does="submit"),
        Act(words=("Put online", "上线机器人"), does="go_online"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="list_address", then="submit", says=NO_LIST),
        Order(first="report", says=NO_REPORT),
        Order(first="qualify", says=NO_QUALIFICATION),
        Order(first="go_online", then="start", says=NOT_ONLINE),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, Driver)
        self.fake = self.driver.fake
        self.done: set[str] = set()

    async def qualify(self, step: Step) -> None:
        del step
        self.done.add("qualified")

    async def create(self, step: Step) -> None:
        """Nothing is refused here."""

    async def copy_id(self, step: Step) -> None:
        del step
        self.handed["app_id"] = APP_ID

    async def copy_secret(self, step: Step) -> None:
        del step
        self.handed["secret"] = SECRET

    async def enter_sandbox(self, step: Step) -> None:
        del step
        self.done.add("sandbox")

    async def start(self, step: Step) -> None:
        """In the sandbox, or where the settings name none, in production."""
        is_sandbox = self.shown_settings().get("api_url") == SANDBOX
        self.fake.is_online = "sandbox" in self.done if is_sandbox else "online" in self.done
        self.fake.is_listed = is_sandbox or "listed" in self.done
        await super().start(step)

    async def list_address(self, step: Step) -> None:
        del step
        self.done.add("listed")

    async def report(self, step: Step) -> None:
        del step
        self.done.add("reported")

    async def submit(self, step: Step) -> None:
        del step
        for needed, words in (("listed", NO_LIST), ("reported", NO_REPORT), ("qualified", NO_QUALIFICATION)):
            if needed not in self.done:
                raise Refuses(words)
        self.done.add("passed")

    async def go_online(self, step: Step) -> None:
        del step
        assert "passed" in self.done
        self.done.add("online")
