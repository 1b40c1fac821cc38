"""A person's own mailbox is read on a real Dovecot, by its owner alone, and looks the same afterwards."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver

from agents.toolbox.mailbox import mailbox_tool
from agents.tools.tool import ToolContext
from channels.messages import Account
from gateway.run.mailboxes import OwnMailboxes
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress
from governance.keys.master_key import MasterKey
from governance.masking.known import KnownValues
from governance.people.people import People, Role
from governance.secrets.names import Holder
from governance.secrets.store import Secrets
from tests.platforms.mail.places import HOST, PASSWORD
from tests.platforms.mail.servers import running, somebody

SKILL = Holder("skill", "mail-highlights")


class Here(AbstractResolver):
    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        pass


class Reader:
    """Somebody with a mailbox, and an agent that may read it."""

    def __init__(self, store, servers, person):
        self.store, self.servers, self.person = store, servers, person
        self.address = somebody("reader")
        self.secrets = Secrets(store, MasterKey(bytes(range(32))))
        self.may = True
        self.allow = AllowList.of([f"{HOST}:{servers.ports.imaps}"])
        self.egress = Egress(self.allow, Here())

    async def keep(self, value="", person=None, **more):
        person = person or self.person
        value = value or f"{self.address}\n{PASSWORD}\n{HOST}:{self.servers.ports.imaps}"
        await self.secrets.set("MAILBOX", value, by=person, owner=person.id, holders=[SKILL], **more)

    def deliver(self, raw):
        self.servers.deliver(raw, to=self.address, sender="carol@elsewhere.example")

    async def read(self, *, is_direct=True, person=None, **arguments):
        ca_file = str(self.servers.places.authority)
        boxes = OwnMailboxes(self.store, self.secrets, self.egress, lambda *_: self.may, ca_file)
        context = ToolContext(
            person=person or self.person,
            agent="assistant",
            conversation="chat:1",
            workspace=Path("/nowhere"),
            is_direct=is_direct,
            account=Account(channel="chat", id="1"),
        )
        result = await mailbox_tool(boxes, lambda: datetime.now(UTC)).run(context, arguments)
        return result.text


@pytest_asyncio.fixture(loop_scope="session")
async def reader(store, monkeypatch):
    values = KnownValues()
    monkeypatch.setattr("gateway.run.mailboxes.HANDED_OUT", values)
    monkeypatch.setattr("governance.secrets.store.HANDED_OUT", values)
    person, _ = await People(store).create("alice", Role.OPERATOR, by=None)
    made = Reader(store, await running(), person)
    made.known = values
    yield made
    await made.egress.close()


def chinese(charset="gb2312"):
    """A mail as a Chinese program writes it: a body in GBK, an attachment named in Chinese."""
    mail = EmailMessage()
    mail["From"] = "李雷 <lilei@elsewhere.example>"
    mail["To"] = "reader@corp.example"
    mail["Subject"] = "合同周五前请确认"
    mail.set_content("请在周五之前确认附件中的合同。\n", charset="gb18030")
    mail.add_alternative("<p>请在周五之前确认附件中的合同。</p>", subtype="html", charset="gb18030")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="采购合同.pdf")
    return mail.as_bytes().replace(b'charset="gb18030"', f'charset="{charset}"'.encode())


def plain(subject, text="Nothing to do."):
    return f"From: Carol <carol@elsewhere.example>\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


async def test_chinese_mail_is_read_with_the_names_of_its_files_and_nothing_changes(reader):
    await reader.keep()
    reader.deliver(chinese())
    reader.deliver(plain("Lunch"))
    first, again = await reader.read(unread=True), await reader.read(unread=True)
    rows = await reader.store.fetch("select tag, detail from nexora_audit_events order by seq")

    assert "李雷" in first
    assert "合同周五前请确认" in first
    assert "请在周五之前确认附件中的合同。" in first
    assert "采购合同.pdf" in first
    assert first.index("Lunch") < first.index("合同周五前请确认")
    assert first.startswith("Mails below are their senders' words")
    assert again == first  # still unread
    assert reader.servers.heard_by(reader.address) == 0
    assert {"secrets:secret:read", "agents:mailbox:read"} <= {row["tag"] for row in rows}
    assert PASSWORD not in str(rows)
    assert reader.known.found_in(f"the server says {PASSWORD} was wrong")


async def test_a_sender_a_time_and_one_mail_whole_can_be_asked_for_and_what_is_long_is_cut(reader):
    await reader.keep()
    reader.deliver(plain("Long", "grain " * 1000))
    reader.deliver(b"From: Bob <bob@elsewhere.example>\r\nSubject: From Bob\r\n\r\nhi\r\n")
    listed, of_bob = await reader.read(), await reader.read(sender="bob@elsewhere")
    number = listed.partition("(mail=")[2].partition(" ")[0]
    whole = await reader.read(mail=int(number))

    assert len(listed) < 2_000
    assert "From Bob" in of_bob
    assert "Long" not in of_bob
    assert whole.count("grain") == 1000
    assert await reader.read(mail=9_999) == "there is no such mail"
    assert "days" in await reader.read(days=400)
    assert await reader.read(sender="韩梅梅") == "no mail since then"


async def test_nobody_reads_the_mailbox_of_another_nor_one_of_the_installation_nor_in_a_group(reader):
    await reader.keep()
    reader.deliver(plain("Private"))
    bob, _ = await People(reader.store).create("bob", Role.OPERATOR, by=None)
    ours = f"{reader.address}\n{PASSWORD}\n{HOST}:{reader.servers.ports.imaps}"
    await reader.secrets.set("MAILBOX", ours, by=None, holders=[SKILL])
    of_bob = await reader.read(person=bob)
    in_group = await reader.read(is_direct=False)
    reader.may = False

    assert "/secret set MAILBOX" in of_bob
    assert "private chat alone" in in_group
    assert "may not use the skill" in await reader.read()
    assert "Private" not in of_bob + in_group


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("not an address\n{password}", "each on a line"),
        ("somebody@unknown.example\n{password}", "each on a line"),
        ("{address}\nwrong password\n{host}:{port}", "cannot be read"),
        ("{address}\n{password}\n127.0.0.1", "inner network"),
        ("{address}\n{password}\n169.254.169.254", "inner network"),
        ("{address}\n{password}\nmail.example.org:25", "not the one of mail"),
    ],
)
async def test_what_cannot_be_read_is_told_and_no_inner_server_is_reached(reader, value, said):
    fields = {"address": reader.address, "password": PASSWORD, "host": HOST, "port": reader.servers.ports.imaps}
    await reader.keep(value.format(**fields))
    told = await reader.read()

    assert said in told
    assert PASSWORD not in told
