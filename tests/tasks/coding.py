"""Tasks with code: bugs, names, long files, tests that fail at first."""

from tests.tasks.task import (
    Done,
    Here,
    Route,
    Task,
    answers,
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

_SHOP = {f"shop/part_{n:02}.py": f"def price_{n}(amount):\n    return amount * {n}\n" for n in range(28)}
_SHOP["shop/discount.py"] = (
    "from shop.part_03 import price_3\n\n\ndef discounted(amount, percent):\n"
    '    """The price without so many percent."""\n    return price_3(amount) * (1 - percent / 10)\n'
)
_SHOP["test_shop.py"] = (
    "import unittest\n\nfrom shop.discount import discounted\n\n\nclass Discounts(unittest.TestCase):\n"
    "    def test_a_quarter_off(self):\n        self.assertEqual(discounted(100, 25), 225)\n"
)


def _bug_is_fixed(done: Done) -> None:
    assert "percent / 100" in done.text("shop/discount.py")
    assert "OK" in done.answer


@task("The test fails. Find the bug and fix it.", setup=files(_SHOP), check=_bug_is_fixed)
def fix_a_bug_in_thirty_files(_: Here) -> Route:
    log = yield shell("python3 -m unittest", fails=True)
    found(r"(AssertionError: -450)", log)
    path = found(r"^(shop/\S+):\d+", (yield search(r"def discounted")))
    old = found(r"\t( +return price_3.*)$", (yield read(path)))
    yield edit(path, old, old.replace("/ 10)", "/ 100)"))
    log = yield shell("python3 -m unittest")
    return f"{found('^(OK)', log)}: the percentage in {path} was divided by 10 instead of 100."


_USERS = {
    f"src/{n}.py": f"from lib import fetch_all\n\n\ndef run_{n}():\n    return fetch_all({n})\n" for n in range(12)
}
_LIB = {"lib.py": "def fetch_all(count):\n    return list(range(count))\n\n\ndef fetch_all_now():\n    return []\n"}


def _symbol_is_renamed(done: Done) -> None:
    every = "".join(done.text(f"src/{n}.py") for n in range(12))
    assert every.count("load_all") == 24
    assert "fetch_all" not in every
    assert done.text("lib.py").startswith("def load_all(count)")
    assert "def fetch_all_now" in done.text("lib.py")


@task("Rename fetch_all to load_all everywhere.", setup=files({**_USERS, **_LIB}), check=_symbol_is_renamed)
def rename_a_symbol(_: Here) -> Route:
    before = yield search(r"\bfetch_all\b", mode="count")
    lines = found(r"\((\d+) lines in 13 files\)", before)
    yield shell(r"grep -rlw fetch_all --include=*.py . | xargs sed -i 's/\bfetch_all\b/load_all/g'")
    found(r"(nothing found)", (yield search(r"\bfetch_all\b")))
    return f"Renamed in {lines} lines of 13 files."


_LONG = [f"    value_{n} = compute({n})\n" for n in range(5_000)]
_LONG[3_211] = "    limit = 10  # the most that one order may hold\n"


def _long_file_is_edited(done: Done) -> None:
    wanted = [*_LONG]
    wanted[3_211] = "    limit = 25  # the most that one order may hold\n"
    assert done.text("engine.py") == "".join(wanted)


@task(
    "In engine.py an order may hold 10. Make it 25.",
    setup=files({"engine.py": "".join(_LONG)}),
    check=_long_file_is_edited,
)
def edit_in_five_thousand_lines(_: Here) -> Route:
    line = int(found(r"engine\.py:(\d+): .*order may hold", (yield search("order", path="engine.py"))))
    around = yield read("engine.py", start_line=line - 3, end_line=line + 3)
    old = found(rf"^ *{line}\t(.*)$", around)
    now = yield edit("engine.py", old, old.replace("10", "25"))
    return f"Line {line} now reads: {found(r'(limit = 25)', now)}"


_BROKEN = "def steps():\n    return [\n" + "".join(f"        {n} * 'x',\n" for n in range(6)) + "    ]\n"
_STRICT = (
    "from steps import steps\n\nfor at, each in enumerate(steps()):\n"
    "    if each != 2 * at:\n        raise SystemExit(f'step {at} is {each!r}, not {2 * at}')\nprint('all good')\n"
)


def _all_steps_are_good(done: Done) -> None:
    assert "'x'" not in done.text("steps.py")
    assert "7 runs" in done.answer


@task(
    "Run check.py until it passes, mending steps.py one step at a time.",
    setup=files({"steps.py": _BROKEN, "check.py": _STRICT}),
    check=_all_steps_are_good,
)
def run_tests_until_they_pass(_: Here) -> Route:
    runs = 0
    while runs < 6:
        runs += 1
        log = yield shell("python3 check.py", fails=True)
        step = found(r"^step (\d+) is", log)
        yield edit("steps.py", f"{step} * 'x'", f"{step} * 2")
    found(r"(all good)", (yield shell("python3 check.py")))
    return f"It passes after {runs + 1} runs."


_MANY_TESTS = (
    "for n in range(2900):\n    print(f'test_{n:04} ... ' + ('FAIL: expected 3, got 4' if n == 1433 else 'ok'))\n"
    "print('FAILED (1 of 2900)')\nraise SystemExit(1)\n"
)


def _the_failed_test_is_named(done: Done) -> None:
    assert "test_1433" in done.answer
    assert "expected 3, got 4" in done.answer


@task(
    "Which test fails in run.py?",
    setup=files({"run.py": _MANY_TESTS}),
    check=_the_failed_test_is_named,
    most_tokens=4_500,
)
def find_the_one_that_fails_in_a_long_log(_: Here) -> Route:
    log = yield shell("python3 run.py", fails=True)
    whole = found(r"the whole is in (\S+),", log)
    hits = yield search("FAIL:", path=whole)
    return found(r"(test_.*)$", hits)


_NOISE = (
    "for n in range(4000):\n    print(f'line {n}: ' + ('the key is plover' if n == 2000 else 'nothing to see here'))\n"
)


@task(
    "What does noise.py print on its line 2000?",
    setup=files({"noise.py": _NOISE}),
    check=answers("the key is plover"),
    most_tokens=4_500,
)
def read_the_middle_of_a_long_output(_: Here) -> Route:
    output = yield shell("python3 noise.py")
    whole = found(r"the whole is in (\S+),", output)
    part = yield read(whole, start_line=1_999, end_line=2_003)
    return found(r"line 2000: (.*)$", part)


_MAKEFILE = (
    "all: greeting.txt\n\ngreeting.txt: name.txt\n        printf 'Hello, %s' \"$$(cat name.txt)\" > greeting.txt\n"
)


@task(
    "make says there is a missing separator. Mend it and build.",
    setup=files({"Makefile": _MAKEFILE, "name.txt": "Ada"}),
    check=holds("greeting.txt", "Hello, Ada"),
)
def mend_a_makefile(_: Here) -> Route:
    line = int(found(r"Makefile:(\d+): \*\*\* missing separator", (yield shell("make", fails=True))))
    old = found(rf"^ *{line}\t( +printf.*)$", (yield read("Makefile")))
    yield edit("Makefile", old, "\t" + old.lstrip())
    yield shell("make")
    return f"Line {line} began with spaces; it has a tab now and make builds greeting.txt."


_APP = (
    "import json\n\n\ndef slug(text):\n    return text.lower().replace(' ', '-')\n\n\n"
    "def main():\n    print(json.dumps({'slug': slug('A Big Day')}))\n\n\nif __name__ == '__main__':\n    main()\n"
)


def _function_has_moved(done: Done) -> None:
    assert "def slug" in done.text("names.py")
    assert "def slug" not in done.text("app.py")
    assert done.text("app.py").startswith("import json\n\nfrom names import slug\n")
    assert "a-big-day" in done.answer


@task("Move slug out of app.py into names.py.", setup=files({"app.py": _APP}), check=_function_has_moved)
def move_a_function_to_a_module_of_its_own(_: Here) -> Route:
    text = yield read("app.py")
    first = int(found(r"^ *(\d+)\tdef slug", text))
    body = found(rf"^ *{first + 1}\t(.*)$", text)
    yield call("write_file", path="names.py", content=f"def slug(text):\n{body}\n")
    edits = [
        {"old": f"def slug(text):\n{body}\n\n\n", "new": ""},
        {"old": "import json\n", "new": "import json\n\nfrom names import slug\n"},
    ]
    yield call("edit_file", path="app.py", edits=edits)
    output = yield shell("python3 app.py")
    return f"Moved; app.py still prints {output}"


_SCREENS = {f"screen_{n}.py": "def draw(canvas):\n    canvas.clear()\n" for n in range(3)}
_SCREENS["main.py"] = "from screen_0 import draw\n\ndraw(canvas)\nother.draw(canvas)\n"


def _every_draw_has_a_colour(done: Done) -> None:
    for n in range(3):
        assert done.text(f"screen_{n}.py").startswith("def draw(canvas, colour='black'):")


@task(
    "Give every draw function a parameter colour, black by default.",
    setup=files(_SCREENS),
    check=_every_draw_has_a_colour,
)
def add_a_parameter_in_several_files_at_once(_: Here) -> Route:
    hits = yield search(r"^def draw\(canvas\):")
    paths = [line.partition(":")[0] for line in hits.split("\n") if ": def draw" in line]
    yield [edit(path, "def draw(canvas):", "def draw(canvas, colour='black'):") for path in paths]
    return f"Changed {', '.join(paths)}."


_TODO = "TODO"
_TREE = {
    "a/x.py": f"# {_TODO}: one\n",
    "a/y.js": f"// {_TODO}: two\nlet a;\n",
    "b/z.py": f"pass\n# {_TODO}: three\n",
    "b/notes.txt": f"{_TODO}: no code\n",
}


@task(
    "List all TODOs in Python and JavaScript code.",
    setup=files(_TREE),
    check=answers("a/x.py:1 one, a/y.js:1 two, b/z.py:2 three"),
)
def list_what_is_to_be_done_in_two_languages(_: Here) -> Route:
    hits = yield search(r"TODO: \w+", glob="*.{py,js}")
    lines = sorted(line for line in hits.split("\n") if "TODO:" in line)
    pairs = [(found(r"^(\S+:\d+):", line), found(r"TODO: (\w+)", line)) for line in lines]
    return ", ".join(f"{place} {what}" for place, what in pairs)


_CHAPTERS = [f"## Part {n}\n\n" + f"Sentence {n} of the guide.\n" * 30 for n in range(1, 4)]


@task(
    "Write guide.md in three parts.",
    check=holds("guide.md", "# Guide\n\n" + "\n".join(_CHAPTERS)),
)
def write_a_long_file_in_parts(_: Here) -> Route:
    yield call("write_file", path="guide.md", content=f"# Guide\n\n{_CHAPTERS[0]}")
    for part in _CHAPTERS[1:]:
        told = yield call("write_file", path="guide.md", content=f"\n{part}", append=True)
    lines = found(r"has (\d+) lines", told)
    return f"guide.md has {lines} lines."


_TWINS = "def first():\n    retries = 3\n    return retries\n\n\ndef second():\n    retries = 3\n    return retries\n"


@task(
    "second should retry 5 times.",
    setup=files({"net.py": _TWINS}),
    check=holds("net.py", "5".join(_TWINS.rsplit("3", 1))),
)
def change_one_of_two_equal_lines(_: Here) -> Route:
    text = yield read("net.py")
    line = int(found(r"^ *(\d+)\tdef second", text)) + 1
    yield edit("net.py", f"{line}\t    retries = 3", "    retries = 5")
    return "second retries 5 times now."


_TALK = "def greet(name):\n\tif name:\n\t\treturn 'Hello, ' + name\n\treturn 'Hello'\n"


@task(
    "greet should answer Hi instead of Hello when there is no name.",
    setup=files({"talk.py": _TALK}),
    check=holds("talk.py", _TALK.replace("return 'Hello'\n", "return 'Hi'\n")),
)
def edit_a_file_with_tabs_by_text_with_spaces(_: Here) -> Route:
    yield read("talk.py")
    yield edit(
        "talk.py",
        "        return 'Hello, ' + name\n    return 'Hello'",
        "        return 'Hello, ' + name\n    return 'Hi'",
    )
    said = yield shell('python3 -c "import talk; print(talk.greet(None))"')
    return f"It says {found('(Hi)', said)}."


_LOOP = "import sys\n\ntotal = 0\nfor line in sys.stdin\n    total += int(line)\nprint(total)\n"


@task(
    "total.py does not start. Mend it and tell me the total of numbers.txt.",
    setup=files({"total.py": _LOOP, "numbers.txt": "\n".join(map(str, range(1, 101)))}),
    check=answers("5050"),
)
def mend_a_mistake_of_syntax_and_run_with_input(_: Here) -> Route:
    log = yield shell("python3 total.py < numbers.txt", fails=True)
    found(r"(line 4)", log)
    yield edit("total.py", "for line in sys.stdin", "for line in sys.stdin:")
    return found(r"^(\d+)$", (yield shell("python3 total.py < numbers.txt")))


TASKS: tuple[Task, ...] = (
    fix_a_bug_in_thirty_files,
    rename_a_symbol,
    edit_in_five_thousand_lines,
    run_tests_until_they_pass,
    find_the_one_that_fails_in_a_long_log,
    read_the_middle_of_a_long_output,
    mend_a_makefile,
    move_a_function_to_a_module_of_its_own,
    add_a_parameter_in_several_files_at_once,
    list_what_is_to_be_done_in_two_languages,
    write_a_long_file_in_parts,
    change_one_of_two_equal_lines,
    edit_a_file_with_tabs_by_text_with_spaces,
    mend_a_mistake_of_syntax_and_run_with_input,
)
