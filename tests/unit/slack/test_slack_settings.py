"""Settings are checked together."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
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


def test_reading_the_settings_loads_no_sdk() -> None:
    code = "import sys, channels.slack; print([m for m in sys.modules if m.startswith('slack_')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)

    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("page", ["slack.md", "slack.zh.md"])
def test_the_manuals_name_every_setting_and_their_manifests_are_sound(page: str) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "channels" / page).read_text(encoding="utf-8")
    manifest = yaml.safe_load(textwrap.dedent(manual.split("```yaml\n")[1].split("```")[0]))
    example = yaml.safe_load(textwrap.dedent(manual.split("```yaml\n")[2].split("```")[0]))
    tokens = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    given = {**example["channels"]["slack"], **tokens}

    assert all(f"`{name}`" in manual for name in Options.model_fields)
    assert all(f"`{scope}`" in manual for scope in manifest["oauth_config"]["scopes"]["bot"])
    assert all(f"`{event}`" in manual for event in manifest["settings"]["event_subscriptions"]["bot_events"])
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert given.pop("kind") == "slack"
    assert Options.model_validate(given).mode == "socket"
