"""Whatever is wrong with the settings of a channel, the gateway starts without it and says why."""

import pytest

from gateway.settings.sources import examine, load


@pytest.fixture
def write(tmp_path):
    """Writes the YAML file and returns an environment that names it."""

    def written(text: str) -> dict[str, str]:
        (tmp_path / "nexora.yaml").write_text(text, encoding="utf-8")
        return {"NEXORA_CONFIG": str(tmp_path / "nexora.yaml"), "NEXORA_HOME": str(tmp_path)}

    return written


@pytest.mark.parametrize("given", ["", "ops", "[null]", "[{id: 1}]", "{ops: true}", "[true]"])
def test_with_groups_that_are_no_list_of_ids_a_channel_hears_nobody(write, given):
    channel = load(write(f"channels: {{t: {{kind: telegram, token: 1:a, groups: {given}}}}}")).channels["t"]

    assert channel.options is None
    assert channel.problems == ("channels.t.groups must be a list of ids; leave it out for every group",)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("t", "{kind: telegram, token: 1:a, colour: red}", "channels.t.colour is not a setting"),
        ("t", "{kind: telegram, token: 1:a, mode: smoke}", "channels.t.mode is wrong"),
        (
            "t",
            "{kind: telegrm}",
            "there is no channel kind 'telegrm'; did you mean telegram?",
        ),
        ("t", "{token: 1:a}", "channels.t needs a kind"),
        ("t", "[telegram]", "channels.t needs a kind"),
        ("Team Chat", "{kind: telegram, token: 1:a}", "must be named with small letters"),
    ],
)
def test_whatever_is_wrong_with_a_channel_the_others_start_and_it_is_told(write, name, given, said):
    channels = load(write(f"channels: {{'{name}': {given}, well: {{kind: telegram, token: 1:a}}}}")).channels

    assert channels["well"].options is not None
    assert channels[name].options is None
    assert said in channels[name].problems[0]


def test_channels_that_are_no_list_by_name_do_not_end_the_start(write):
    configuration = load(write("channels: [telegram]"))

    assert configuration.channels == {}
    _, problems = examine(write("channels: [telegram]"))
    assert [(problem.says, problem.fatal) for problem in problems] == [("must hold channels by name", False)]
