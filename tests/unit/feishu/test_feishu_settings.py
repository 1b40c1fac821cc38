"""The settings, checked together."""

from typing import Any

import pytest
from pydantic import ValidationError

from channels.feishu import Options

GIVEN = {"app_id": "cli_a1b2", "app_secret": "s"}


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("feishu", "https://open.feishu.cn"),
        ("Lark", "https://open.larksuite.com"),
        ("https://open.example.org/", "https://open.example.org"),
    ],
)
def test_a_domain_is_a_word_or_an_address(domain: str, address: str):
    assert Options.model_validate({**GIVEN, "domain": domain}).domain == address


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": "a1b2"},
        {"app_secret": ""},
        {"domain": "wechat"},
        {"domain": "https://open.feishu.cn/open-apis"},
        {"domain": "ftp://open.feishu.cn"},
        {"mode": "polling"},
        {"mode": "webhook"},
        {"mode": "webhook", "encrypt_key": "k"},
        {"mode": "webhook", "verification_token": "t"},
        {"guest": True},
    ],
)
def test_a_mistake_is_named_before_anything_starts(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        Options.model_validate(GIVEN | wrong)


def test_no_secret_prints_itself():
    options = Options.model_validate(GIVEN | {"encrypt_key": "k3y-k3y", "verification_token": "t0k-t0k"})

    assert "k3y" not in repr(options)
    assert "t0k" not in repr(options)
