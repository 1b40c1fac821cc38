"""Settings are checked together, and tokens are fetched when they are needed."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import ValidationError

from channels.base import ChannelDown, ChannelRefused
from channels.email import Options
from channels.email.oauth import AccessToken, Keys, Password
from tests.platforms.email.tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenUrl

GOOD = {
    "address": "Nexora@Corp.example",
    "authserv_id": "mx.corp.example",
    "imap_host": "imap.corp.example",
    "smtp_host": "smtp.corp.example",
    "password": "secret",
}
OAUTH = {"password": None, "oauth_token_url": "https://corp.example/token", "oauth_client_id": "c"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"address": "Nexora <n@corp.example>"}, "plain address"),
        ({"password": None}, "give either password or oauth_token_url"),
        (OAUTH, "oauth_refresh_token or oauth_client_secret is needed"),
        ({**OAUTH, "oauth_client_id": "", "oauth_refresh_token": "r"}, "oauth_client_id is needed"),
        ({**OAUTH, "password": "x", "oauth_refresh_token": "r"}, "give either"),
        ({**OAUTH, "oauth_token_url": "http://corp.example/token", "oauth_refresh_token": "r"}, "https"),
        ({"imap_security": "none"}, "imap_security none is for a server on this machine"),
        ({"smtp_security": "none"}, "smtp_security none is for a server on this machine"),
        ({"ca_file": "/nowhere.pem"}, "there is no file"),
        ({"display_name": "a\r\nb"}, "control characters"),
        ({"idle_seconds": 1800}, "less than or equal to 1740"),
        ({"authserv_id": ""}, "at least 1 character"),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options.model_validate({**GOOD, **change})


BARE = {"password": "code", "authserv_id": "mx.corp.example"}


@pytest.mark.parametrize(
    ("given", "imap", "smtp"),
    [
        ({"address": "bot@qq.com"}, "imap.qq.com:993 tls", "smtp.qq.com:465 tls"),
        ({"address": "bot@163.com"}, "imap.163.com:993 tls", "smtp.163.com:465 tls"),
        ({"address": "bot@126.com", "provider": "netease"}, "imap.126.com:993 tls", "smtp.126.com:465 tls"),
        ({"address": "b@corp.cn", "provider": "tencent"}, "imap.exmail.qq.com:993 tls", "smtp.exmail.qq.com:465 tls"),
        (
            {"address": "b@corp.cn", "provider": "alibaba"},
            "imap.qiye.aliyun.com:993 tls",
            "smtp.qiye.aliyun.com:465 tls",
        ),
        ({"address": "b@corp.cn", "provider": "netease"}, "imap.qiye.163.com:993 tls", "smtp.qiye.163.com:994 tls"),
        (
            {"address": "b@corp.cn", "provider": "microsoft"},
            "outlook.office365.com:993 tls",
            "smtp.office365.com:587 starttls",
        ),
        (
            {"address": "b@163.com", "smtp_port": 994, "imap_host": "imap.corp.cn"},
            "imap.corp.cn:993 tls",
            "smtp.163.com:994 tls",
        ),
    ],
)
def test_the_servers_of_a_provider_are_known(given: dict[str, object], imap: str, smtp: str) -> None:
    options = Options.model_validate({**BARE, **given})

    assert f"{options.imap_host}:{options.imap_port} {options.imap_security}" == imap
    assert f"{options.smtp_host}:{options.smtp_port} {options.smtp_security}" == smtp


def test_only_google_is_known_by_the_name_under_which_it_vouches() -> None:
    assert Options.model_validate({"address": "b@gmail.com", "password": "code"}).authserv_id == "mx.google.com"
    for address in ("b@qq.com", "b@163.com", "b@aliyun.com", "b@outlook.com"):
        with pytest.raises(ValidationError, match="authserv_id is needed: the first word of the topmost"):
            Options.model_validate({"address": address, "password": "code"})


def test_without_a_known_provider_the_servers_have_to_be_named() -> None:
    with pytest.raises(ValidationError, match=r"imap_host is needed, or a provider \(alibaba, google, "):
        Options.model_validate({**BARE, "address": "b@corp.example"})


def test_the_address_is_the_name_to_sign_in_with_unless_there_is_another() -> None:
    assert Options.model_validate(GOOD).user == "nexora@corp.example"
    assert Options.model_validate({**GOOD, "username": "bot"}).user == "bot"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Options.model_fields.values())


def test_reading_the_settings_loads_no_mail_library() -> None:
    code = "import sys, channels.email; print([m for m in ('aiosmtplib', 'markdown_it', 'ssl') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)

    assert "aiosmtplib" not in loaded.stdout
    assert "markdown_it" not in loaded.stdout


def test_credentials_do_not_print_themselves() -> None:
    assert "secret" not in repr(Password(value="secret"))
    assert "secret" not in repr(AccessToken(value="secret"))


async def test_a_token_is_kept_while_it_is_good_and_fetched_again_when_it_was_refused() -> None:
    now = [datetime(2026, 11, 24, tzinfo=UTC)]
    url = TokenUrl("nexora@corp.example")
    await url.start()
    settings = {"oauth_token_url": url.url, "oauth_client_id": CLIENT, "oauth_client_secret": CLIENT_SECRET}
    try:
        async with aiohttp.ClientSession() as http:
            options = Options.model_validate({**GOOD, "password": None, **settings, "oauth_refresh_token": REFRESH})
            keys = Keys(options, http, lambda: now[0])
            first, second = await keys.get(), await keys.get()
            now[0] += timedelta(hours=1)
            third = await keys.get()
            keys.forget()
            await keys.get()
            url.is_revoked = True
            keys.forget()
            with pytest.raises(ChannelRefused, match="invalid_grant Token has been expired or revoked") as refused:
                await keys.get()

            assert first == second != third
            assert url.given == 3
            assert REFRESH not in str(refused.value)
    finally:
        await url.stop()
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ChannelDown, match="oauth_token_url cannot be reached"):
            await Keys(options, http, lambda: now[0]).get()
