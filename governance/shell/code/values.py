"""What expressions of Python come to, by the variables that are known, and where their parts come from."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from governance.shell.code import calls
from governance.shell.code.folding import (
    DECODERS,
    MAX_ITEMS,
    DottedName,
    PathValue,
    as_text,
    called,
    combined,
    item,
    method,
)
from governance.shell.elsewhere.senders import stays_here
from governance.shell.scope import HOME, UNKNOWN

MAX_VISITS = 30_000

_MODULES = {"path": "os.path"}


class Unreadable(Exception):
    """The code is no Python that can be read, or too much of it."""


@dataclass(slots=True)
class Values:
    """What is known of variables. `names` are what they hold, `marks` where that comes from; `left` bounds the work."""

    names: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, frozenset[str]] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    left: int = MAX_VISITS

    def bind(self, name: str, value: Any, marks: frozenset[str] = frozenset()) -> None:
        """From here on a variable holds this."""
        self.names[name] = value
        self.marks[name] = marks

    def name_of(self, node: ast.expr) -> str:
        """The full dotted name of what is called, `?` for an object that is not known."""
        value = self.fold(node)
        if isinstance(value, DottedName):
            return value.name
        return f"?.{node.attr}" if isinstance(node, ast.Attribute) else "?"

    def marks_of(self, node: ast.AST) -> frozenset[str]:
        """Where the parts of a value come from: decoded, fetched from elsewhere, read from this machine."""
        found: set[str] = set()
        for part in ast.walk(node):
            self.left -= 1
            if isinstance(part, ast.Name):
                found |= self.marks.get(part.id, frozenset())
                if part.id == "chr":
                    found.add("decoded")
            if isinstance(part, ast.Call):
                found |= _marks_of_call(self.name_of(part.func))
            elif isinstance(part, ast.Attribute) and part.attr == "environ":
                found.add("local")
            elif isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice) and part.slice.step is not None:
                found.add("turned")
        return frozenset(found)

    def fold(self, node: ast.AST | None) -> Any:
        """What an expression comes to."""
        self.left -= 1
        if self.left <= 0:
            raise Unreadable
        rule = _FOLDS.get(type(node)) if node is not None else None
        return UNKNOWN if rule is None else rule(self, node)

    def constant(self, node: ast.Constant) -> Any:
        """A literal."""
        return node.value if isinstance(node.value, str | bytes | int | float) else UNKNOWN

    def name(self, node: ast.Name) -> Any:
        """What a variable holds, or the name itself."""
        return self.names.get(node.id, DottedName(node.id))

    def operation(self, node: ast.BinOp) -> Any:
        """What an operator makes of two values."""
        return combined(node.op, self.fold(node.left), self.fold(node.right))

    def filled(self, node: ast.JoinedStr) -> str:
        """A text into which values are put."""
        parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
        return "".join(as_text(self.fold(one)) for one in parts)

    def listed(self, node: ast.List | ast.Tuple | ast.Set) -> list[Any]:
        """A display of a list."""
        return [self.fold(one) for one in node.elts[:MAX_ITEMS]]

    def negative(self, node: ast.UnaryOp) -> Any:
        """A number below zero."""
        value = self.fold(node.operand)
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int | float) else UNKNOWN

    def either(self, node: ast.IfExp) -> Any:
        """The first of two values."""
        return self.fold(node.body)

    def wrapped(self, node: ast.Await | ast.NamedExpr) -> Any:
        """The value that is waited for or named."""
        return self.fold(node.value)

    def attribute(self, node: ast.Attribute) -> Any:
        """An attribute of a module, a path or an object."""
        base = self.fold(node.value)
        if isinstance(base, DottedName):
            return DottedName(f"{_MODULES.get(base.name, base.name)}.{node.attr}") if base.name != "os.sep" else UNKNOWN
        if isinstance(base, PathValue) and node.attr == "parent":
            return PathValue(base.rpartition("/")[0] or ".")
        return DottedName(f"?.{node.attr}")

    def call(self, node: ast.Call) -> Any:
        """What a call returns."""
        args = [self.fold(one) for one in node.args]
        if isinstance(node.func, ast.Attribute):
            base = self.fold(node.func.value)
            if isinstance(base, str | bytes) and base != UNKNOWN:
                return method(base, node.func.attr, args)
        name = self.name_of(node.func).removeprefix("builtins.")
        if name in {"__import__", "importlib.import_module"} and args and isinstance(args[0], str):
            self.imported.add(args[0].partition(".")[0])
            return DottedName(args[0]) if UNKNOWN not in args[0] else UNKNOWN
        if name in {"getattr", "vars", "globals", "locals", "open", "io.open", "map"}:
            return self._builtin(name, args)
        if name in calls.CLIENTS:
            told = [as_text(one) for one in [*args, *(self.fold(keyword.value) for keyword in node.keywords)]]
            return DottedName(calls.CLIENT_HERE if stays_here(told) else name)
        return called(name, args)

    def _builtin(self, name: str, args: list[Any]) -> Any:
        """Functions of Python itself that return what has a name, or that call another."""
        first = args[0] if args else None
        if name in {"open", "io.open"}:
            return DottedName("open")
        if name == "getattr" and len(args) > 1 and isinstance(first, DottedName):
            return DottedName(f"{first.name}.{as_text(args[1])}")
        if name == "map" and len(args) > 1 and isinstance(first, DottedName) and isinstance(args[1], list | tuple):
            return [called(first.name, [one]) for one in args[1]]
        if name in {"vars", "globals", "locals"}:
            return DottedName(f"{first.name}.__dict__" if isinstance(first, DottedName) else "__dict__")
        return UNKNOWN

    def subscript(self, node: ast.Subscript) -> Any:
        """An element, a slice, or a module by its name."""
        base = self.fold(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                self.fold(one) if one is not None else None
                for one in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return item(base, slice(*bounds)) if all(one is None or isinstance(one, int) for one in bounds) else UNKNOWN
        index = self.fold(node.slice)
        if isinstance(base, DottedName) and isinstance(index, str):
            if base.name == "os.environ":
                return PathValue(HOME) if index == "HOME" else UNKNOWN
            stem = base.name.removesuffix(".__dict__")
            return DottedName(
                index
                if base.name in {"sys.modules", "__dict__", "__builtins__", "builtins.__dict__"}
                else f"{stem}.{index}"
            )
        return item(base, index)

    def computed(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        """A list that is computed from another."""
        first = node.generators[0]
        values = self.fold(first.iter)
        if (
            len(node.generators) > 1
            or first.ifs
            or not isinstance(first.target, ast.Name)
            or not isinstance(values, list | tuple | str | bytes)
        ):
            return UNKNOWN
        kept, name = self.names.get(first.target.id, UNKNOWN), first.target.id
        found = []
        for value in list(values)[:512]:
            self.names[name] = value
            found.append(self.fold(node.elt))
        self.names[name] = kept
        return found


def _marks_of_call(name: str) -> set[str]:
    found = set()
    if (
        name in DECODERS
        or name in {"chr", "?.decode-rot"}
        or name.endswith((".b64decode", ".fromhex", ".unhexlify", ".decompress", "marshal.loads", "pickle.loads"))
    ):
        found.add("decoded")
    if calls.FETCHES.fullmatch(name):
        found.add("fetched")
    if calls.READS_DATA.fullmatch(name):
        found.add("local")
    return found


_FOLDS: dict[type[ast.AST], Callable[[Values, Any], Any]] = {
    ast.Attribute: Values.attribute,
    ast.Await: Values.wrapped,
    ast.BinOp: Values.operation,
    ast.Call: Values.call,
    ast.Constant: Values.constant,
    ast.GeneratorExp: Values.computed,
    ast.IfExp: Values.either,
    ast.JoinedStr: Values.filled,
    ast.List: Values.listed,
    ast.ListComp: Values.computed,
    ast.Name: Values.name,
    ast.NamedExpr: Values.wrapped,
    ast.Set: Values.listed,
    ast.Subscript: Values.subscript,
    ast.Tuple: Values.listed,
    ast.UnaryOp: Values.negative,
}
