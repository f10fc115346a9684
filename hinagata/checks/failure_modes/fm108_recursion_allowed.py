"""The function's protection against endless recursion is switched off.

Lambda counts how often one event has come back to the same function through SQS, SNS, S3 or
another function, stops it after about 16 times and sends the event to the dead-letter queue or
failure destination. `RecursiveLoop: Allow` switches that off: a loop then runs until somebody sees
the bill, and takes the account's concurrency meanwhile.

## How to mend it

Leave `RecursiveLoop` out, or set it to `Terminate`. If the function is meant to run in a loop,
bound it in the code (a counter in the message, a date), give it reserved concurrency and an alarm,
and acknowledge the finding with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology


@check(
    id="FM108",
    title="Recursion protection switched off",
    severity=Severity.WARNING,
    reason="A message that comes back to its function is never stopped: cost and concurrency grow "
    "until somebody looks.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html",),
    fix="Set RecursiveLoop to Terminate, the default; bound an intended loop in the code.",
)
def recursion_allowed(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for functions with `RecursiveLoop: Allow`."""
    for function in topology.of_type("AWS::Lambda::Function"):
        if function.get("RecursiveLoop") is None:
            continue
        values = function.strings("RecursiveLoop", default="Terminate")
        if values is None:
            yield Unresolved(node=function, property="RecursiveLoop")
        elif "Allow" in values:
            yield Finding(
                node=function,
                property="RecursiveLoop",
                says="Lambda does not stop it when its own messages come back to it: "
                "RecursiveLoop is Allow",
            )
