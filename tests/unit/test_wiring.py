"""How the parts are joined: each handler gets what it uses, and nothing is joined behind anybody's back."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import gateway.web
from gateway.run import needs
from gateway.web.api import routes as api
from gateway.web.console import routes as console
from gateway.web.http import auth, health

ROOT = Path(__file__).parents[2]


def records_given() -> set[str]:
    """The modules whose record the assembly fills, by the aliases under which it calls them."""
    return {
        getattr(needs, node.func.value.id).__name__
        for node in ast.walk(ast.parse(inspect.getsource(needs)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Needs"
    }


def test_every_module_that_answers_requests_is_given_the_record_of_what_it_uses():
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(gateway.web.__path__, "gateway.web.")
        if not found.ispkg
    ]

    asking = {module.__name__ for module in modules if "Needs" in vars(module)}
    assert len(asking) > 15
    assert asking - records_given() == set()


def test_a_handler_asks_for_the_record_of_its_own_module_alone():
    handlers = {route.handler for route in (*auth.ROUTES, *api.ROUTES, *console.ROUTES, *health.ROUTES)}
    modules = {inspect.getmodule(inspect.unwrap(handler)) for handler in handlers}

    borrowed = [
        f"{module.__name__} asks for {ast.unparse(node.args[1])}"
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "needs_of" and ast.unparse(node.args[1]) != "Needs"
    ]
    assert borrowed == []


def test_no_part_sets_an_attribute_of_another_where_everything_is_joined():
    """Parts are given what they use when they are made; whoever hears of something later registers for it."""
    joined = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(target)}"
        for folder in ("gateway/run", "gateway/messages", "gateway/queue", "gateway/commands", "gateway/web")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and not _is_own(target)
    ]

    assert {each.partition(" ")[2] for each in joined} <= OF_ONE_PIECE_OF_WORK, joined


def _is_own(target: ast.Attribute) -> bool:
    return isinstance(target.value, ast.Name) and target.value.id == "self"


OF_ONE_PIECE_OF_WORK = {
    "fence.good_until",
    "found.is_growing",
    "heard.text",
    "heard.unheard",
    "job.fence.is_lifted",
    "limit.daemon",
    "made.filters",
    "place.unsaid",
    "work.ends_lease",
}
"""What is told of one message, one lease, one visitor or one thread while it is worked on."""
