"""Settings that refer to secrets of the database get them once it is there, each for the holder where it stands."""

import pytest

from gateway.run.stored import with_stored
from gateway.settings import sources
from gateway.settings.own_secrets import own_secrets
from governance.keys.master_key import MasterKey
from governance.secrets.names import Holder
from governance.secrets.store import Secrets

TOKEN, KEY = "1234567890:AAEhBOweik6ad9rJb2Wfz0HjNrXcD3fGhIk", "sk-of-nobody-1234"
SETTINGS = """
channels:
  work:
    kind: telegram
    token: secret:TELEGRAM
models:
  providers:
    openai: {api_key: "secret:OPENAI"}
egress:
  secrets:
    api: secret:API
"""


@pytest.fixture
def kept(store):
    return Secrets(store, MasterKey(bytes(32)))


def written(tmp_path, text):
    (tmp_path / "nexora.yaml").write_text(text)
    return {"NEXORA_HOME": str(tmp_path)}


async def all_three(kept):
    await kept.set("TELEGRAM", TOKEN, by=None, holders=[Holder("channel", "work")])
    await kept.set("OPENAI", KEY, by=None, holders=[Holder("model", "openai")])
    await kept.set("API", "of-the-door-55", by=None, holders=[Holder("setting", "egress.secrets.api")])


async def test_references_wait_for_the_database_and_are_filled_from_it(kept, tmp_path):
    await all_three(kept)
    before = sources.load(written(tmp_path, SETTINGS))
    after = await with_stored(before, kept)

    assert sorted(each.name for each in before.waits_for) == ["API", "OPENAI", "TELEGRAM"]
    assert before.channels["work"].problems == ()
    assert own_secrets(before) == {}
    assert after.waits_for == ()
    assert own_secrets(after) == {"work.token": TOKEN, "models.providers.openai.api_key": KEY, "api": "of-the-door-55"}
    assert TOKEN not in repr(after)


async def test_a_channel_without_its_secret_does_not_start_and_says_what_to_do(kept, tmp_path):
    await all_three(kept)
    await kept.entitle("TELEGRAM", Holder("channel", "work"), by=None, may=False)
    after = await with_stored(sources.load(written(tmp_path, SETTINGS)), kept)

    assert after.channels["work"].options is None
    assert "nexora secret allow TELEGRAM channel work" in after.channels["work"].problems[0]


async def test_a_setting_without_its_secret_ends_the_start(kept, tmp_path):
    await all_three(kept)
    await kept.remove("OPENAI", by=None)

    with pytest.raises(sources.SettingsWrong, match="nexora secret allow OPENAI model openai"):
        await with_stored(sources.load(written(tmp_path, SETTINGS)), kept)


async def test_what_stands_where_no_secret_does_is_no_place_for_one(kept, tmp_path):
    await kept.set("NAME", "somebody-5", by=None, holders=[Holder("setting", "agents.default")])

    with pytest.raises(sources.SettingsWrong, match=r"agents\.default"):
        await with_stored(sources.load(written(tmp_path, "agents: {default: secret:NAME}\n")), kept)


@pytest.mark.parametrize("setting", ["database: {url: 'secret:URL'}", "keys: {master: 'secret:KEY'}"])
def test_what_opens_the_database_cannot_be_kept_in_it(tmp_path, setting):
    with pytest.raises(sources.SettingsWrong, match="opens the database and cannot be kept in it"):
        sources.load(written(tmp_path, f"{setting}\n"))
