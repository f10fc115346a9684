"""Which stations the messages of each source come to, and how often: the way without failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hinagata.errors import HinagataError
from hinagata.scenario.rate import Rate
from hinagata.simulator.model import AsyncInvoke, Call, Network, Queue, Station, Stream

# For each station, how many messages come to it for each message of a source.
Visits = Mapping[str, Mapping[str, float]]


class Way(NamedTuple):
    """A way on from a station.

    Attributes:
        target: Where it leads.
        messages: How many go this way for each that came.
        sources: The traffic whose messages do; None is all of it.
    """

    target: str
    messages: float
    sources: tuple[str, ...] | None


def ways(station: Station) -> Iterator[Way]:
    """Yields where messages go on to from a station that does what it should."""
    for call in station.calls:
        yield Way(call.target, call.messages, call.sources)
    if isinstance(station, Queue) and station.poller is not None:
        yield Way(station.poller.function, 1.0, None)
    elif isinstance(station, Stream):
        for reader in station.readers:
            yield Way(reader.function, 1.0, None)
    elif isinstance(station, AsyncInvoke):
        yield Way(station.function, 1.0, None)


def visits(network: Network) -> Visits:
    """Returns how often the messages of each source come to each station, retries left out.

    Args:
        network: Its stations and traffic.

    Raises:
        HinagataError: The messages of a source go round for ever, or to a station that is not
            there.
    """
    found: dict[str, dict[str, float]] = {name: {} for name in network.stations}
    for traffic in network.traffic:
        counts = {traffic.target: 1.0}
        for name in _in_order(network, traffic.name, traffic.target):
            came = counts.get(name, 0.0)
            before = found[name].get(traffic.name, 0.0)
            found[name][traffic.name] = before + came
            for way in _ways_of(network, name, traffic.name):
                counts[way.target] = counts.get(way.target, 0.0) + came * way.messages
    return found


def share_at(
    call: Call, station: str, seconds: float, *, rates: Mapping[str, Rate], visited: Visits
) -> float:
    """Returns the share of a station's messages that a call is made for, at a time.

    Args:
        call: One of the station's.
        station: The station's name.
        seconds: The time; what messages took to get to the station is neglected.
        rates: The rate of each traffic, by name.
        visited: What `visits` returned.
    """
    if call.sources is None:
        return 1.0
    came = {
        source: times * rates[source].rate_at(seconds) for source, times in visited[station].items()
    }
    total = sum(came.values())
    if not total:
        return 0.0
    return sum(came.get(source, 0.0) for source in call.sources) / total


def _ways_of(network: Network, name: str, source: str) -> Iterator[Way]:
    for way in ways(network.stations[name]):
        if way.messages and (way.sources is None or source in way.sources):
            yield way


def _in_order(network: Network, source: str, start: str) -> list[str]:
    """Returns the stations that a source's messages come to, each after all those before it."""
    done: list[str] = []
    on_path: dict[str, Iterator[Way]] = {}
    seen: set[str] = set()

    def enter(name: str) -> None:
        if name not in network.stations:
            raise HinagataError(f"messages of {source} go to {name}, which is no station")
        seen.add(name)
        on_path[name] = _ways_of(network, name, source)

    enter(start)
    while on_path:
        name = next(reversed(on_path))
        way = next(on_path[name], None)
        if way is None:
            done.append(name)
            del on_path[name]
        elif way.target in on_path:
            names = list(on_path)
            loop = [*names[names.index(way.target) :], way.target]
            raise HinagataError(
                f"messages of {source} go round for ever: {' → '.join(loop)}; "
                "let the scenario's `reaches` or the architecture end that"
            )
        elif way.target not in seen:
            enter(way.target)
    return done[::-1]
