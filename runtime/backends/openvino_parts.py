"""A frame graph cut in two: what a frame begins with, which needs no past, and the rest."""

from collections.abc import Collection
from typing import Any

BEGUN = "begun "
"""What the names of the tensors begin with that go from the first part to the second."""


def cut_in_two(model: Any, early: Collection[str]) -> tuple[Any, Any] | None:
    """An `openvino.Model` of fixed shapes as two: the first computes all that depends on nothing but the inputs named
    ``early``, and its outputs, ``begun 0``, ``begun 1`` and so on, are inputs of the second, which has the outputs of
    ``model``. None where nothing can be computed early. ``model`` must not be used afterwards."""
    import openvino
    from openvino import opset13

    _fold(model)
    nodes = model.get_ordered_ops()
    begins = _depending_only_on(early, nodes)
    parameters = {_name(parameter): parameter for parameter in model.get_parameters()}
    outputs: list[Any] = []
    inputs: list[Any] = []
    for port in (port for node in nodes if _name(node) in begins - parameters.keys() for port in node.outputs()):
        readers = [one for one in port.get_target_inputs() if _name(one.get_node()) not in begins]
        if readers:
            name = f"{BEGUN}{len(outputs)}"
            handed_on = opset13.parameter(port.get_partial_shape(), port.get_element_type(), name=name)
            handed_on.output(0).set_names({name, *port.get_names()})  # it may be an output of the model
            for reader in readers:
                reader.replace_source_output(handed_on.output(0))
            port.add_names({name})
            outputs.append(opset13.result(port))
            inputs.append(handed_on)
    if not outputs:
        return None
    first = openvino.Model(outputs, [one for one in parameters.values() if _input(one) in early], "begin")
    return first, openvino.Model(model.get_results(), [*parameters.values(), *inputs], "rest")


def _fold(model: Any) -> None:
    """Make constants of what depends on shapes alone, so that it is no part of the cut."""
    from openvino.passes import ConstantFolding, Manager

    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


def _depending_only_on(early: Collection[str], nodes: list[Any]) -> set[str]:
    """Names of those of the ordered ``nodes``, but for the model's results, that depend on at least one of the inputs
    ``early`` and on no other input."""
    late: set[str] = set()
    begins: set[str] = set()
    for node in nodes:
        sources = {_name(one.get_source_output().get_node()) for one in node.inputs()}
        if node.get_type_name() == "Parameter":
            (begins if _input(node) in early else late).add(_name(node))
        elif node.get_type_name() == "Result" or sources & late:
            late.add(_name(node))
        elif sources & begins:
            begins.add(_name(node))
    return begins


def _name(node: Any) -> str:
    return str(node.get_friendly_name())


def _input(parameter: Any) -> str:
    """The name of the model's input that it is."""
    return str(parameter.output(0).get_any_name())
