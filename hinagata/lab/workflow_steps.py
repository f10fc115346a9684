"""The steps of a workflow that run code: their order, and where the result of each one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.topology.edges.workflow import STATE_MACHINE, Task, of_failures, tasks
from hinagata.topology.node import Role, walk
from hinagata.topology.value import referenced

if TYPE_CHECKING:
    from hinagata.topology.graph import Topology
    from hinagata.topology.node import Node


@dataclass(frozen=True, kw_only=True)
class WorkflowStep:
    """A task that runs a function, on a way that no failure leads to.

    Attributes:
        function: what it runs.
        follows: the function of the step before it; None of the first one, and of one that comes
            after a choice or in a branch.
        kept_at: the fields under which the state holds its result; empty if nowhere of its own.
    """

    function: Node
    follows: Node | None
    kept_at: tuple[str, ...]

    def done(self, state: Mapping[str, object]) -> bool:
        """Return whether a workflow's state has the result of this step."""
        found: object = state
        for field in self.kept_at:
            if not isinstance(found, Mapping) or field not in found:
                return False
            found = found[field]
        return bool(self.kept_at)


def workflow_steps(topology: Topology) -> dict[Node, tuple[WorkflowStep, ...]]:
    """Return the steps of each workflow, in the order of its definition."""
    return {machine: _steps(machine) for machine in topology.of_type(STATE_MACHINE)}


def _steps(machine: Node) -> tuple[WorkflowStep, ...]:
    by_name = {task.name: task for task in tasks(machine)}
    failed = of_failures(machine)
    usual = {name: task for name, task in by_name.items() if name not in failed}
    before = {walk(task.state, "Next"): task for task in usual.values()}
    return tuple(
        WorkflowStep(
            function=function,
            follows=next(iter(_functions(before[name])), None) if name in before else None,
            kept_at=_kept_at(task),
        )
        for name, task in usual.items()
        for function in _functions(task)
    )


def _functions(task: Task) -> Sequence[Node]:
    called = (*referenced(walk(task.state, "Resource")), *referenced(task.arguments))
    return [node for node in dict.fromkeys(called) if node.role is Role.COMPUTE]


def _kept_at(task: Task) -> tuple[str, ...]:
    path = walk(task.state, "ResultPath")
    if not isinstance(path, str) or not path.startswith("$."):
        return ()
    return tuple(path.removeprefix("$.").split("."))
