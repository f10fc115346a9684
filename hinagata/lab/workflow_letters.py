"""The dead letters of a workflow: what it sends to a queue once something has failed for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.topology.edges.target import spelled
from hinagata.topology.edges.workflow import STATE_MACHINE, Task, tasks
from hinagata.topology.node import Role, walk
from hinagata.topology.value import items, referenced

if TYPE_CHECKING:
    from hinagata.topology.graph import Topology
    from hinagata.topology.node import Node

_SENDS = ":sqs:sendMessage"


@dataclass(frozen=True, kw_only=True)
class WorkflowLetters:
    """A queue to which a workflow sends its state where it gives up.

    Attributes:
        queue: the queue.
        machine: the workflow.
        written: the names that the workflow itself writes into its state; without them a letter is
            what an execution was started with.
    """

    queue: Node
    machine: Node
    written: tuple[str, ...]


def workflow_letters(topology: Topology) -> Iterator[WorkflowLetters]:
    """Yield each queue that a workflow's task sends the whole state to, behind a `Catch`.

    What sends a part of the state is left out: nobody could start an execution with that.
    """
    for machine in topology.of_type(STATE_MACHINE):
        by_name = {task.name: task for task in tasks(machine)}
        for name in _after_a_catch(by_name):
            task = by_name[name]
            sends = spelled(walk(task.state, "Resource")).endswith(_SENDS)
            if not sends or walk(task.state, "Parameters", "MessageBody.$") != "$":
                continue
            for queue in dict.fromkeys(referenced(task.arguments)):
                if queue.role is Role.QUEUE:
                    yield WorkflowLetters(
                        queue=queue, machine=machine, written=_written(by_name.values())
                    )


def _after_a_catch(by_name: Mapping[str, Task]) -> list[str]:
    """Return the tasks that only a failure leads to, or that come after one."""
    found: dict[str, None] = {}
    open_ = [name for task in by_name.values() for name in _caught_by(task)]
    while open_:
        name = open_.pop()
        if name in by_name and name not in found:
            found[name] = None
            following = walk(by_name[name].state, "Next")
            open_ += [following] if isinstance(following, str) else []
    return list(found)


def _caught_by(task: Task) -> Iterator[str]:
    for catcher in items(walk(task.state, "Catch")):
        following = walk(catcher, "Next")
        if isinstance(following, str):
            yield following


def _written(every: Iterable[Task]) -> tuple[str, ...]:
    """Return the first step of each path to which a result or an error is written."""
    names: dict[str, None] = {}
    for task in every:
        for writer in (task.state, *items(walk(task.state, "Catch"))):
            path = walk(writer, "ResultPath")
            if isinstance(path, str) and path.startswith("$."):
                names[path.removeprefix("$.").partition(".")[0]] = None
    return tuple(names)
