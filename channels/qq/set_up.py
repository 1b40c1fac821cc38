"""A bot of QQ by a code: whoever scans it makes one, or chooses one that there is, and QQ sends us its secret sealed.

Source: how github.com/NousResearch/hermes-agent (`gateway/platforms/qqbot/onboard.py`) and other open gateways do what
Tencent's own connector does (npm @tencent-connect/qqbot-connector 1.2.0). `POST /lite/create_bind_task {key}`, with 32
random bytes of ours in base64, gives `data.task_id`; the page to scan is `/qqbot/openclaw/connect.html` with `task_id`,
`source` and `_wv=2`; `POST /lite/poll_bind_result {task_id}` gives `data.status`: 0 and 1 wait, 2 is done, 3 expired.
Done, it has `bot_appid` and `bot_encrypt_secret`: base64 of a nonce of 12 bytes, what is sealed with AES-256-GCM under
our key, and a tag of 16. `retcode` is 0 where all is well. Without `Accept: application/json` the host answers with a
page against robots. It is asked every 2 seconds, and a code counts for 10 minutes; the platform tells neither.
"""

import base64
import secrets
from collections.abc import Mapping

from aiohttp import ClientSession
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from yarl import URL

from channels.onboarding import Ending, Obtained, Offer, SetUp, SetUpEnded
from channels.shared.registrations import DEFAULT_EXPIRES_SECONDS, Json, asked, below, offered, text

HOSTS = {"qq": "https://q.qq.com"}
SCAN, NEXT = "qq.set_up.scan", "qq.set_up.next"
INTERVAL_SECONDS = 2.0
NONCE_BYTES = 12
_DONE, _EXPIRED = "2", "3"
_WAITS = frozenset({"", "0", "1"})


class QQSetUp:
    """One task. The key never leaves this object but for QQ itself, and opens the secret once."""

    def __init__(self, http: ClientSession, host: str) -> None:
        self._http = http
        self._host = host
        self._key = secrets.token_bytes(32)
        self._task = ""
        self.interval_seconds = INTERVAL_SECONDS

    async def begin(self) -> Offer:
        """Ask for a task, and make its page's address."""
        data = await self._call("create_bind_task", {"key": base64.b64encode(self._key).decode()})
        self._task = text(data, "task_id")
        if not self._task:
            raise SetUpEnded(Ending.REFUSED, "QQ gave no code")
        page = URL(f"{self._host}/qqbot/openclaw/connect.html")
        query = {"task_id": self._task, "source": "nexora", "_wv": "2"}
        return offered(str(page.with_query(query)), DEFAULT_EXPIRES_SECONDS, "QQ")

    async def ask(self) -> Obtained | None:
        """Ask once."""
        data = await self._call("poll_bind_result", {"task_id": self._task})
        status = text(data, "status")
        if status in _WAITS:
            return None
        if status == _EXPIRED:
            raise SetUpEnded(Ending.EXPIRED)
        if status != _DONE:
            raise SetUpEnded(Ending.REFUSED, f"QQ answers status {status}", may_pass=True)
        return Obtained(options={"app_id": text(data, "bot_appid")}, secrets={"secret": self._opened(data)})

    def _opened(self, data: Json) -> str:
        try:
            sealed = base64.b64decode(text(data, "bot_encrypt_secret"), validate=True)
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag) as error:
            raise SetUpEnded(Ending.REFUSED, "the secret that QQ sent cannot be opened with our key") from error

    async def _call(self, step: str, body: Json) -> Json:
        headers = {"Accept": "application/json"}
        answer = await asked(self._http, "POST", f"{self._host}/lite/{step}", "QQ", json=body, headers=headers)
        if answer.get("retcode") != 0:
            words = f"{text(answer, 'msg')} ({text(answer, 'retcode')})"
            raise SetUpEnded(Ending.REFUSED, words, may_pass=step == "poll_bind_result")
        return below(answer, "data")


def set_up(http: ClientSession, hosts: Mapping[str, str], chosen: Mapping[str, object]) -> SetUp:
    """A task."""
    del chosen
    return QQSetUp(http, hosts["qq"])
