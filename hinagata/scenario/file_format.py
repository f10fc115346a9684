"""The format of the scenario file: every field, what may stand in it, and what it is for.

The one source of both the reader and the published schema (`scenario.schema.json`).
Bounds keep out what is surely a slip; their reasons stand beside them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hinagata.scenario import units
from hinagata.scenario.document import Value
from hinagata.scenario.fault import KINDS, Fault, FaultKind, Inject, Moment
from hinagata.scenario.form import (
    Field,
    Form,
    Record,
    also,
    choice,
    either,
    list_of,
    mapping_of,
    names,
    number,
    quantity,
    record,
    text,
    variants,
    whole,
)
from hinagata.scenario.key import PLACEHOLDER, HotKey, Key, Uniform, Zipf
from hinagata.scenario.model import (
    BacklogExpectation,
    CountExpectation,
    EveryStored,
    Expectations,
    LaptopShare,
    LatencyExpectation,
    LatestStored,
    NewestStored,
    Put,
    Request,
    ServiceTime,
    Source,
    TraceExpectation,
)
from hinagata.scenario.other_files import read_body, read_trace
from hinagata.scenario.rate import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    RampRate,
)
from hinagata.suggestion import suggest

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

# A year: no scenario is longer, nor anything in it.
_LONGEST = (366 * 86400.0, "366d")
# More than any service of AWS takes from one customer.
_FASTEST = (1e9, "1000000000/s")
# Several for each person on Earth.
_MOST_VALUES = 100_000_000_000
# What one machine sends, keeps and accounts for; beyond it, load comes from several.
_MOST_MESSAGES = 10_000_000
_FASTEST_LAPTOP = (100_000.0, "100000/s")
# More invocations at once than AWS grants.
_MOST_AT_ONCE = 1_000_000

_NAME = "[A-Za-z_][A-Za-z0-9_-]{0,63}"
_NAME_EXPECTED = "a name of letters, digits, - and _"
_KEY_NAME = "[A-Za-z_][A-Za-z0-9_]{0,63}"
_KEY_NAME_EXPECTED = "a name of letters, digits and _"
# Ids of constructs may hold anything but a slash; what is between them is a path of several.
_NODE = r"[!-~]([ -~]{0,254}[!-~])?"
_NODE_EXPECTED = "the id of a construct"
_PATH = "/[!-~]*"
_EVENT = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_EVENT_EXPECTED = "the type of an event, as device.report"


def _duration(*, positive: bool = False) -> Form[float]:
    return quantity(
        units.seconds,
        units.DURATION_PATTERN,
        expected=units.DURATION_EXPECTED,
        positive=positive,
        at_most=_LONGEST,
    )


def _rate_of(*, positive: bool = True, at_most: tuple[float, str] = _FASTEST) -> Form[float]:
    return quantity(
        units.per_second,
        units.RATE_PATTERN,
        expected=units.RATE_EXPECTED,
        positive=positive,
        at_most=at_most,
    )


_TIME_OF_DAY = quantity(
    units.seconds_of_day,
    units.TIME_OF_DAY_PATTERN,
    expected=units.TIME_OF_DAY_EXPECTED,
    at_most=_LONGEST,
)
_NODE_NAME = text(pattern=_NODE, expected=_NODE_EXPECTED)
_FILE = {"type": "string", "minLength": 1}


RATE = variants(
    "shape",
    {
        "constant": record(
            ConstantRate, {"rate": Field(_rate_of(), "Messages in a time, as 100/s.", "per_second")}
        ),
        "ramp": record(
            RampRate,
            {
                "from": Field(
                    _rate_of(positive=False), "The rate until the ramp begins.", "from_per_second"
                ),
                "to": Field(
                    _rate_of(positive=False), "The rate once it has ended.", "to_per_second"
                ),
                "over": Field(_duration(positive=True), "How long the ramp takes.", "over_seconds"),
                "start": Field(
                    _duration(), "When it begins. Default: 0s.", "start_seconds", required=False
                ),
            },
        ),
        "diurnal": record(
            DiurnalRate,
            {
                "peak": Field(_rate_of(), "The highest rate of the day.", "peak_per_second"),
                "peak_over_trough": Field(
                    number(at_least=1, at_most=1_000_000),
                    "How many times the lowest rate of the day the highest one is.",
                    "peak_over_trough",
                ),
                "peak_at": Field(_TIME_OF_DAY, "When it is highest, as 08:00.", "peak_at_seconds"),
            },
        ),
        "burst": record(
            BurstRate,
            {
                "base": Field(
                    _rate_of(positive=False), "The rate outside bursts.", "base_per_second"
                ),
                "peak": Field(_rate_of(), "The rate in a burst.", "peak_per_second"),
                "at": Field(_duration(), "When the first burst begins.", "at_seconds"),
                "for": Field(_duration(positive=True), "How long each lasts.", "for_seconds"),
                "every": Field(
                    _duration(positive=True),
                    "From one beginning to the next. Default: there is one burst.",
                    "every_seconds",
                    required=False,
                ),
            },
        ),
        "trace": record(
            lambda trace: trace,
            {
                "file": Field(
                    Form(lambda value: read_trace(value, fastest=_FASTEST[0]), _FILE),
                    "A CSV file with the columns seconds and per_second.",
                    "trace",
                )
            },
        ),
        "users": record(
            ClosedLoopRate,
            {
                "users": Field(
                    whole(at_least=1, at_most=_MOST_VALUES), "How many there are.", "users"
                ),
                "think_time": Field(
                    _duration(positive=True),
                    "How long each waits after an answer.",
                    "think_seconds",
                ),
            },
        ),
    },
    kind="shape",
    summary="The shape of the traffic over time.",
)

_CARDINALITY = Field(
    whole(at_least=1, at_most=_MOST_VALUES), "How many values there are.", "cardinality"
)
KEY = variants(
    "distribution",
    {
        "uniform": record(
            lambda cardinality: Key(cardinality=cardinality, distribution=Uniform()),
            {"cardinality": _CARDINALITY},
        ),
        "zipf": record(
            lambda cardinality, skew: Key(cardinality=cardinality, distribution=Zipf(skew=skew)),
            {
                "cardinality": _CARDINALITY,
                "skew": Field(
                    number(at_most=10), "The k-th value comes as 1 / k to this power.", "skew"
                ),
            },
        ),
        "hot_key": record(
            lambda cardinality, hot_share: Key(
                cardinality=cardinality, distribution=HotKey(hot_share=hot_share)
            ),
            {
                "cardinality": _CARDINALITY,
                "hot_share": Field(
                    number(at_most=1), "The share of messages that one value has.", "hot_share"
                ),
            },
        ),
    },
    kind="distribution",
    summary="How often each value comes. Default: uniform.",
    default="uniform",
)

_REQUEST = record(
    Request,
    {
        "method": Field(choice(METHODS, kind="method"), "The HTTP method.", "method"),
        "path": Field(
            text(pattern=_PATH, expected="a path that begins with /, without spaces"),
            "The path, with {name} where the value of a key goes.",
            "path",
        ),
        "body": Field(
            Form(read_body, _FILE),
            "A file with the JSON object to send; its fields named like keys take their values.",
            "body",
            required=False,
        ),
    },
)

_PUT = record(
    Put,
    {
        "event": Field(
            text(pattern=_EVENT, expected=_EVENT_EXPECTED),
            "What happened: the type of the event that the sender puts there itself.",
            "event",
        ),
        "source": Field(
            text(pattern=_PATH, expected="a path that begins with /, without spaces"),
            "Where: the event's source, with {name} where the value of a key goes.",
            "path",
        ),
        "body": Field(
            Form(read_body, _FILE),
            "A file with the event's data; its fields named like keys take their values.",
            "body",
        ),
        "ordered_by": Field(
            text(pattern=_KEY_NAME, expected=_KEY_NAME_EXPECTED),
            "The key whose events stay in order. Default: none do.",
            "ordered_by",
            required=False,
        ),
    },
)


def _laptop_share(messages: int, per_second: float, keys: int = 0) -> LaptopShare:
    return LaptopShare(messages=messages, per_second=per_second, keys=keys)


_LAPTOP_SHARE = record(
    _laptop_share,
    {
        "messages": Field(
            whole(at_least=1, at_most=_MOST_MESSAGES), "How many messages.", "messages"
        ),
        "rate": Field(
            _rate_of(at_most=_FASTEST_LAPTOP),
            "How fast, whether or not they are answered.",
            "per_second",
        ),
        "keys": Field(
            whole(at_least=1, at_most=_MOST_MESSAGES),
            "How many different values each key takes. Default: as many as there can be.",
            "keys",
            required=False,
        ),
    },
)


def _source(**fields: Any) -> Source:
    """Return a source that does not know its name yet."""
    keys, run = fields.pop("keys", {}), fields.pop("run")
    most = min((key.cardinality for key in keys.values()), default=run.messages)
    count = run.keys or min(run.messages, most)
    return Source(name="", keys=keys, run=replace(run, keys=count), **fields)


def _source_fits(value: Value, source: Source) -> None:
    put = isinstance(source.request, Put)
    path = value.at("request", "source" if put else "path")
    if isinstance(source.request, Put) and source.request.ordered_by is not None:
        ordered_by = source.request.ordered_by
        if ordered_by not in source.keys:
            value.at("request", "ordered_by").fail(
                found=f"{ordered_by}, which is no key", expected=suggest(ordered_by, source.keys)
            )
    for name in PLACEHOLDER.findall(source.request.path):
        if name not in source.keys:
            path.fail(found=f"{{{name}}}, which is no key", expected=suggest(name, source.keys))
    if re.search("[{}]", PLACEHOLDER.sub("", source.request.path)):
        path.fail(expected="each { with its }, around the name of a key")
    most = min((key.cardinality for key in source.keys.values()), default=source.run.keys)
    if source.run.keys > most:
        value.at("run", "keys").fail(expected=f"at most the cardinality of the keys, {most}")


_SOURCE = also(
    record(
        _source,
        {
            "entry": Field(
                _NODE_NAME,
                "What takes them: a load balancer, an API; for events a stream or a queue.",
                "entry",
            ),
            "request": Field(
                either({"event": _PUT}, _REQUEST),
                "What is sent: a request, or an event that is put into a stream or a queue.",
                "request",
            ),
            "rate": Field(RATE, "How often, in the scenario's time.", "rate"),
            "reaches": Field(
                names(kind="hop"),
                "The hops at which each message must end up processed, in the flow's order.",
                "reaches",
            ),
            "run": Field(_LAPTOP_SHARE, "What `hinagata run` sends of it.", "run"),
            "keys": Field(
                mapping_of(KEY, kind="key", pattern=_KEY_NAME, expected=_KEY_NAME_EXPECTED),
                "The names that vary from message to message.",
                "keys",
                required=False,
            ),
        },
    ),
    _source_fits,
)

_SERVICE_TIME = record(
    ServiceTime,
    {
        "mean": Field(_duration(positive=True), "The mean, of one message.", "mean_seconds"),
        "cv": Field(
            number(at_most=100),
            "The standard deviation over the mean. Default: 1.",
            "cv",
            required=False,
        ),
        "cold_start": Field(
            _duration(),
            "What the first message of a new environment waits. Default: 0s.",
            "cold_start_seconds",
            required=False,
        ),
    },
)

_COUNT = whole(at_most=_MOST_MESSAGES)


def _latencies(percent: int) -> Field:
    form = record(
        LatencyExpectation,
        {
            "from": Field(text(), "A source.", "source"),
            "to": Field(text(), "A hop that it reaches.", "hop"),
            "at_most": Field(
                _duration(positive=True),
                "From the sending to the end of the hop's work.",
                "at_most_seconds",
            ),
            "run": Field(
                record(
                    lambda at_most_seconds: at_most_seconds,
                    {
                        "at_most": Field(
                            _duration(positive=True), "On this machine.", "at_most_seconds"
                        )
                    },
                ),
                "How long in a run. Default: the same.",
                "run_at_most_seconds",
                required=False,
            ),
        },
    )
    return Field(
        list_of(form),
        f"How long {percent} of 100 messages may take.",
        f"p{percent}",
        required=False,
    )


def _counts(into: str, summary: str, *, node: str = "hop", meaning: str = "A hop.") -> Field:
    form = record(
        CountExpectation,
        {
            node: Field(_NODE_NAME, meaning, "node"),
            "at_least": Field(
                _COUNT, "How often at least. Default: 0.", "at_least", required=False
            ),
            "at_most": Field(
                _COUNT, "How often at most. Default: any number.", "at_most", required=False
            ),
        },
    )
    return Field(list_of(also(form, _count_fits)), summary, into, required=False)


def _count_fits(value: Value, expectation: CountExpectation) -> None:
    if "at_most" not in value.entries() and "at_least" not in value.entries():
        value.fail(found="neither at_least nor at_most", expected="one of them, or both")
    if expectation.at_most is not None and expectation.at_least > expectation.at_most:
        value.at("at_least").fail(expected=f"no more than at_most, {expectation.at_most}")


def _backlog_fits(value: Value, expectation: BacklogExpectation) -> None:
    if expectation.run_at_seconds is not None and expectation.at_seconds is None:
        value.at("run").fail(found="a time for runs alone", expected="the field at beside it")


_ATTRIBUTES = mapping_of(
    text(),
    kind="attribute",
    pattern=_KEY_NAME,
    expected=_KEY_NAME_EXPECTED,
    at_least_one=True,
)
_HELD = mapping_of(
    text(),
    kind="attribute",
    pattern=rf"{_KEY_NAME}(\.{_KEY_NAME})*",
    expected=f"{_KEY_NAME_EXPECTED}, or such names with dots between them",
    at_least_one=True,
)

_EXPECTATIONS = record(
    Expectations,
    {
        "refused": Field(
            _COUNT,
            "How many messages may not be taken at their entry, however often they are sent.",
            "refused",
            required=False,
        ),
        "lost": Field(
            _COUNT,
            "How many accepted messages may be neither processed nor dead-lettered.",
            "lost",
            required=False,
        ),
        "dead_lettered": Field(
            _COUNT,
            "How many messages may lie in dead-letter queues.",
            "dead_lettered",
            required=False,
        ),
        "p50": _latencies(50),
        "p95": _latencies(95),
        "p99": _latencies(99),
        "throttled": _counts(
            "throttled",
            "How often something may be refused for want of capacity.",
            node="node",
            meaning="A hop, or the entry of a source.",
        ),
        "processed": _counts("processed", "How many messages a hop must be done with."),
        "duplicates": _counts("duplicates", "How often a hop may process a message again."),
        "dead_letters": _counts("dead_letters", "How many dead letters a hop may leave."),
        "backlog": Field(
            list_of(
                also(
                    record(
                        BacklogExpectation,
                        {
                            "node": Field(_NODE_NAME, "A hop or a queue.", "node"),
                            "at_most": Field(
                                _COUNT, "How many messages may wait or be worked on.", "at_most"
                            ),
                            "at": Field(
                                _duration(),
                                "When, in the scenario's time. Default: at all times.",
                                "at_seconds",
                                required=False,
                            ),
                            "run": Field(
                                record(
                                    lambda at_seconds: at_seconds,
                                    {
                                        "at": Field(
                                            _duration(), "After the first message.", "at_seconds"
                                        )
                                    },
                                ),
                                "When in a run. Default: as in the scenario's time.",
                                "run_at_seconds",
                                required=False,
                            ),
                        },
                    ),
                    _backlog_fits,
                )
            ),
            "How many messages may be at a hop or in a queue.",
            "backlog",
            required=False,
        ),
        "traced": Field(
            list_of(
                record(
                    TraceExpectation,
                    {
                        "from": Field(text(), "A source.", "source"),
                        "to": Field(text(), "A hop that it reaches.", "hop"),
                    },
                )
            ),
            "Where the trace of each message must lead in one piece.",
            "traced",
            required=False,
        ),
        "stored": Field(
            list_of(
                either(
                    {
                        "every": record(
                            EveryStored,
                            {
                                "table": Field(_NODE_NAME, "The table.", "table"),
                                "every": Field(
                                    text(), "A source, each of whose messages is stored.", "source"
                                ),
                                "id": Field(
                                    text(), "The attribute with the message's id.", "id_attribute"
                                ),
                            },
                        ),
                        "latest_of": record(
                            LatestStored,
                            {
                                "table": Field(_NODE_NAME, "The table.", "table"),
                                "latest_of": Field(
                                    text(), "A source, whose newest word is stored.", "source"
                                ),
                                "where": Field(
                                    _ATTRIBUTES,
                                    "The item that a message is about: its key, with {name}.",
                                    "where",
                                ),
                                "holds": Field(
                                    _HELD,
                                    "What the item then holds, with {name}: an attribute, or what "
                                    "is in its JSON, as event.data.item.",
                                    "holds",
                                ),
                                "since": Field(
                                    text(),
                                    "The attribute with the id of the message that brought it, "
                                    "not of one that said it again.",
                                    "id_attribute",
                                    required=False,
                                ),
                            },
                        ),
                    },
                    otherwise=record(
                        NewestStored,
                        {
                            "table": Field(_NODE_NAME, "The table.", "table"),
                            "key": Field(text(), "The attribute to look up by: a key.", "key"),
                            "newest_from": Field(
                                names(kind="source"),
                                "The sources whose newest message is stored.",
                                "sources",
                            ),
                            "id": Field(
                                text(), "The attribute with the message's id.", "id_attribute"
                            ),
                        },
                    ),
                )
            ),
            "What tables must hold in the end.",
            "stored",
            required=False,
        ),
    },
)


def _fault_fields(kind: FaultKind) -> dict[str, Field]:
    at = Field(_duration(), "When it begins, in the scenario's time.", "at_seconds")
    lasts = Field(_duration(positive=True), "How long it lasts.", "for_seconds")
    moment = {"at": replace(at, summary="When it begins, after the first message.")}
    fields = {"at": at}
    if kind.target is not None:
        fields["on"] = Field(_NODE_NAME, f"A {kind.target.value}.", "target")
    if kind.lasts:
        moment["for"] = fields["for"] = lasts
    if kind.share_of:
        fields["rate"] = Field(
            number(at_most=1, positive=True),
            f"The share of {kind.share_of} that it hits. Default: 1, all of them.",
            "rate",
            required=False,
        )
    if kind.delayed:
        fields["delay"] = Field(
            _duration(positive=True), "How much later the answer comes.", "delay_seconds"
        )
    if kind.limited:
        fields["limit"] = Field(
            whole(at_most=_MOST_AT_ONCE), "How many functions the account runs at once.", "limit"
        )
    fields["run"] = Field(
        record(Moment, moment),
        "When `hinagata run` injects it. Default: as in the scenario's time.",
        "run",
        required=False,
    )
    return fields


def _fault(**fields: Any) -> Fault:
    return Fault(inject=Inject(fields.pop("inject")), **fields)


FAULT: Form[Fault] = variants(
    "inject",
    {inject.value: record(_fault, _fault_fields(kind)) for inject, kind in KINDS.items()},
    kind="fault",
    summary="What happens.",
    into="inject",
)
"""One fault, as it may be given beside a file."""

_RUN: Record[dict[str, Any]] = record(
    dict,
    {
        "deadline": Field(
            _duration(positive=True),
            "How long to wait for results after the last message. Default: 60s.",
            "deadline_seconds",
            required=False,
        ),
        "warm_up": Field(
            whole(at_most=_MOST_MESSAGES),
            "How many messages of each source start everything up, before the rest. Default: 0.",
            "warm_up",
            required=False,
        ),
        "uncapped": Field(
            names(kind="hop"),
            "Functions whose cap on concurrency is taken off, to see what it is for.",
            "uncapped",
            required=False,
        ),
    },
)


SCENARIO: Record[dict[str, Any]] = record(
    dict,
    {
        "name": Field(text(), "What the scenario is called.", "name"),
        "sources": Field(
            mapping_of(
                _SOURCE,
                kind="source",
                pattern=_NAME,
                expected=_NAME_EXPECTED,
                at_least_one=True,
            ),
            "The messages that come from outside, by a name for each kind.",
            "sources",
        ),
        "seed": Field(
            whole(at_most=2**63 - 1),
            "What every random draw derives from. Default: 0.",
            "seed",
            required=False,
        ),
        "duration": Field(
            _duration(positive=True),
            "The scenario's time; a run ignores it. Default: 24h.",
            "duration_seconds",
            required=False,
        ),
        "service_times": Field(
            mapping_of(_SERVICE_TIME, kind="hop", pattern=_NODE, expected=_NODE_EXPECTED),
            "How long each hop works on a message.",
            "service_times",
            required=False,
        ),
        "outside": Field(
            mapping_of(
                text(pattern=_KEY_NAME, expected="the name of an environment variable"),
                kind="name",
                pattern=_NAME,
                expected=_NAME_EXPECTED,
            ),
            "What handlers call outside of the architecture, and the variable with its URL.",
            "outside",
            required=False,
        ),
        "faults": Field(list_of(FAULT), "What goes wrong meanwhile.", "faults", required=False),
        "expect": Field(
            _EXPECTATIONS, "What must hold in the end.", "expectations", required=False
        ),
        "run": Field(_RUN, "How `hinagata run` plays it.", "run", required=False),
    },
)
"""The whole file, as the arguments of a `Scenario`; `run` holds those of its own."""
