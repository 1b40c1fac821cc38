"""Tasks with data: tables, logs, JSON, a database, dates."""

import csv
import io
import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.tasks.task import (
    Done,
    Here,
    Route,
    Task,
    answers,
    both,
    call,
    files,
    found,
    holds,
    read,
    search,
    shell,
    task,
)

_ROWS = 100_000
_AMOUNTS = [random.Random(3).randrange(1, 500) for _ in range(_ROWS)]
_TABLE = "id,town,amount\n" + "".join(f"{n},town-{n % 7},{each}\n" for n, each in enumerate(_AMOUNTS))


@task(
    "What do all amounts in sales.csv add up to?", setup=files({"sales.csv": _TABLE}), check=answers(str(sum(_AMOUNTS)))
)
def add_up_a_column_of_a_hundred_thousand_rows(_: Here) -> Route:
    head = yield read("sales.csv", end_line=3)
    column = found(r"\t(id,.*)$", head).split(",").index("amount") + 1
    return found(r"^(\d+)$", (yield shell(f"awk -F, 'NR > 1 {{ s += ${column} }} END {{ print s }}' sales.csv")))


def _log() -> str:
    """About 5.6 MB."""
    start, lines = datetime(2026, 5, 1, tzinfo=UTC), []
    for n in range(70_000):
        level = "ERROR" if n % 997 == 0 else "INFO"
        what = (
            "disk /dev/sdb is full" if n == 41_874 else f"request {n} served to client in {n % 90} ms by node {n % 5}"
        )
        lines.append(f"{start + timedelta(seconds=n):%Y-%m-%d %H:%M:%S} {level} {what}\n")
    return "".join(lines)


_LOG = _log()


@task(
    "How many errors are in app.log, and which one is about a disk?",
    setup=files({"app.log": _LOG}),
    check=answers("71 errors", "41875", "2026-05-01 11:37:54", "/dev/sdb is full"),
)
def find_errors_in_a_log_of_five_megabytes(_: Here) -> Route:
    counted, disk = yield [search(" ERROR ", path="app.log", mode="count"), search("ERROR.*disk", path="app.log")]
    count, line = found(r"app\.log: (\d+)", counted), found(r"app\.log:(\d+):", disk)
    what = found(r"app\.log:\d+: (.*)$", disk)
    return f"{count} errors; the one about a disk is line {line}: {what}"


@task(
    "What are the last two lines of app.log?",
    setup=files({"app.log": _LOG}),
    check=answers("request 69998", "request 69999"),
)
def read_the_end_of_a_log(_: Here) -> Route:
    end = yield read("app.log", start_line=-2)
    return " and ".join(line.partition("\t")[2] for line in end.split("\n")[1:])


_HITS = "".join(
    f'10.0.0.{(n * n) % 11} - - [01/May/2026] "GET /{n % 4} HTTP/1.1" {500 if n % 50 == 0 else 200}\n'
    for n in range(2_000)
)


@task(
    "Which three addresses ask most in access.log?",
    setup=files({"access.log": _HITS}),
    check=answers("364 10.0.0.3, 364 10.0.0.5, 364 10.0.0.9"),
)
def count_with_a_pipeline(_: Here) -> Route:
    counted = yield shell("awk '{print $1}' access.log | sort | uniq -c | sort -k1,1nr -k2,2 | head -3")
    return ", ".join(line.strip() for line in counted.split("\n")[:3])


_PEOPLE = "id,name\n1,Ada\n2,Ben\n3,Cleo\n4,Dan\n"
_ORDERS = "order,person,total\n901,3,20\n902,1,15\n903,3,7\n904,9,1\n"
_JOIN = """python3 - <<'END'
import csv
names = {row["id"]: row["name"] for row in csv.DictReader(open("people.csv"))}
with open("joined.csv", "w", newline="") as out:
    write = csv.writer(out, lineterminator="\\n").writerow
    write(["order", "name", "total"])
    lost = 0
    for row in csv.DictReader(open("orders.csv")):
        if row["person"] in names:
            write([row["order"], names[row["person"]], row["total"]])
        else:
            lost += 1
print(lost, "without a person")
END"""


