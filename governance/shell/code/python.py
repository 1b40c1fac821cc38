"""Python, read by its syntax tree: which programs it starts, which places it touches, what it sends, what it hides.

Values are followed where the code alone tells them, through assignments, loops over constants and calls of its own
functions. What is computed, printed, built or read inside the workspace is nobody's business and leaves no finding.
"""

import ast
import itertools
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

from governance.shell.code import calls
from governance.shell.code.acts import Acts
from governance.shell.code.deeds import CodeCall, judge_call
from governance.shell.code.folding import DottedName, PathValue, combined
from governance.shell.code.values import Unreadable, Values
from governance.shell.scope import UNKNOWN

MAX_CODE = 65_536
MAX_NODES = 20_000
MAX_ROUNDS = 8
MAX_CALLS_DEEP = 3
MAX_CODE_DEEP = 4

Functions: TypeAlias = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]
"""Functions that the code defines, by their names."""


def read_python(code: str, acts: Acts) -> None:
    """Judge code of Python. Raises `Unreadable`."""
    if len(code) > MAX_CODE:
        raise Unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        nodes = list(itertools.islice(ast.walk(tree), MAX_NODES + 1))
        if len(nodes) > MAX_NODES:
            raise Unreadable
        reader = _Reader(acts, Values())
        reader.block(tree.body)
        reader.strays(nodes)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
        raise Unreadable from problem


