"""Which nodes of a page lie in no other of them, found in time that grows with the page alone, however deep it is."""

from collections.abc import Iterable
from typing import Any


def outermost(nodes: Iterable[Any]) -> list[Any]:
    """Those without any of the others above them, in their order."""
    wanted = list(nodes)
    within = {node.mem_id for node in wanted}
    known: dict[int, bool] = {}
    return [node for node in wanted if not _lies_within(node, within, known)]


def _lies_within(node: Any, ids: set[int], known: dict[int, bool]) -> bool:
    """Whether one of those is above it; `known` says it of nodes that were asked about before."""
    passed: list[int] = []
    found, parent = False, node.parent
    while parent is not None:
        above = parent.mem_id
        if above in ids or above in known:
            found = above in ids or known[above]
            break
        passed.append(above)
        parent = parent.parent
    known.update(dict.fromkeys(passed, found))
    return found
