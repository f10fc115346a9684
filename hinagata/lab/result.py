"""What a run comes to: the accounts and the verdicts, with the records that they derive from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hinagata.lab.accounting import HopAccount, Journey, PathAccount, Records, SourceAccount
from hinagata.lab.judgement import Verdict
from hinagata.lab.timeline import Timeline
from hinagata.lab.trace_tree import TraceAccount

if TYPE_CHECKING:
    from hinagata.lab.gaps import Gap
    from hinagata.lab.lake_account import LakeAccount
    from hinagata.lab.stubs import Stub
    from hinagata.topology.graph import Topology


@dataclass(frozen=True, kw_only=True)
class FaultRecord:
    """What a fault of the scenario really did; times are seconds since the epoch.

    Attributes:
        inject: what happened.
        target: what it happened to, as the scenario calls it; None for the account as a whole.
        rate: the share that it was to strike.
        began: when it began; None if the run was over before.
        ended: when it ended, at the latest with the run; None for one at a moment, or never begun.
        struck: how often it struck: invocations, calls, deliveries, tasks or updates.
        messages: the ids of the messages that it struck, in the order of the first time; only of
            faults that choose by message.
    """

    inject: str
    target: str | None
    rate: float
    began: float | None
    ended: float | None
    struck: int
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Result:
    """A run: what was sent, what was seen, and which expectations hold.

    Attributes:
        sample: the name of the sample.
        scenario: the name of the scenario.
        seed: what the traffic derives from.
        warm_up: how many messages of each source are left out of latencies.
        endpoint: the URL of the endpoint, or `AWS`.
        embedded: whether the endpoint was started for this run.
        started: when the first message was sent.
        seconds: from then to the last look.
        records: everything that was seen.
        sources: an account of each source.
        hops: an account of each hop.
        stubs: what the endpoint left out.
        verdicts: one for each expectation.
        faults: one for each fault of the scenario, in its order.
        paths: how long messages took from each source to each hop that it reaches.
        journeys: every message, where it came, and where it ended.
        traces: how far messages were followed, for each of the expectations about it.
        lake: what the architecture's lake has of messages; None if it has none, or was not asked.
        timeline: what happened second by second.
        topology: the architecture.
        stopped: what ended the run before it was over, as a clause; empty if nothing did. Then no
            expectation was judged.
    """

    sample: str
    scenario: str
    seed: int
    warm_up: int
    endpoint: str
    embedded: bool
    started: datetime
    seconds: float
    records: Records
    sources: tuple[SourceAccount, ...]
    hops: tuple[HopAccount, ...]
    stubs: tuple["Stub", ...]
    verdicts: tuple[Verdict, ...]
    faults: tuple[FaultRecord, ...] = ()
    paths: tuple[PathAccount, ...] = ()
    journeys: tuple[Journey, ...] = field(default=(), repr=False)
    traces: tuple[TraceAccount, ...] = ()
    lake: "LakeAccount | None" = None
    timeline: Timeline | None = field(default=None, repr=False)
    topology: "Topology | None" = field(default=None, repr=False)
    stopped: str = ""

    @property
    def gaps(self) -> "tuple[Gap, ...]":
        """What the embedded endpoint does otherwise than AWS, as far as this architecture asks."""
        from hinagata.lab.gaps import gaps_of

        return gaps_of(self.topology) if self.embedded and self.topology is not None else ()

    @property
    def unfinished(self) -> str:
        """What to call accepted messages that some hop has not processed, and did not give up."""
        return "not finished" if self.stopped else "lost"

    @property
    def met(self) -> bool:
        """Whether the run came to its end, and every expectation holds."""
        return not self.stopped and all(verdict.met for verdict in self.verdicts)
