"""What a scenario says, as records that cannot change: durations in seconds, rates a second."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hinagata.scenario.fault import Fault
from hinagata.scenario.key import PLACEHOLDER, Key
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
class Put:
    """The event that each message of a source is, where its sender puts it into a channel itself.

    Attributes:
        event: what happened, the event's type.
        path: where, the event's source, with `{name}` where the value of a key goes.
        body: its data, an object in which a field that is named like a key takes its value.
        ordered_by: the key whose events stay in order; None for none.
    """

    event: str
    path: str
    body: Mapping[str, object]
    ordered_by: str | None = None


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
        request: what is sent: a request over HTTP, or an event put into a stream or queue.
        rate: how often, in the model's time.
        keys: the names that vary from message to message.
        reaches: the hops at which each message must end up processed, in the order of the flow.
        run: what a laptop sends of it.
    """

    name: str
    entry: str
    request: Request | Put
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
    """A percentile of the time from the sending of a message to the end of a hop's work.

    Attributes:
        source: whose messages.
        hop: which one.
        at_most_seconds: how long.
        run_at_most_seconds: how long in a run: a laptop is slower than AWS, and has other things
            to do. Default: the same.
    """

    source: str
    hop: str
    at_most_seconds: float
    run_at_most_seconds: float | None = None


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

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        return f"newest in {self.table}"


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

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        return f"all in {self.table}"


@dataclass(frozen=True, kw_only=True)
class LatestStored:
    """A table holds what the newest message of a source said, and nobody wrote it twice.

    Attributes:
        table: the construct id of the table.
        source: whose messages.
        where: the item that a message is about: the attributes of its key, with `{name}` where the
            value of a message's key goes.
        holds: what the item then holds, likewise.
        id_attribute: the attribute with the id of the message that brought it: not of one that
            only said it again. None: whichever.
    """

    table: str
    source: str
    where: Mapping[str, str] = field(hash=False)
    holds: Mapping[str, str] = field(hash=False)
    id_attribute: str | None = None

    @property
    def about(self) -> str:
        """What it is about, in a few words: which keys' values are held, or which attributes."""
        keys = (name for text in self.holds.values() for name in PLACEHOLDER.findall(text))
        held = ", ".join(dict.fromkeys(keys) or self.holds)
        return f"latest {held} in {self.table}"


StoredExpectation = NewestStored | EveryStored | LatestStored


@dataclass(frozen=True, kw_only=True)
class CountExpectation:
    """How often something happens at a node.

    Attributes:
        node: the name of the hop, or the construct id of what is meant.
        at_least: how often at least.
        at_most: how often at most; None for any number.
    """

    node: str
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class BacklogExpectation:
    """How many messages may be at a hop or in a queue, waiting or being worked on.

    Attributes:
        node: the name of the hop, or the construct id of the queue.
        at_most: how many.
        at_seconds: when, in the scenario's time; None for at all times.
        run_at_seconds: when in a run, after its first message. Default: as in the scenario's time.
    """

    node: str
    at_most: int
    at_seconds: float | None = None
    run_at_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class TraceExpectation:
    """One trace leads from the request of each message of a source to a hop."""

    source: str
    hop: str


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What must hold in the end; None and an empty tuple expect nothing.

    Attributes:
        refused: how many messages may not be taken at their entry, however often they are sent.
        lost: how many accepted messages may be neither processed nor dead-lettered.
        dead_lettered: how many messages may lie in dead-letter queues.
        p50: median latencies.
        p95: latencies, 95th percentiles.
        p99: latencies, 99th percentiles.
        throttled: how often hops, or the entries of sources, refuse for want of capacity.
        processed: how many messages hops are done with.
        duplicates: how often hops process a message again.
        dead_letters: how many dead letters hops leave.
        backlog: how many messages are at hops and in queues.
        traced: where traces lead.
        stored: the final state of tables.
    """

    refused: int | None = None
    lost: int | None = None
    dead_lettered: int | None = None
    p50: tuple[LatencyExpectation, ...] = ()
    p95: tuple[LatencyExpectation, ...] = ()
    p99: tuple[LatencyExpectation, ...] = ()
    throttled: tuple[CountExpectation, ...] = ()
    processed: tuple[CountExpectation, ...] = ()
    duplicates: tuple[CountExpectation, ...] = ()
    dead_letters: tuple[CountExpectation, ...] = ()
    backlog: tuple[BacklogExpectation, ...] = ()
    traced: tuple[TraceExpectation, ...] = ()
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
        outside: what handlers call that is no part of the architecture: for each name, the
            environment variable in which they find its URL. A run stands in for it.
        uncapped: the hops whose cap on concurrency a run takes off, to see what it is for.
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
    outside: Mapping[str, str] = field(default_factory=dict)
    uncapped: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def hops(self) -> tuple[str, ...]:
        """Return every hop that a source reaches, in the order of their first mention."""
        return tuple(
            dict.fromkeys(hop for source in self.sources.values() for hop in source.reaches)
        )
