"""What a scenario says, as records that cannot change: durations in seconds, rates a second."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hinagata.scenario.fault import Fault
from hinagata.scenario.key import Key
from hinagata.scenario.rate import DAY_SECONDS, Rate

# Long enough for a first cold start of every function of a sample on a busy laptop.
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """The request that each message of a source is.

    Attributes:
        method: the HTTP method.
        path: the path, with `{name}` where the value of a key goes.
        body: the JSON object to send, in which a field that is named like a key takes its value;
            None for no body.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class LaptopShare:
    """What a run sends of a source.

    Attributes:
        messages: how many messages.
        per_second: how fast, whether or not they are answered.
        keys: how many different values each key takes.
    """

    messages: int
    per_second: float
    keys: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """Messages of one kind that come from outside.

    Attributes:
        name: the source's name in the scenario.
        entry: the construct id of the node that takes the requests.
        request: what is sent.
        rate: how often, in the model's time.
        keys: the names that vary from message to message.
        reaches: the hops at which each message must end up processed, in the order of the flow.
        run: what a laptop sends of it.
    """

    name: str
    entry: str
    request: Request
    rate: Rate
    keys: Mapping[str, Key]
    reaches: tuple[str, ...]
    run: LaptopShare


@dataclass(frozen=True, kw_only=True)
class ServiceTime:
    """How long a hop works on a message: mean, coefficient of variation, and start-up."""

    mean_seconds: float
    cv: float = 1.0
    cold_start_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LatencyExpectation:
    """The 99th percentile of the time from the sending of a message to the end of a hop's work."""

    source: str
    hop: str
    at_most_seconds: float


@dataclass(frozen=True, kw_only=True)
class NewestStored:
    """A table holds, for each key value sent, the newest message of some sources.

    Attributes:
        table: the construct id of the table.
        key: the attribute, and the sources' key, by which it is looked up.
        sources: whose messages compete.
        id_attribute: the attribute that holds the id of the message.
    """

    table: str
    key: str
    sources: tuple[str, ...]
    id_attribute: str


@dataclass(frozen=True, kw_only=True)
class EveryStored:
    """A table holds an item for every message of a source.

    Attributes:
        table: the construct id of the table.
        source: whose messages.
        id_attribute: the attribute that holds the id of the message.
    """

    table: str
    source: str
    id_attribute: str


StoredExpectation = NewestStored | EveryStored


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What must hold in the end; None and an empty tuple expect nothing.

    Attributes:
        refused: how many messages may not be taken at their entry, however often they are sent.
        lost: how many accepted messages may be neither processed nor dead-lettered.
        dead_lettered: how many messages may lie in dead-letter queues.
        p99: latencies.
        stored: the final state of tables.
    """

    refused: int | None = None
    lost: int | None = None
    dead_lettered: int | None = None
    p99: tuple[LatencyExpectation, ...] = ()
    stored: tuple[StoredExpectation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Traffic for a sample, how its hops behave, and what must hold in the end.

    Attributes:
        name: the scenario's name.
        file: where it was read.
        seed: what every random draw derives from.
        duration_seconds: the model's time; a run ignores it.
        sources: the traffic, by name.
        service_times: how long each hop works on a message, by construct id.
        expectations: what must hold in the end.
        deadline_seconds: how long a run waits for it after the last message is sent.
        warm_up: how many messages of each source a run sends first, and waits for: they start
            everything up, count like all others, and are left out of latencies alone.
        faults: what goes wrong meanwhile.
        lines: the line of each field by its path, as `sources.cars.entry`, for whoever finds later
            that what it names does not exist.
    """

    name: str
    file: Path
    sources: Mapping[str, Source]
    seed: int = 0
    duration_seconds: float = DAY_SECONDS
    service_times: Mapping[str, ServiceTime] = field(default_factory=dict)
    expectations: Expectations = field(default_factory=Expectations)
    deadline_seconds: float = DEADLINE_SECONDS
    warm_up: int = 0
    faults: tuple[Fault, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def hops(self) -> tuple[str, ...]:
        """Return every hop that a source reaches, in the order of their first mention."""
        return tuple(
            dict.fromkeys(hop for source in self.sources.values() for hop in source.reaches)
        )
