"""What stands in English and in Chinese says the same: both readmes, the pages of both languages, and the examples.

That the words themselves fit is for readers; here is what can be counted.
"""

import re

import pytest
import yaml

from tests.test_docs import FENCE, LINK, PAGES, READMES, names, text_of

FENCE_COMMENT = re.compile(r" +#.*$", re.MULTILINE)
EXAMPLE, POLICY = "config/nexora.example.yaml", "config/policy.yaml"
CHINESE = re.compile(r"[^\x00-\x7f]")


def test_both_readmes_tell_the_same():
    """The same pages and the same code, words in each language aside; what comes first may differ."""
    english, chinese = (text_of(readme) for readme in READMES)
    links = [sorted(link.replace(".zh.md", ".md") for link in LINK.findall(text)[1:]) for text in (english, chinese)]
    fences = [
        sorted(FENCE_COMMENT.sub("", each.group()) for each in FENCE.finditer(text)) for text in (english, chinese)
    ]

    assert links[0] == links[1]
    assert fences[0] == fences[1]


IN_TWO_LANGUAGES = [page for page in PAGES if page.name.endswith(".zh.md") and page.parent.name == "docs"]


@pytest.mark.parametrize("page", IN_TWO_LANGUAGES, ids=names(IN_TWO_LANGUAGES))
def test_a_page_in_two_languages_has_the_same_sections(page):
    english = page.with_name(page.name.replace(".zh.md", ".md"))
    levels = [re.findall(r"^#+(?= )", FENCE.sub("", text_of(each)), flags=re.MULTILINE) for each in (english, page)]

    assert levels[0] == levels[1]


def comments(place: str) -> list[str]:
    """The comments of a file of settings; a setting that is put out of force is none, nor is a variable's own line."""
    lines = text_of(place).splitlines()
    return [line for line in lines if re.match(r"# (?!  )", line) and not re.match(r"#   ", line)]


def test_both_policies_are_the_same():
    assert yaml.safe_load(text_of(POLICY)) == yaml.safe_load(text_of(zh(POLICY)))


@pytest.mark.parametrize("place", [EXAMPLE, POLICY])
def test_the_comments_of_the_chinese_file_are_chinese(place):
    english, chinese = (re.split(r"\n(?!#)", text_of(each)) for each in (place, zh(place)))

    assert len(english) == len(chinese)
    assert [line for line in comments(zh(place)) if not CHINESE.search(line) and len(line) > 80] == []


def zh(place: str) -> str:
    return place.replace(".yaml", ".zh.yaml")
