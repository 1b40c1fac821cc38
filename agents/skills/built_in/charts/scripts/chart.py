"""Draws a chart: chart.py data.csv out.png --kind bar --x COLUMN --y COLUMN [--title T] … (SKILL.md lists them)."""

import argparse
import logging
import re
import sys
import warnings
from io import StringIO
from pathlib import Path

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it tells that it looks for typefaces

import pandas as pd  # noqa: E402  # as above, which comes before
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
"""Told apart by people who see colours differently as well (Okabe and Ito)."""
KINDS = ("line", "bar", "barh", "stacked", "area", "pie", "scatter", "hist")
_MOST_PARTS, _MOST_TICKS, _MANY_NAMES = 6, 12, 8
_LARGE = 10_000


def main() -> None:
    """Draw it, and say what was drawn."""
    given = _given()
    table = _table(given)
    x = given.x or table.columns[0]
    ys = given.y or [name for name in table.columns if name != x and pd.api.types.is_numeric_dtype(table[name])]
    for name in (x, *ys):
        if name not in table.columns:
            sys.exit(f"there is no column {name}; there are {', '.join(map(str, table.columns))}")
    if not ys and given.kind != "hist":
        sys.exit(f"no column holds numbers; there are {', '.join(map(str, table.columns))}")
    if given.sort or given.top:
        table = table.sort_values(ys[0], ascending=False)
    if given.top:
        table = table.head(given.top)
    width, height = map(float, given.size.lower().split("x"))
    figure, axes = plt.subplots(figsize=(width, height))
    axes.set_prop_cycle(color=COLOURS)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        _draw(axes, given, table, x, list(ys))
        given.target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(given.target, dpi=150, bbox_inches="tight")
    missing = {found[1] for each in heard if (found := re.search(r"Glyph \d+ \((.+?)\) missing", str(each.message)))}
    print(f"drew {given.target}: {given.kind} of {', '.join(map(str, ys or [x]))} by {x}, {len(table)} rows")
    if missing:
        print("letters are missing in the typefaces here, so boxes stand in their place")


def _given() -> argparse.Namespace:
    reader = argparse.ArgumentParser()
    reader.add_argument("source", type=Path)
    reader.add_argument("target", type=Path)
    reader.add_argument("--kind", choices=KINDS, default="line")
    reader.add_argument("--x")
    reader.add_argument("--y", action="append")
    reader.add_argument("--title", default="")
    reader.add_argument("--unit", default="")
    reader.add_argument("--sheet", default=0)
    reader.add_argument("--size", default="8x4.5")
    reader.add_argument("--top", type=int, default=0)
    for word in ("sort", "log", "labels"):
        reader.add_argument(f"--{word}", action="store_true")
    return reader.parse_args()


def _table(given: argparse.Namespace) -> pd.DataFrame:
    ending = given.source.suffix.lower()
    if ending in {".xlsx", ".xlsm"}:
        table = pd.read_excel(given.source, sheet_name=given.sheet)
    elif ending == ".json":
        table = pd.read_json(given.source)
    else:
        table = _csv(given.source)
    table.columns = [str(name).strip() for name in table.columns]
    table = table.map(_number)
    for name in table.columns:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().sum() == table[name].notna().sum() and not pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = numbers
    return table


def _csv(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text.split("\n", 1)[0]
        sign = max(",;\t|", key=head.count)
        return pd.read_csv(StringIO(text), sep=sign)
    sys.exit(f"{path} is no text")


def _number(value):
    """A number that was written for people: `1,200`, `12 %`."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?|-?\d+(\.\d+)?\s*%", value.strip()):
        return float(value.replace(",", "").replace("%", ""))
    return value


def _draw(axes, given: argparse.Namespace, table: pd.DataFrame, x: str, ys: list[str]) -> None:
    table[ys] = table[ys].apply(pd.to_numeric, errors="coerce")
    if given.kind == "pie":
        parts = table.set_index(x)[ys[0]]
        if len(parts) > _MOST_PARTS:
            parts = parts.sort_values(ascending=False)
            parts = pd.concat([parts.head(_MOST_PARTS - 1), pd.Series({"…": parts[_MOST_PARTS - 1 :].sum()})])
        axes.pie(parts, labels=[str(name) for name in parts.index], autopct="%1.0f %%", colors=COLOURS)
    elif given.kind == "hist":
        axes.hist(pd.to_numeric(table[(ys or [x])[0]], errors="coerce").dropna(), bins="auto", edgecolor="white")
    elif given.kind == "scatter":
        for name in ys:
            axes.scatter(pd.to_numeric(table[x], errors="coerce"), table[name], label=name)
    else:
        _by_names(axes, given, table, x, ys)
    _finish(axes, given, x, ys)


def _by_names(axes, given: argparse.Namespace, table: pd.DataFrame, x: str, ys: list[str]) -> None:
    names = [each.strftime("%Y-%m-%d") if isinstance(each, pd.Timestamp) else str(each) for each in table[x]]
    kind = {"stacked": "bar"}.get(given.kind, given.kind)
    frame = table[ys].set_axis(names)
    if kind == "barh":
        frame = frame.iloc[::-1]
    frame.plot(kind=kind, ax=axes, stacked=given.kind in {"stacked", "area"}, color=COLOURS[: len(ys)], legend=False)
    if given.labels and kind in {"bar", "barh"}:
        for bars in axes.containers:
            axes.bar_label(bars, fmt=lambda value: f"{value:,.10g}", padding=2, fontsize=8)
    if kind in {"bar", "stacked"}:
        long = max(map(len, names), default=0) > _MANY_NAMES or len(names) > _MOST_TICKS
        axes.tick_params(axis="x", rotation=45 if long else 0)


def _finish(axes, given: argparse.Namespace, x: str, ys: list[str]) -> None:
    if given.title:
        axes.set_title(given.title, fontsize=13, loc="left")
    if given.kind == "pie":
        return
    value = axes.xaxis if given.kind == "barh" else axes.yaxis
    if given.log:
        (axes.set_xscale if given.kind == "barh" else axes.set_yscale)("log")
    else:
        value.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
    (axes.set_xlabel if given.kind == "barh" else axes.set_ylabel)(given.unit or (ys[0] if len(ys) == 1 else ""))
    (axes.set_ylabel if given.kind == "barh" else axes.set_xlabel)("" if given.kind == "barh" else x)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x" if given.kind == "barh" else "y", alpha=0.3)
    if len(ys) > 1:
        axes.legend(frameon=False)


if __name__ == "__main__":
    main()
