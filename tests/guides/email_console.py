"""The webmail of a provider in mainland China, where IMAP and SMTP are opened and codes for clients are made.

Tencent's servers tell whoever comes too early "Login fail. Account is abnormal, service is not open, password is
incorrect, …" (chengazhen/cursor-auto-free issue 294), and whoever gives the password of the webmail "535 Login Fail.
Please enter your authorization code to login." (YMFE/yapi issue 2219; since November 2022 only codes are taken). What
these servers write on top of the mails that arrive is not known; the mails of the fake bear the line that is needed.
"""

from typing import ClassVar

from tests.guides.console import UNTOLD, Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.email.driver import EmailDriver
from tests.platforms.mail.places import HOST, PASSWORD

NOT_OPEN = "Login fail. Account is abnormal, service is not open, password is incorrect"
NO_CODE = "535 Login Fail. Please enter your authorization code to login."


class EmailConsole(Console):
    """The settings of one mailbox."""

    kind = "email"
    mode = "password"
    addresses = ("imap_host", "imap_port", "smtp_host", "smtp_port", "ca_file", "idle_seconds")
    acts = (
        Act(words=("mailbox for the bot alone", "单独准备一个邮箱"), does="make"),
        Act(words=("topmost line", "最上面的一行"), does="read_line"),
        Act(words=("IMAP and SMTP", "IMAP 和 SMTP"), does="open_services"),
        Act(words=("authorisation code", "授权码"), does="copy_code"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="open_services", then="start", says=NOT_OPEN),
        Order(first="copy_code", then="start", says=NO_CODE),
        Order(first="read_line", says=UNTOLD),
    )

    def prepare(self) -> None:
        self.is_open = False

    async def make(self, step: Step) -> None:
        del step
        assert isinstance(self.driver, EmailDriver)
        self.handed["address"] = self.driver.bot

    async def read_line(self, step: Step) -> None:
        assert any("dmarc=pass" in block.text for block in step.blocks)
        self.handed["authserv_id"] = HOST

    async def open_services(self, step: Step) -> None:
        del step
        self.is_open = True

    async def copy_code(self, step: Step) -> None:
        del step
        self.handed["password"] = PASSWORD

    async def start(self, step: Step) -> None:
        """The provider's answer to whoever signs in too early, or with another password."""
        if not self.is_open:
            raise Refuses(NOT_OPEN)
        if "password" not in self.handed:
            raise Refuses(NO_CODE)
        await super().start(step)
