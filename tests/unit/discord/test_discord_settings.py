"""What the settings refuse before anything starts."""

import pytest
from pydantic import ValidationError

from channels.discord import Options


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"token": "Bot abc"}, "without the word Bot"),
        ({"token": "abc", "api_url": "discord.com"}, "must be an address"),
        ({"token": "abc", "gateway_url": "https://gateway.discord.gg"}, "must be an address"),
        ({"token": "abc", "command": "Say Something"}, "pattern"),
        ({"token": "abc", "missed_hours": 500}, "less than or equal to 168"),
        ({}, "required"),
    ],
)
def test_a_mistake_is_named(given, says):
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(given)


def test_the_token_alone_is_enough_and_prints_nowhere():
    options = Options.model_validate({"token": "abc"})

    assert "abc" not in repr(options)
    assert options.api_url == "https://discord.com/api/v10"
