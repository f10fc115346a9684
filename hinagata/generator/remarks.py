"""What a blueprint leaves open, and what is taken instead: for whoever has just made a project."""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.generator.architecture import Architecture
from hinagata.generator.carried import carries, fieldless


def remarks_on(architecture: Architecture) -> Iterator[str]:
    """Yield a sentence on each thing that was assumed.

    Args:
        architecture: what the blueprint is.
    """
    for name, traffic in architecture.traffic.items():
        if traffic.place is None:
            yield (
                f"nobody says how often {traffic.route} of {traffic.to} is asked: 10/s, "
                f"as {name} in the scenario"
            )
    for store in fieldless(architecture):
        fields = sorted(
            {
                field
                for traffic in architecture.traffic.values()
                if store in architecture.visits(traffic)
                for field in carries(traffic)
            }
        )
        yield (
            f"no event has a field {store.keys[1]}, the sort key of {store.name}: its id is the "
            f"key (there are {', '.join(fields)})"
        )
