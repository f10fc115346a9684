"""How two nodes of the topology belong together."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hinagata.topology.node import Node


class Kind(StrEnum):
    """What an edge says. Flow and failure edges point the way that messages go."""

    # Flow.
    INVOKES_SYNC = "invokes_sync"  # the caller waits: API, load balancer, URL, workflow task
    INVOKES_ASYNC = "invokes_async"  # the service queues and retries: SNS, S3, EventBridge
    POLLS = "polls"  # queue or stream -> its consumer, via the mapping or pipe
    DELIVERS = "delivers"  # topic, bus, API ... -> queue, stream, topic, bus, workflow
    MAY_WRITE = "may_write"  # compute -> what its role lets it write to, invoke or start
    MAY_READ = "may_read"  # compute -> what its role lets it read
    PASSES_ENV = "passes_env"  # compute -> what its environment variables name

    # Failure.
    DEAD_LETTER = "dead_letter"  # queue, topic, rule, function -> the queue that takes the rest
    ON_FAILURE = "on_failure"  # function -> destination of what failed
    ON_SUCCESS = "on_success"  # function -> destination of what succeeded

    # Structure.
    ASSUMES = "assumes"  # compute -> role
    GUARDS = "guards"  # web ACL, authorizer, usage plan -> what it guards
    ENCRYPTS = "encrypts"  # key -> what it encrypts
    WATCHES = "watches"  # alarm -> what its metric measures
    NOTIFIES = "notifies"  # alarm -> topic or function it tells
    LOGS_TO = "logs_to"  # compute, API stage -> log group
    SCALES = "scales"  # scalable target -> service, table, alias
    RUNS_IN = "runs_in"  # compute -> subnet, security group
    ROUTES_VIA = "routes_via"  # subnet -> NAT gateway, gateway endpoint
    PERMITS = "permits"  # resource policy or permission -> what it opens
    VERSIONS = "versions"  # alias -> version -> function


FLOW = (Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.POLLS, Kind.DELIVERS, Kind.MAY_WRITE)
FAILURE = (Kind.DEAD_LETTER, Kind.ON_FAILURE)


class Edge(NamedTuple):
    """One thing that the templates say about two nodes.

    Attributes:
        source: Where it starts; on flow and failure edges, where the message comes from.
        target: Where it ends. A function is its own node here, never its alias or version.
        kind: What it says.
        via: The resource that declares it, e.g. the event source mapping; may be `source`.
        qualifier: The alias or version through which a function is reached, if one is.
        detail: What else the kind needs: the metric that an alarm watches, the name of an
            environment variable, the action that a statement allows. Empty if nothing.
    """

    source: Node
    target: Node
    kind: Kind
    via: Node
    qualifier: Node | None = None
    detail: str = ""