@task(
    "Join orders.csv with the names of people.csv into joined.csv.",
    setup=files({"people.csv": _PEOPLE, "orders.csv": _ORDERS}),
    check=both(
        holds("joined.csv", "order,name,total\n901,Cleo,20\n902,Ada,15\n903,Cleo,7\n"), answers("1 without a person")
    ),
)
def join_two_tables(_: Here) -> Route:
    yield [read("people.csv", end_line=3), read("orders.csv", end_line=3)]
    return found(r"^(\d+ without a person)$", (yield shell(_JOIN)))


_SETTINGS = json.dumps({"server": {"port": 8080, "hosts": ["a", "b"]}, "debug": True}, indent=2) + "\n"


def _settings_are_changed(done: Done) -> None:
    settings = json.loads(done.text("settings.json"))
    assert settings == {"server": {"port": 9090, "hosts": ["a", "b", "c"]}, "debug": True}


@task(
    "In settings.json set the port to 9090 and add host c.",
    setup=files({"settings.json": _SETTINGS}),
    check=_settings_are_changed,
)
def edit_json(_: Here) -> Route:
    yield read("settings.json")
    edits = [{"old": '"port": 8080', "new": '"port": 9090'}, {"old": '"b"\n', "new": '"b",\n      "c"\n'}]
    yield call("edit_file", path="settings.json", edits=edits)
    yield shell("python3 -m json.tool settings.json > /dev/null")
    return "The port is 9090, c is a host, and it is valid JSON."


_EVENTS = "".join(json.dumps({"kind": ("click", "view", "buy")[n % 3], "ms": n % 100}) + "\n" for n in range(9_001))


@task(
    "How many events of each kind are in events.jsonl?",
    setup=files({"events.jsonl": _EVENTS}),
    check=answers('"buy": 3000', '"click": 3001', '"view": 3000'),
)
def count_json_lines_by_a_key(_: Here) -> Route:
    yield read("events.jsonl", end_line=2)
    kinds = "json.loads(line)['kind'] for line in open('events.jsonl')"
    program = f"import json, collections as c; print(json.dumps(c.Counter({kinds})))"
    return found(r"(\{.*\})", (yield shell(f'python3 -c "{program}"')))


def _database(folder: Path) -> None:
    with sqlite3.connect(folder / "shop.db") as base:
        base.execute("create table orders (id integer primary key, town text, total integer)")
        base.executemany("insert into orders (town, total) values (?, ?)", [(f"T{n % 5}", n) for n in range(1_000)])
    base.close()


_ASK = """python3 - <<'END'
import sqlite3
base = sqlite3.connect("shop.db")
for (text,) in base.execute("select sql from sqlite_master"):
    print(text)
print(base.execute("select town, sum(total) from orders group by town order by 2 desc limit 1").fetchone())
END"""


@task("Which town has ordered most in shop.db?", setup=_database, check=answers("T4", "100300"))
def ask_a_database(_: Here) -> Route:
    return found(r"^(\('T.*)$", (yield shell(_ASK)))


_MEASURED = "".join(
    f"{group},{value}\n" for group, value in [("a", 3), ("b", 9), ("a", 5), ("b", 1), ("a", 100), ("b", 2)]
)
_CHART = """python3 - <<'END'
import csv, collections
sums = collections.Counter()
for group, value in csv.reader(open("measured.csv")):
    sums[group] += int(value)
bars = [f'<rect x="{40 * at}" y="{120 - each}" width="30" height="{each}"><title>{name}: {each}</title></rect>'
        for at, (name, each) in enumerate(sorted(sums.items()))]
begin = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120">'
open("chart.svg", "w").write(begin + "".join(bars) + "</svg>")
print(dict(sums))
END"""


def _chart_was_sent(done: Done) -> None:
    chart = done.sent.get("chart.svg", b"").decode()
    assert "<title>a: 108</title>" in chart
    assert "<title>b: 12</title>" in chart


