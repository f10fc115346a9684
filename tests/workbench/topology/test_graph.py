"""The graph's queries."""

from __future__ import annotations

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.pseudo_nodes import PseudoNodes


def test_knows_what_takes_failures() -> None:
    """Dead-letter queues and on-failure destinations, and nothing else."""
    outside = PseudoNodes()
    source, function, letters, failures, topic = (
        outside.external(name) for name in ("source", "function", "letters", "failures", "topic")
    )
    topology = Topology(
        outside.made,
        [
            Edge(source, function, Kind.POLLS, function),
            Edge(source, letters, Kind.DEAD_LETTER, source),
            Edge(function, failures, Kind.ON_FAILURE, function),
            Edge(function, topic, Kind.ON_SUCCESS, function),
        ],
    )

    assert topology.failure_destinations == {letters, failures}
