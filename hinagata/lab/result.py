"""What a run comes to: the accounts and the verdicts, with the records that they derive from."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hinagata.lab.accounting import HopAccount, Records, SourceAccount
from hinagata.lab.judgement import Verdict

if TYPE_CHECKING:
    from hinagata.lab.stubs import Stub


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

    @property
    def met(self) -> bool:
        """Whether every expectation holds."""
        return all(verdict.met for verdict in self.verdicts)
