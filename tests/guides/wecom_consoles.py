"""WeCom's consoles: the page that makes an intelligent bot, and the admin console with self-built apps.

The bot: "手动创建", at the foot of the page "API 模式创建", "使用长连接", the Bot ID and a Secret that is shown
once, then "保存" (cloud.tencent.com/document/product/1831/137051, "Secret
仅显示一次。如丢失可在机器人详情页重新生成"; LangBot's and SuperMap's guides show the same pages). That a bot
which is not saved yet cannot connect is concluded from it.

The app: saving the address tries it at once, and an attested company's address must have a domain that is
registered for it ("域名主体校验未通过，…", zhayujie/CowAgent issue 1092, AstrBot issue 3304); where nothing
answers, "openapi回调地址请求不通过" (taiyi747/WeWork-Robot issue 4, LangBot issue 984). Before it is saved no
trusted address can be entered: "配置企业可信IP前，请先设置可信域名或设置接收消息服务器URL" (lyc8503/WechatPush
issue 1).
"""

from typing import ClassVar

from tests.guides.console import Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.wecom.app import AES_KEY, AGENT_ID, APP_SECRET, CORP_ID, TOKEN, seal, signed
from tests.platforms.wecom.app_driver import AppDriver
from tests.platforms.wecom.driver import Driver
from tests.platforms.wecom.server import BOT_ID, SECRET

NO_SUCH_BOT = "invalid bot_id or secret (853000)"
SHOWN_ONCE = "Secret 仅显示一次"
FOREIGN_DOMAIN = "域名主体校验未通过，需配置备案主体与当前企业主体相同或有关联关系的域名"
NO_ANSWER = "openapi回调地址请求不通过"
URL_FIRST = "请先设置可信域名或设置接收消息服务器URL"
UNTRUSTED = "not allow to access from your ip (60020)"
PROOF = b"1616140317555161061"


class BotConsole(Console):
    """工作台 → 智能机器人. What is made there exists once it is saved."""

    kind = "wecom"
    mode = "socket"
    addresses = ("socket_url",)
    acts = (
        Act(words=("Create manually", "手动创建"), does="create"),
        Act(words=("Create in API mode", "API 模式创建"), does="in_api_mode"),
        Act(words=("Use long connection", "使用长连接"), does="by_long_connection"),
        Act(words=("Bot ID",), does="copy_id"),
        Act(words=("Secret",), does="copy_secret"),
        Act(words=("Save", "保存"), does="save"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="save", then="start", says=NO_SUCH_BOT),
        Order(first="copy_secret", then="save", says=SHOWN_ONCE),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, Driver)
        self.fake = self.driver.fake
        self.fake.secret = "of no bot yet"
        self.chosen: list[str] = []

    async def create(self, step: Step) -> None:
        del step
        self.chosen.append("manually")

    async def in_api_mode(self, step: Step) -> None:
        del step
        self.chosen.append("api")

    async def by_long_connection(self, step: Step) -> None:
        del step
        assert self.chosen == ["manually", "api"], "the page has no such choice"
        self.chosen.append("connection")

    async def copy_id(self, step: Step) -> None:
        del step
        assert "connection" in self.chosen
        self.handed["bot_id"] = BOT_ID

    async def copy_secret(self, step: Step) -> None:
        del step
        if "saved" in self.chosen:
            raise Refuses(SHOWN_ONCE)
        self.handed["secret"] = SECRET

    async def save(self, step: Step) -> None:
        del step
        self.chosen.append("saved")
        self.fake.secret = SECRET


class AppConsole(Console):
    """work.weixin.qq.com, 应用管理."""

    kind = "wecom"
    mode = "app"
    list_number = 1
    addresses = ("api_url",)
    must_be_up = False
    acts = (
        Act(words=("domain that is registered for your company", "备案主体与企业相同的域名"), does="have_domain"),
        Act(words=("Create an app", "创建应用"), does="create"),
        Act(words=("AgentId",), does="copy_agent"),
        Act(words=("Secret",), does="copy_secret"),
        Act(words=("Company ID", "企业 ID"), does="copy_company"),
        Act(words=("Token",), does="copy_token"),
        Act(words=("EncodingAESKey",), does="copy_key"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
        Act(words=("Save", "保存"), does="save"),
        Act(words=("Trusted IPs of the company", "企业可信 IP"), does="trust"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="have_domain", then="save", says=FOREIGN_DOMAIN),
        Order(first="start", then="save", says=NO_ANSWER),
        Order(first="save", then="trust", says=URL_FIRST),
        Order(first="trust", says=UNTRUSTED),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, AppDriver)
        self.fake = self.driver.fake
        self.fake.is_trusted = False
        self.domains: set[str] = set()
        self.is_saved = False

    async def have_domain(self, step: Step) -> None:
        del step
        self.domains.add("nexora.example.com")

    async def create(self, step: Step) -> None:
        """Nothing is refused here."""

    async def copy_agent(self, step: Step) -> None:
        del step
        self.handed["agent_id"] = AGENT_ID

    async def copy_secret(self, step: Step) -> None:
        del step
        self.handed["app_secret"] = APP_SECRET

    async def copy_company(self, step: Step) -> None:
        del step
        self.handed["corp_id"] = CORP_ID

    async def copy_token(self, step: Step) -> None:
        del step
        self.handed["callback_token"] = TOKEN

    async def copy_key(self, step: Step) -> None:
        del step
        self.handed["encoding_aes_key"] = AES_KEY

    async def save(self, step: Step) -> None:
        """The address of the step, at the host of the settings."""
        assert "/channels/" in step.text
        [block] = self.guide.settings("app", "socket")
        if block.read()["server"]["public_url"].removeprefix("https://") not in self.domains:
            raise Refuses(FOREIGN_DOMAIN)
        if self.stage is None:
            raise Refuses(NO_ANSWER)
        locked = seal(PROOF)
        status, _, told = await self.fake.get({**signed(locked), "echostr": locked})
        assert (status, told) == (200, PROOF.decode())
        self.is_saved = True

    async def trust(self, step: Step) -> None:
        del step
        if not self.is_saved:
            raise Refuses(URL_FIRST)
        self.fake.is_trusted = True
