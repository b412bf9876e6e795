"""The few expressions that are used: names of knobs, ``frame``, comparisons, ``&&``, ``||`` and ``a ? b : c``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_nuke.nodes import Node

COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def evaluate(text: str, node: Node) -> Any:
    """The value of the expression ``text`` in a knob of ``node``."""
    return _value(ast.parse(_python(text), mode="eval").body, node)


def _python(text: str) -> str:
    """The expression in Python's words; a question's last ``:`` belongs to the rest of the line."""
    text = text.replace("&&", " and ").replace("||", " or ")
    if "?" not in text:
        return text.strip()
    condition, rest = text.split("?", 1)
    yes, no = rest.split(":", 1)
    return f"({_python(yes)}) if ({condition.strip()}) else ({_python(no)})"


def _value(tree: ast.expr, node: Node) -> Any:
    if isinstance(tree, ast.Constant):
        return tree.value
    if isinstance(tree, ast.IfExp):
        return _value(tree.body if _value(tree.test, node) else tree.orelse, node)
    if isinstance(tree, ast.BoolOp):
        wanted = isinstance(tree.op, ast.Or)
        return int(wanted if any(bool(_value(one, node)) == wanted for one in tree.values) else not wanted)
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        return int(COMPARED[type(tree.ops[0])](_value(tree.left, node), _value(tree.comparators[0], node)))
    if isinstance(tree, ast.Name) and tree.id == "frame":
        return node.application.frame
    if isinstance(tree, ast.Attribute) and isinstance(tree.value, ast.Name) and tree.value.id == "parent":
        value = node.parent()[tree.attr].getValue()
        return int(value) if isinstance(value, bool) else value
    raise RuntimeError(f"{node.name()}: nothing named {ast.unparse(tree)}")