@task(
    "Draw a bar chart of the sums in measured.csv and send it to me.",
    setup=files({"measured.csv": _MEASURED}),
    check=_chart_was_sent,
)
def draw_a_chart_and_send_it(_: Here) -> Route:
    yield read("measured.csv")
    yield shell(_CHART)
    yield call("send_file", path="chart.svg")
    return "Here is the chart."


@task("What time is it in Tokyo and in São Paulo?", check=answers("+09:00", "-03:00"))
def tell_the_time_in_two_places(_: Here) -> Route:
    times = yield [call("current_time", zone="Asia/Tokyo"), call("current_time", zone="America/Sao_Paulo")]
    return " and ".join(times)


_MEETINGS = "2026-03-28 09:00\n2026-03-29 09:00\n2026-03-30 09:00\n"
_ZONES = """python3 - <<'END'
from datetime import datetime
from zoneinfo import ZoneInfo
for line in open("meetings.txt"):
    at = datetime.strptime(line.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    print(at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M"))
END"""


@task(
    "meetings.txt is Berlin time. What is it in UTC?",
    setup=files({"meetings.txt": _MEETINGS}),
    check=answers("03-28 08:00", "03-29 07:00", "03-30 07:00"),
)
def convert_times_over_the_change_of_the_clocks(_: Here) -> Route:
    yield read("meetings.txt")
    output = yield shell(_ZONES)
    return "\n".join(line for line in output.split("\n") if line.startswith("2026"))


_DATES = {f"notes/{n}.md": f"Written on {n:02}.11.2026.\nRead on 30.11.2026.\n" for n in range(1, 11)}


def _dates_are_iso(done: Done) -> None:
    for n in range(1, 11):
        assert done.text(f"notes/{n}.md") == f"Written on 2026-11-{n:02}.\nRead on 2026-11-30.\n"


@task("Turn the dates in notes/ into the form 2026-11-30.", setup=files(_DATES), check=_dates_are_iso)
def rewrite_dates_in_ten_files(_: Here) -> Route:
    yield read("notes/1.md")
    yield shell(r"sed -E -i 's/\b([0-9]{2})\.([0-9]{2})\.([0-9]{4})\b/\3-\2-\1/g' notes/*.md")
    left = yield search(r"\d\d\.\d\d\.\d{4}", path="notes")
    return f"Done: {found('(nothing found)', left)} in the old form."


def _quoted_table() -> str:
    held = io.StringIO()
    write = csv.writer(held, lineterminator="\n").writerow
    write(["name", "remark", "score"])
    for n in range(30):
        write([f"n{n}", 'said "yes", twice', n])
    return held.getvalue()


_TO_JSON = """python3 -c "
import csv, json
rows = [dict(row, score=int(row['score'])) for row in csv.DictReader(open('scores.csv'))]
json.dump(rows, open('scores.json', 'w'))
print(len(rows), 'rows')
" """


def _rows_are_json(done: Done) -> None:
    rows = json.loads(done.text("scores.json") or "[]")
    assert len(rows) == 30
    assert rows[7] == {"name": "n7", "remark": 'said "yes", twice', "score": 7}


@task(
    "Make scores.json of scores.csv, scores as numbers.",
    setup=files({"scores.csv": _quoted_table()}),
    check=_rows_are_json,
)
def convert_a_table_with_quotes_to_json(_: Here) -> Route:
    yield read("scores.csv", end_line=3)
    return found(r"^(\d+ rows)$", (yield shell(_TO_JSON)))


TASKS: tuple[Task, ...] = (
    add_up_a_column_of_a_hundred_thousand_rows,
    find_errors_in_a_log_of_five_megabytes,
    read_the_end_of_a_log,
    count_with_a_pipeline,
    join_two_tables,
    edit_json,
    count_json_lines_by_a_key,
    ask_a_database,
    draw_a_chart_and_send_it,
    tell_the_time_in_two_places,
    convert_times_over_the_change_of_the_clocks,
    rewrite_dates_in_ten_files,
    convert_a_table_with_quotes_to_json,
)
