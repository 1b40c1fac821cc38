"""Settings are checked together."""

import pytest
from pydantic import ValidationError

from channels.slack import Options


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"bot_token": "xoxb-1"}, "app_token is needed"),
        ({"bot_token": "xoxb-1", "mode": "http"}, "signing_secret is needed"),
        ({"bot_token": "xapp-1", "app_token": "xapp-1"}, "bot_token holds an app-level token"),
        ({"bot_token": "xoxb-1", "app_token": "xoxb-1"}, "app_token holds a bot or user token"),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": "slack.com"}, "http or https address"),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1", "mode": "rtm"}, "'http' or 'socket'"),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options.model_validate(settings)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Options.model_fields.values())
