"""Tasks with the web, with secrets, and with slips that a model makes and mends in one step."""

import random
import re

from tests.tasks.pages import RAINFALL
from tests.tasks.task import (
    Call,
    Done,
    Here,
    Route,
    Task,
    answers,
    both,
    call,
    edit,
    files,
    found,
    holds,
    read,
    search,
    shell,
    task,
)
from tests.unit.secrets_corpus import TOKENS, build


@task("What is the largest permitted pressure according to {web}/handbook?", check=answers("47 bar"), most_tokens=5_500)
def find_something_near_the_end_of_a_long_page(here: Here) -> Route:
    page = yield call("fetch_url", url=f"{here.web}/handbook")
    whole = found(r"all of it: (fetched/\S+?)\)?$", page)
    return found(r"pressure is (\d+ bar)", (yield search("pressure", path=whole)))


@task(
    "Read the pieces of {web}/handbook until you know what chapter 20 begins with.",
    check=answers("Valve 20 is opened"),
    most_tokens=10_500,
)
def read_a_page_on(here: Here) -> Route:
    start, page = 0, ""
    while "Chapter 20\n" not in page:
        page = yield call("fetch_url", url=f"{here.web}/handbook", start=start)
        start = int(found(r"start=(\d+) reads on", page))
    return found(r"Chapter 20\s+(Valve 20 is opened)", page)


def _rain_is_written(done: Done) -> None:
    lines = done.text("rain.csv").splitlines()
    assert lines == ["town,mm", *[f"{town},{fall}" for town, fall in RAINFALL.items()]]


@task("Search the web for rain by town and write rain.csv of it.", check=_rain_is_written)
def search_the_web_and_keep_a_table(_: Here) -> Route:
    url = found(r"^(http\S+/table)$", (yield call("web_search", query="rain by town")))
    rows = re.findall(r"^\| ?([A-Z]\w+) ?\| ?(\d+) ?\|", (yield call("fetch_url", url=url)), re.MULTILINE)
    yield call("write_file", path="rain.csv", content="town,mm\n" + "".join(f"{town},{mm}\n" for town, mm in rows))
    return f"{len(rows)} towns."


@task("How long is the warranty of {web}/leaflet.pdf?", check=answers("30 months"))
def read_a_pdf_of_the_web(here: Here) -> Route:
    path = found(r"saved as (\S+),", (yield call("fetch_url", url=f"{here.web}/leaflet.pdf")))
    return found(r"lasts (\d+ months)", (yield read(path)))


_TOWNS = {f"data/{n}.txt": f"town {n} has {n * 7} wells\n" for n in range(6)}


@task(
    "How many wells are there in all towns of data/?",
    setup=files(_TOWNS),
    check=both(answers("105"), holds("wells.txt", "105\n")),
)
def use_the_names_of_other_assistants(_: Here) -> Route:
    """The names are those of tools and arguments that a model has learnt elsewhere."""
    texts = yield [Call(tool="Read", arguments={"file_path": f"data/{n}.txt"}) for n in range(6)]
    total = sum(int(found(r"has (\d+) wells", text)) for text in texts)
    yield Call(tool="bash", arguments={"cmd": ["test", "-d", "data"], "timeout_ms": 30_000})
    yield Call(tool="Write", arguments={"file_path": "/workspace/wells.txt", "contents": f"{total}\n"})
    return str(total)


@task(
    "Write a line with 1 and one with 2 into ab.txt.",
    setup=files({"ab.txt": "0\n"}),
    check=holds("ab.txt", "1\n2\n"),
)
def write_arguments_that_are_nearly_json(_: Here) -> Route:
    yield Call(tool="write_file", raw='```json\n{"path": "ab.txt", "content": "1\n2\n",}\n```')
    return "Written."


@task(
    "What does conf/apps.yaml say of the port?", setup=files({"conf/app.yaml": "port: 7070\n"}), check=answers("7070")
)
def read_a_file_whose_name_is_slightly_wrong(_: Here) -> Route:
    told = yield call("read_file", path="conf/apps.yaml", fails=True)
    return found(r"port: (\d+)", (yield read(found(r"did you mean (\S+?)\?", told))))


_RECIPE = "def bake():\n    heat(180)\n    wait(minutes=40)\n    cool()\n"


@task(
    "Bake for 45 minutes in recipe.py.",
    setup=files({"recipe.py": _RECIPE}),
    check=holds("recipe.py", _RECIPE.replace("40", "45")),
)
def mend_an_edit_that_did_not_fit(_: Here) -> Route:
    told = yield call("edit_file", path="recipe.py", old="wait(min=40)", new="wait(min=45)", fails=True)
    old = found(r"\t *(wait\(.*\))$", told)
    yield edit("recipe.py", old, old.replace("40", "45"))
    return "45 minutes now."


_KEY = build(TOKENS["github"], random.Random(5))
_ENV = f"NAME=shop\nTOKEN={_KEY}\nPORT=80\n"


@task(
    "In app.env set the port to 8080 and copy the file to app.env.example with the token left empty.",
    setup=files({"app.env": _ENV}),
    check=both(
        holds("app.env", _ENV.replace("PORT=80", "PORT=8080")),
        holds("app.env.example", "NAME=shop\nTOKEN=\nPORT=8080\n"),
    ),
)
def change_a_file_with_a_secret(_: Here) -> Route:
    yield read("app.env")
    text = yield edit("app.env", "PORT=80", "PORT=8080")
    found(r"(TOKEN=‹secret:)", text)
    yield shell("sed 's/^TOKEN=.*/TOKEN=/' app.env > app.env.example")
    return "Both are there."


TASKS: tuple[Task, ...] = (
    find_something_near_the_end_of_a_long_page,
    read_a_page_on,
    search_the_web_and_keep_a_table,
    read_a_pdf_of_the_web,
    use_the_names_of_other_assistants,
    write_arguments_that_are_nearly_json,
    read_a_file_whose_name_is_slightly_wrong,
    mend_an_edit_that_did_not_fit,
    change_a_file_with_a_secret,
)
