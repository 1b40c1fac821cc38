"""What is said of a channel: English as text, and in the language of whoever reads it, through errors and health."""

from channels.base import ChannelDown, ChannelState, Health
from channels.sayings import ChannelSaying, saying, told


def test_an_error_and_a_health_keep_the_sentence_for_every_language():
    error = ChannelDown(saying("line_unreachable", platform="QQ", thing="file store", why=saying("stopped")))
    health = Health(state=ChannelState.DOWN, reason=str(error) or "nothing")

    assert str(error) == "QQ's file store cannot be reached: stopped"
    assert isinstance(health.reason, ChannelSaying)
    assert told(health.reason, "en") == str(error)
    assert told(health.reason, "zh") == "无法连接 QQ 的文件存储：已停止"
    assert told(health.reason, "de") == "QQ ist nicht zu erreichen (Ablage der Dateien): angehalten"


def test_the_words_of_a_platform_stand_as_they_are_and_are_quoted_in_ours():
    assert told("invalid_auth", "zh") == "invalid_auth"
    assert told(saying("refuses", platform="Slack", words="{odd}"), "zh") == "Slack 拒绝。平台原话：“{odd}”"
    assert told(saying("not_greeted", platform="X", thing="line of theirs"), "en").endswith(
        "line of theirs but does not greet"
    )
