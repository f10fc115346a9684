"""What a run comes to: the accounts and the verdicts, with the records that they derive from."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hinagata.lab.accounting import HopAccount, Records, SourceAccount
from hinagata.lab.judgement import Verdict

if TYPE_CHECKING:
    from hinagata.lab.stubs import Stub


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

    @property
    def met(self) -> bool:
        """Whether every expectation holds."""
        return all(verdict.met for verdict in self.verdicts)
