"""The skills for pages, feeds and news, on files as sites write them, and the one that makes skills."""

import json
from datetime import UTC, datetime, timedelta

from agents.skills.skill import check_skill, read_skill
from tests.unit.tool_desk import ToolDesk

NOW = datetime.now(UTC)
NAV = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "Products", "Careers", "Login") * 6)
PAGE = f"""<html lang=zh><head><title>芯片产量创新高 - 某报</title>
<meta property="article:published_time" content="2026-11-28T08:00:00+08:00">
<link rel="alternate" type="application/rss+xml" title="全部新闻" href="/feed.xml?a=1&amp;b=2"></head>
<body><nav><ul>{NAV}</ul></nav><article><h1>芯片产量创新高</h1>
<p>据统计，十一月全国芯片产量达到四百二十亿块，比去年同期增长百分之十八，创下历史新高，行业人士认为需求仍在上升。</p>
<p>专家表示，增长主要来自汽车电子与人工智能服务器，预计明年将继续保持两位数增长，但原材料价格的波动值得关注。</p>
<table><tr><th>地区</th><th>产量</th></tr><tr><td>华东</td><td>210</td></tr></table>
<p>各地正在建设新的生产线，其中三条计划在明年上半年投产，届时月产能将再增加三十亿块，缓解供应紧张的局面。</p>
</article><footer>Copyright</footer></body></html>"""
RSS = f"""<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>某报</title>
<item><title>芯片产量创历史新高</title><link>https://www.example.org/a?id=1&amp;utm_source=rss</link>
<pubDate>{(NOW + timedelta(hours=8)).strftime("%Y年%m月%d日 %H:%M")}</pubDate>
<description><![CDATA[<p>四百二十亿块</p>]]></description></item>
<item><title>日期不明的旧闻</title><link>https://www.example.org/b</link><pubDate>上个月某日</pubDate></item>
<item><title>去年的事</title><link>https://www.example.org/c</link><pubDate>2024年5月20日 10:30</pubDate></item>
</channel></rss>"""
ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Other paper</title>
<entry><title>芯片产量创历史新高！</title><link href="https://other.example/x"/><updated>{NOW.isoformat()}</updated></entry>
<entry><title>He said rain</title><link href="https://other.example/y"/><updated>{NOW.isoformat()}</updated></entry>
</feed>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Third",
    "items": [
        {
            "id": "1",
            "url": "https://m.example.org/a/?id=1",
            "title": "The same page elsewhere",
            "date_published": NOW.isoformat(),
        },
        {"id": "2", "url": "https://third.example/ai", "title": "New AI model", "content_html": "<b>Fast</b>"},
    ],
}


def saved(desk: ToolDesk) -> None:
    (desk.workspace / "page.html").write_text(PAGE, encoding="utf-8")
    (desk.workspace / "rss.xml").write_bytes(RSS.encode("gb2312"))
    (desk.workspace / "atom.xml").write_text(ATOM, encoding="utf-8")
    (desk.workspace / "feed.json").write_text(json.dumps(JSON), encoding="utf-8")


async def test_a_page_is_its_article_each_time_it_is_read(desk: ToolDesk):
    saved(desk)
    script = f"python3 {desk.place_of('web-reading')}"
    said = await desk.call(
        "shell", command=f"{script}/page.py page.html --url https://example.org/a; {script}/page.py feed.json"
    )
    found = await desk.call("shell", command=f"{script}/feed.py --find page.html --url https://example.org/x/")

    assert said.count("# 芯片产量创新高") == 1
    assert "2026-11-28 · https://example.org/a" in said
    assert "四百二十亿块" in said
    assert "| 华东 | 210 |" in said
    assert "Careers" not in said
    assert "feed.json holds no article; read it as fetch_url shows it" in said
    assert found.startswith("https://example.org/feed.xml?a=1&b=2  全部新闻\n")


async def test_feeds_of_each_kind_are_read_and_no_date_is_invented(desk: ToolDesk):
    saved(desk)
    feed = f"python3 {desk.place_of('web-reading')}/feed.py"
    said = await desk.call("shell", command=f"{feed} rss.xml atom.xml feed.json; {feed} page.html")

    assert "2024-05-20 10:30+0800 · 去年的事 · 某报\n  https://www.example.org/c" in said
    assert "(no date) · 日期不明的旧闻" in said
    assert "(no date) · New AI model · Third\n  https://third.example/ai\n  Fast" in said
    assert "四百二十亿块" in said
    assert "(7 of 7 entries)" in said
    assert "page.html: page.html is no feed" in said


async def test_a_digest_tells_each_story_once_with_its_sources_and_not_again(desk: ToolDesk):
    saved(desk)
    topics = {"topics": {"芯片": ["芯片"], "AI": ["AI"], "Sport": ["football"]}}
    (desk.workspace / "news.json").write_text(json.dumps(topics), encoding="utf-8")
    script = f"python3 {desk.place_of('news-digest')}/digest.py"
    command = f"{script} rss.xml atom.xml feed.json gone.xml --topics news.json --seen seen"
    first = await desk.call("shell", command=command)
    again = await desk.call("shell", command=command)
    chips = first.partition("## 芯片\n")[2].partition("## AI")[0]

    assert chips.count("- ") == 1, "three sources tell one story"
    assert "某报 https://www.example.org/a?id=1&utm_source=rss" in chips
    assert "Other paper https://other.example/x" in chips
    assert "- New AI model (no date)" in first
    assert "He said rain" not in first, "AI is not found inside of `said`"
    assert "去年的事" not in first
    assert "## Sport\n(nothing new)" in first
    assert "could not be read: gone.xml" in first
    assert "## 芯片\n(nothing new)" in again


async def test_a_new_skill_is_written_as_the_format_has_it_and_checked(desk: ToolDesk):
    script = f"python3 {desk.place_of('make-skill')}/new_skill.py"
    await desk.call("write_file", path="steps.md", content="1. Read the notes.\n2. Write.\n")
    made = await desk.call(
        "shell",
        command=f'{script} skills/weekly-report --description "Writes: the week --- never names. Use it on Fridays." '
        f"--body steps.md --zh 写周报 --hosts api.example.com; {script} skills/weekly-report --check; "
        f"{script} skills/Bad_Name; {script} skills/x --description 'Does what it is told to do'",
    )
    [skill] = [read_skill({"SKILL.md": (desk.workspace / "skills/weekly-report/SKILL.md").read_bytes()})]

    assert made.splitlines()[:4] == [
        "wrote skills/weekly-report/SKILL.md",
        "nothing is wrong with the head of skills/weekly-report/SKILL.md",
        "Bad_Name cannot be the name of a skill: use small letters, digits and single hyphens",
        "--body names the Markdown file with the steps; write it first",
    ]
    assert skill.described("zh") == "写周报"
    assert skill.described() == "Writes: the week --- never names. Use it on Fridays."
    assert skill.hosts == ("api.example.com",)
    assert not check_skill({"SKILL.md": (desk.workspace / "skills/weekly-report/SKILL.md").read_bytes()})
