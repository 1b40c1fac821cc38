"""The settings: a mistake is named before anything starts."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from channels.dingtalk import Options

RIGHT = {"client_id": "ding1", "client_secret": "secret"}


def test_the_robot_has_the_apps_id_where_no_other_is_given():
    assert Options.model_validate(RIGHT).robot_code == "ding1"
    assert Options.model_validate({**RIGHT, "robot_code": "robot1"}).robot_code == "robot1"


def test_an_address_loses_the_slash_at_its_end():
    assert Options.model_validate({**RIGHT, "api_url": "https://api.dingtalk.io/"}).api_url == "https://api.dingtalk.io"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"api_url": "api.dingtalk.com"}, "http or https address"),
        ({"oapi_url": "wss://x"}, "http or https address"),
        ({"card_template_id": "https://card.dingtalk.com/x"}, "the ID that the card platform shows"),
        ({"client_id": ""}, "at least 1 character"),
        ({"ping_seconds": 0}, "greater than 0"),
        ({"app_key": "x"}, "not permitted"),
    ],
)
def test_a_mistake_is_named(wrong, says):
    with pytest.raises(ValidationError, match=says):
        Options.model_validate({**RIGHT, **wrong})


def test_the_secret_does_not_show():
    assert "secret'" not in repr(Options.model_validate(RIGHT)).replace("client_secret", "")


def test_an_adapter_that_is_not_configured_loads_no_sdk():
    program = (
        "import sys, channels.dingtalk; print([n for n in sys.modules if n.startswith(('dingtalk_', 'requests'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
