"""Strongly connected components, as they find loops."""

from hypothesis import given
from hypothesis import strategies as st

from hinagata.topology.components import loops

GRAPHS = st.dictionaries(
    st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4, unique=True), max_size=9
)


def reach(after: dict[int, list[int]], start: int) -> set[int]:
    """Return what a node leads to in one step or more."""
    seen: set[int] = set()
    open_ = list(after.get(start, ()))
    while open_:
        node = open_.pop()
        if node not in seen:
            seen.add(node)
            open_ += after.get(node, ())
    return seen


@given(GRAPHS)
def test_nodes_share_a_loop_exactly_if_each_leads_to_the_other(after: dict[int, list[int]]) -> None:
    """What plain reachability says of every pair, Tarjan's walk says of the graph."""
    found = loops(after)

    expected = {
        frozenset(other for other in reach(after, node) if node in reach(after, other))
        for node in after
        if node in reach(after, node)
    }
    assert {frozenset(loop) for loop in found} == expected
    assert len(found) == len(expected)


def test_a_long_chain_needs_no_recursion() -> None:
    """A loop of a hundred thousand nodes is one component."""
    size = 100_000
    (loop,) = loops({node: [(node + 1) % size] for node in range(size)})

    assert len(loop) == size