class _Reader:
    """Reads statements in order. `functions` are those that the code defines, `deep` how many calls deep it is."""

    def __init__(self, acts: Acts, values: Values, functions: Functions | None = None, deep: int = 0) -> None:
        self.acts = acts
        self.values = values
        self.functions: Functions = functions or {}
        self.deep = deep

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements one after the other."""
        for statement in body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[statement.name] = statement
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.AST) -> None:
        """Read one statement or expression, and what stands in it."""
        self.values.left -= 1
        if self.values.left <= 0:
            raise Unreadable
        _RULES.get(type(node), _Reader.children)(self, node)

    def attribute(self, node: ast.Attribute) -> None:
        """An attribute, which may be one by which code walks to what it was not given."""
        self.children(node)
        if node.attr in calls.ESCAPES:
            self.acts.asks("elsewhere.hides", ast.unparse(node))

    def constant(self, node: ast.Constant) -> None:
        """A literal, which may name a place of secrets."""
        if isinstance(node.value, str):
            self.acts.mentions(node.value)

    def children(self, node: ast.AST) -> None:
        """Whatever stands in it, in order."""
        for child in ast.iter_child_nodes(node):
            self.statement(child)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """A function as it stands: what it will be given is not known."""
        parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        kept = {one.arg: self.values.names.get(one.arg) for one in parameters}
        for one in parameters:
            self.values.bind(one.arg, UNKNOWN)
        self.children(node)
        for name, value in kept.items():
            if value is not None:
                self.values.names[name] = value

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import."""
        for alias in node.names:
            full = alias.name if isinstance(node, ast.Import) else f"{node.module or ''}.{alias.name}"
            self.values.imported.add(full.partition(".")[0])
            if isinstance(node, ast.Import) and not alias.asname:
                self.values.bind(full.partition(".")[0], DottedName(full.partition(".")[0]))
            elif alias.name == "*":
                for name in (
                    "system",
                    "popen",
                    "run",
                    "call",
                    "Popen",
                    "check_output",
                    "rmtree",
                    "remove",
                    "unlink",
                    "Path",
                ):
                    self.values.bind(name, DottedName(f"{node.module or '?'}.{name}"))  # type: ignore[union-attr]
            else:
                self.values.bind(alias.asname or alias.name, DottedName(full))

    def assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) -> None:
        """An assignment."""
        if node.value is None:
            return
        self.statement(node.value)
        value, marks = self.values.fold(node.value), self.values.marks_of(node.value)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name):
                if isinstance(node, ast.AugAssign):
                    value = combined(node.op, self.values.names.get(target.id, UNKNOWN), value)
                    marks |= self.values.marks.get(target.id, frozenset())
                self.values.bind(target.id, value, marks)
            elif isinstance(target, ast.Tuple | ast.List):
                self._unpack(target, value, marks)
            else:
                self.children(target)

    def _unpack(self, target: ast.Tuple | ast.List, value: Any, marks: frozenset[str]) -> None:
        known = (
            value
            if isinstance(value, list | tuple) and len(value) == len(target.elts)
            else [UNKNOWN] * len(target.elts)
        )
        for name, one in zip(target.elts, known, strict=True):
            if isinstance(name, ast.Name):
                self.values.bind(name.id, one, marks)

    def loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        """A loop, once for each of a few known values."""
        self.statement(node.iter)
        values, marks = self.values.fold(node.iter), self.values.marks_of(node.iter)
        known = values[:MAX_ROUNDS] if isinstance(values, list | tuple) and values else [UNKNOWN]
        body = [*node.body, *node.orelse] if not isinstance(node, ast.comprehension) else list(node.ifs)
        for value in known:
            if isinstance(node.target, ast.Name):
                self.values.bind(node.target.id, value, marks)
            elif isinstance(node.target, ast.Tuple | ast.List):
                self._unpack(node.target, value, marks)
            for statement in body:
                self.statement(statement)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """A comprehension."""
        for one in node.generators:
            self.loop(one)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        first = node.generators[0]
        values = self.values.fold(first.iter)
        for value in values[:MAX_ROUNDS] if isinstance(values, list | tuple) and values else [UNKNOWN]:
            if isinstance(first.target, ast.Name):
                self.values.bind(first.target.id, value, self.values.marks_of(first.iter))
            for part in parts:
                self.statement(part)

    def within(self, node: ast.With | ast.AsyncWith) -> None:
        """A block with resources."""
        for one in node.items:
            self.statement(one.context_expr)
            if isinstance(one.optional_vars, ast.Name):
                self.values.bind(
                    one.optional_vars.id, self.values.fold(one.context_expr), self.values.marks_of(one.context_expr)
                )
        for statement in node.body:
            self.statement(statement)

    def call(self, node: ast.Call) -> None:
        """A call, after its arguments."""
        self.children(node)
        name = self.values.name_of(node.func)
        args, keywords = self._arguments(node)
        marks = frozenset[str]().union(
            *(self.values.marks_of(one) for one in [*node.args, *(one.value for one in node.keywords)])
        )
        built = any(not isinstance(one, ast.Constant | ast.Name | ast.Attribute) for one in node.args[:2])
        place = self.values.fold(node.func.value) if isinstance(node.func, ast.Attribute) else UNKNOWN
        call = CodeCall(
            name=name,
            node=node,
            args=args,
            keywords=keywords,
            marks=marks
            | (self.values.marks_of(node.func.value) if isinstance(node.func, ast.Attribute) else frozenset()),
            built=built,
            place=place if isinstance(place, PathValue) else None,
            imported=self.values.imported,
        )
        for code in judge_call(call, self.acts):
            self._inner(code)
        self._own(node, args)

    def _arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """The arguments as they come to be known, those of `*` and `**` in their places."""
        args: list[Any] = []
        for one in node.args:
            value = self.values.fold(one.value if isinstance(one, ast.Starred) else one)
            args.extend(value if isinstance(one, ast.Starred) and isinstance(value, list | tuple) else [value])
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None and isinstance(keyword.value, ast.Dict):
                named = zip(keyword.value.keys, keyword.value.values, strict=True)
                keywords |= {
                    str(key.value): self.values.fold(one) for key, one in named if isinstance(key, ast.Constant)
                }
            else:
                keywords[keyword.arg or "**"] = self.values.fold(keyword.value)
        return args, keywords

    def strays(self, nodes: list[ast.AST]) -> None:
        """Where a function that starts programs is kept somewhere instead of called, every text may be its command."""
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        kept = (node for node in nodes if isinstance(node, ast.Attribute) and id(node) not in called)
        if any(self.values.name_of(node) in calls.SHELLS | calls.PROGRAMS for node in kept):
            for node in nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                    self.acts.runs(node.value)

    def _inner(self, code: str) -> None:
        """Code inside the code, given as a text."""
        if self.acts.depth >= MAX_CODE_DEEP or not code.strip() or UNKNOWN in code:
            return
        self.acts.depth += 1
        try:
            read_python(code, self.acts)
        except Unreadable:
            self.acts.asks("elsewhere.hides", code)
        finally:
            self.acts.depth -= 1

    def _own(self, node: ast.Call, args: list[Any]) -> None:
        """A call of a function that the code itself defines, with what it is given."""
        own = self.functions.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if own is None or self.deep >= MAX_CALLS_DEEP or all(one == UNKNOWN for one in args):
            return
        values = Values(dict(self.values.names), dict(self.values.marks), self.values.imported, self.values.left // 4)
        for parameter, value in zip([*own.args.posonlyargs, *own.args.args], args, strict=False):
            values.bind(parameter.arg, value)
        self.values.left -= self.values.left // 4
        _Reader(self.acts, values, self.functions, self.deep + 1).block(own.body)


_RULES: dict[type[ast.AST], Callable[[_Reader, Any], None]] = {
    ast.AnnAssign: _Reader.assign,
    ast.Assign: _Reader.assign,
    ast.AsyncFor: _Reader.loop,
    ast.AsyncFunctionDef: _Reader.function,
    ast.AsyncWith: _Reader.within,
    ast.Attribute: _Reader.attribute,
    ast.AugAssign: _Reader.assign,
    ast.Call: _Reader.call,
    ast.Constant: _Reader.constant,
    ast.DictComp: _Reader.comprehension,
    ast.For: _Reader.loop,
    ast.FunctionDef: _Reader.function,
    ast.GeneratorExp: _Reader.comprehension,
    ast.Import: _Reader.imports,
    ast.ImportFrom: _Reader.imports,
    ast.Lambda: _Reader.function,
    ast.ListComp: _Reader.comprehension,
    ast.NamedExpr: _Reader.assign,
    ast.SetComp: _Reader.comprehension,
    ast.With: _Reader.within,
    ast.comprehension: _Reader.loop,
}
