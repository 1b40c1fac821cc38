"""The page that tells what an installation talks to is whole, and `nexora hosts` tells it for one configuration."""

import re
from pathlib import Path

import pytest

from agents.models.providers.known import PROVIDERS
from channels.running import catalogue
from gateway.run.hosts import hosts_of
from gateway.settings.model import ChannelSettings, Configuration, Settings

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"(?:https?|wss?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})", re.IGNORECASE)
ALONE = re.compile(r'"((?:[a-z0-9-]+\.)+(?:com|net|io|cn|org))"')
"""A host that stands by itself, as in a list of hosts that files are taken from."""
HOST = re.compile(r"`(?:https://)?((?:[a-z0-9-]+\.)+(?:com|net|io|cn|org|gg))`")
IN_SENTENCES = re.compile(r"\bexample\b|\bcorp\b|^(?:schemas|www\.w3)\.", re.IGNORECASE)
PRESETS = ROOT / "channels" / "email" / "presets.py"


def hosts_in_code() -> dict[str, str]:
    """Every host that stands in the code, with the file; those of models and mail have tables of their own."""
    found = {}
    for floor in ("agents", "channels", "gateway", "governance"):
        for path in (ROOT / floor).rglob("*.py"):
            if path.name != "known.py" and path != PRESETS:
                text = path.read_text(encoding="utf-8")
                for host in ADDRESS.findall(text) + (ALONE.findall(text) if "discord" in path.parts else []):
                    found[host.lower()] = str(path.relative_to(ROOT))
    return {host: place for host, place in found.items() if not IN_SENTENCES.search(host)}


@pytest.mark.parametrize("suffix", ["", ".zh"])
def test_the_page_names_every_host_in_the_code_and_no_other(suffix: str) -> None:
    page = (ROOT / "docs" / f"what-it-talks-to{suffix}.md").read_text(encoding="utf-8")
    named, known = set(HOST.findall(page)), hosts_in_code()

    assert {host: place for host, place in known.items() if host not in named} == {}
    assert named - known.keys() == set()


@pytest.mark.parametrize("suffix", ["", ".zh"])
def test_the_page_of_models_names_every_address_of_a_provider(suffix: str) -> None:
    page = (ROOT / "docs" / f"models{suffix}.md").read_text(encoding="utf-8")
    sites = [site for each in PROVIDERS.values() if not each.is_local for site in (each.base_url, each.other_site)]
    hosts = [found[1] for site in sites if (found := ADDRESS.match(site))]

    assert len(hosts) > 20
    assert [host for host in hosts if host not in page] == []


def test_the_hosts_of_one_configuration_are_told_with_their_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [*(key for each in PROVIDERS.values() for key in each.keys), "HTTPS_PROXY", "https_proxy", "ALL_PROXY"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-1")
    settings = Settings.model_validate(
        {
            "agents": {"folder": tmp_path},
            "search": {"engine": "bocha", "key": "k"},
            "models": {"region": "cn"},
            "onboarding": {"hosts": {"qq": "https://mirror.corp.example"}},
            "network": {"proxy": "proxy.corp.example:3128", "no_proxy": []},
        }
    )
    mail = {"address": "bot@163.com", "authserv_id": "mx.163.com", "password": "code"}
    channels = {
        name: ChannelSettings(kind=name, options=catalogue.load(name).Options.model_validate(given))
        for name, given in {"email": mail, "telegram": {"token": "1:a"}}.items()
    }

    told = dict(hosts_of(Configuration(settings=settings, channels=channels), "en"))

    assert told["api.moonshot.cn"] == "the model moonshot/kimi-k2.6"
    assert told["imap.163.com:993"] == "channels.email.imap_host"
    assert told["smtp.163.com:465"] == "channels.email.smtp_host"
    assert told["api.telegram.org"] == "channels.telegram.api_url"
    assert told["api.bochaai.com"] == "search.engine"
    assert "proxy.corp.example:3128" in told
    assert told["mirror.corp.example"] == "onboarding.hosts.qq, when a channel is added by a code"
    assert len(told) == 7
