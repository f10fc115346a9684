"""What neither templates nor scenario say, and what is taken for it: each may be replaced.

message_kb: 2
VehicleState: {item_kb: 0.4, reads_per_message: 0}

A sample knows its own code: its replacements stand in `assumed.yml` beside its scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.planner.pricing.field import measured
from hinagata.planner.pricing.written import Written, written_as, written_in
from hinagata.scenario import Scenario
from hinagata.suggestion import suggest

# Not `.yaml`, as the scenarios of the same folder are.
BESIDE = "assumed.yml"


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A number that is taken for want of a better one.

    Attributes:
        name: What it is called, with its unit.
        value: What is taken.
        meaning: What it says.
        least: The smallest that makes sense.
        most: The largest.
    """

    name: str
    value: float
    meaning: str
    least: float = 0.0
    most: float = 1e12


def _assumption(
    name: str, value: float, meaning: str, *, least: float = 0.0, most: float = 1e12
) -> Assumption:
    return Assumption(name=name, value=value, meaning=meaning, least=least, most=most)


DEFAULTS: dict[str, Assumption] = {
    each.name: each
    for each in (
        _assumption("message_kb", 1, "size of a message whose body the scenario does not give"),
        _assumption("header_kb", 0.5, "what HTTP adds to a request"),
        _assumption("response_kb", 0.5, "size of an answer to a client, headers included"),
        _assumption("requests_per_connection", 1, "requests over one connection", least=1),
        _assumption("connection_seconds", 60, "how long a connection to a load balancer is open"),
        _assumption("service_ms", 100, "work on a message, where the scenario gives no time"),
        _assumption("error_share", 0, "attempts that fail, beside the scenario's faults", most=1),
        _assumption("keep_alive_s", 360, "how long an idle environment of a function is kept"),
        _assumption("slots_per_task", 1, "requests that a task works on at once", least=1),
        _assumption("writes_per_message", 1, "writes to a table or bucket that code may write"),
        _assumption("reads_per_message", 1, "reads of a table or bucket that code may read"),
        _assumption("item_kb", 1, "size of an item of a table"),
        _assumption("stored_gb", 0, "data that a table or bucket keeps, where nothing tells it"),
        _assumption("log_kb", 0.5, "log lines of a message, an invocation's own lines included"),
        _assumption("access_log_kb", 0.4, "access log line of a request to an API"),
        _assumption("stored_log_share", 0.15, "what compression leaves of logs that are kept"),
        _assumption(
            "subscribed_log_kb", 0.3, "log lines of a message that a group's subscription passes on"
        ),
        _assumption(
            "messages_per_log_record", 1, "messages whose lines a group hands over at once", least=1
        ),
        _assumption("queries", 100, "queries in a month of a workgroup"),
        _assumption("queried_days", 3, "days that a query reads of a table that days part"),
        _assumption("connections", 0, "connections of a WebSocket API that are open at a time"),
        _assumption("users", 0, "users of a user pool who are active in a month"),
        _assumption("transitions", 0, "state transitions of a run beyond its states"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """A number that was taken.

    Attributes:
        assumption: Which one.
        value: What was taken.
        of: The nodes that it was taken for, in the order they were asked for.
        given: Whether the user's file gave it.
    """

    assumption: Assumption
    value: float
    of: tuple[str, ...]
    given: bool


class Assumptions:
    """What is assumed, and what of it was used.

    Args:
        given: A file or a mapping of assumptions by name, and by node and name. Default: none.

    Attributes:
        file: The file that gave them, if one did.

    Raises:
        HinagataError: They are not written as such; the message says where and what is expected.
    """

    def __init__(self, given: Path | str | Mapping[str, object] | None = None) -> None:
        self.file = Path(given) if isinstance(given, Path | str) else None
        self._everywhere: dict[str, float] = {}
        self._of: dict[str, dict[str, float]] = {}
        self._written: dict[str, Written] = {}
        self._used: dict[tuple[str, float, bool], dict[str, None]] = {}
        if given is not None:
            kind = "assumption"
            document = (
                written_as(given, kind=kind)
                if isinstance(given, Mapping)
                else written_in(Path(given), kind=kind)
            )
            for name, value in document.entries().items():
                if isinstance(value.content, dict):
                    self._written[name] = value
                    own = value.known(DEFAULTS, kind="assumption")
                    self._of[name] = {each: _number(each, own[each]) for each in own}
                elif name in DEFAULTS:
                    self._everywhere[name] = _number(name, value)
                else:
                    value.fail(
                        found="neither an assumption nor a node with some",
                        expected=suggest(name, DEFAULTS),
                    )

    def forgetting(self) -> Assumptions:
        """Returns the same assumptions, of which none was used yet."""
        other = Assumptions()
        other.file = self.file
        other._everywhere, other._of = self._everywhere, self._of
        other._written = self._written
        return other

    def check(self, names: Iterable[str]) -> None:
        """Refuses assumptions about nodes that do not exist.

        Args:
            names: What nodes may be called.

        Raises:
            HinagataError: A node is not among them.
        """
        known = list(dict.fromkeys(names))
        for name, value in self._written.items():
            if name not in known:
                value.fail(found="a node that is not there", expected=suggest(name, known))

    def take(self, name: str, node: str, *called: str) -> float:
        """Returns an assumption about a node, and remembers that it was used.

        Args:
            name: Which one.
            node: How the node is shown.
            *called: What else the node may be called in the user's file.
        """
        own = next(
            (self._of[each] for each in (node, *called) if name in self._of.get(each, {})), {}
        )
        given = name in own or name in self._everywhere
        value = own.get(name, self._everywhere.get(name, DEFAULTS[name].value))
        self._used.setdefault((name, value, given), {})[node] = None
        return value

    def says(self, name: str, node: str, *called: str) -> bool:
        """Whether the user's file says it of this very node."""
        return any(name in self._of.get(each, {}) for each in (node, *called))

    @property
    def used(self) -> tuple[Assumed, ...]:
        """What was taken, in the order of the assumptions."""
        order = list(DEFAULTS)
        return tuple(
            Assumed(assumption=DEFAULTS[name], value=value, of=tuple(nodes), given=given)
            for (name, value, given), nodes in sorted(
                self._used.items(), key=lambda used: (order.index(used[0][0]), used[0][1:])
            )
        )


# Assumptions, or what replaces some of them; None for what stands beside the scenario.
Given = Assumptions | Path | str | Mapping[str, object] | None


def assumptions_for(scenario: Scenario, given: Given) -> Assumptions:
    """Returns what is assumed under a scenario.

    Args:
        scenario: Whose traffic it is.
        given: Assumptions, or what replaces some of them. Default: what stands in `assumed.yml`
            beside the scenario, if that is there.

    Raises:
        HinagataError: They are not written as such.
    """
    if isinstance(given, Assumptions):
        return given
    beside = scenario.file.parent / BESIDE
    return Assumptions(beside if given is None and beside.is_file() else given)


def _number(name: str, value: Written) -> float:
    assumption = DEFAULTS[name]
    number = measured(value)
    if not assumption.least <= number <= assumption.most:
        value.fail(expected=f"a number from {assumption.least:g} to {assumption.most:g}")
    return number
