"""The consumer misses what is written while it is created.

With `StartingPosition: LATEST` Lambda begins with the first record that is written after it has
begun to poll, and that is minutes after the mapping was created, up to 90 seconds after an update.
AWS: the mapping could miss events; use TRIM_HORIZON or AT_TIMESTAMP so that none is. It happens
at the first deployment, where it rarely matters, and each time that CloudFormation replaces the
mapping, because its stream was replaced or its construct renamed, where it does.

A note: some consumers only want what is new.

## How to mend it

Set `StartingPosition: TRIM_HORIZON` and make the function idempotent: a mapping that is made anew
reads once more what the stream still keeps.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.stream_readers import stream_readers
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology


@check(
    id="FM304",
    title="Stream consumer starts at the latest record",
    severity=Severity.NOTE,
    reason="Records written while the mapping is created or replaced are never read.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/msk-starting-positions.html",),
    fix="Set StartingPosition to TRIM_HORIZON.",
)
def starts_at_latest(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for readers of streams that start at LATEST."""
    for reader in stream_readers(topology):
        positions = reader.node.strings(*reader.at, "StartingPosition")
        if positions is None:
            yield Unresolved(node=reader.node, property=reader.property("StartingPosition"))
        elif "LATEST" in positions:
            yield Finding(
                node=reader.node,
                property=reader.property("StartingPosition"),
                says="it starts at LATEST: records written while it is created or replaced are "
                "never read",
            )
