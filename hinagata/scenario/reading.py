"""From a scenario file to a scenario: every field checked, and every refusal with its line."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hinagata.errors import UsageError
from hinagata.scenario.document import Value, read_document
from hinagata.scenario.model import (
    ConstantRate,
    DiurnalRate,
    EveryStored,
    Expectations,
    Key,
    LaptopShare,
    LatencyExpectation,
    NewestStored,
    Rate,
    Request,
    Scenario,
    ServiceTime,
    Source,
    StoredExpectation,
)
from hinagata.scenario.units import per_second, seconds, seconds_of_day
from hinagata.suggestion import suggest

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
DISTRIBUTIONS = ("uniform",)
SHAPES = ("constant", "diurnal")
FOLDER = "scenarios"

# Long enough for a first cold start of every function of a sample on a busy laptop.
DEADLINE_SECONDS = 60.0
DAY_SECONDS = 86400.0

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def find_scenario(name: str, *, sample: str, project: Path) -> Path:
    """Return the file of a scenario that is given by its name or by its file.

    Args:
        name: a file (anything with a slash or a YAML suffix), or the name of one of the sample's
            scenarios.
        sample: the name of the sample.
        project: the folder with the scenarios.

    Raises:
        UsageError: the sample has no such scenario.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    folder = project / FOLDER / sample
    known = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise UsageError(
            f"{sample} has no scenario {name} in {folder}; expected {suggest(name, known)}"
        )
    return known[name]


def read_scenario(file: Path, *, project: Path) -> Scenario:
    """Return the scenario of a file.

    Args:
        file: the scenario file.
        project: the folder that request bodies are named from.

    Raises:
        ScenarioError: the file is not a scenario; the message says where and what is expected.
    """
    document = read_document(file)
    fields = document.fields(
        required=("name", "sources"),
        optional=("seed", "duration", "service_times", "expect", "run"),
    )
    sources = {
        name: _source(name, value, project) for name, value in fields["sources"].entries().items()
    }
    if not sources:
        fields["sources"].fail(found="no source", expected="at least one")
    seed, duration, run = fields.get("seed"), fields.get("duration"), fields.get("run")
    return Scenario(
        name=fields["name"].text(),
        file=file,
        seed=seed.integer() if seed else 0,
        duration_seconds=duration.measure(seconds, positive=True) if duration else DAY_SECONDS,
        sources=sources,
        service_times=_service_times(fields.get("service_times")),
        expectations=_expectations(fields.get("expect"), sources),
        deadline_seconds=_deadline_seconds(run),
        warm_up=_warm_up(run, sources),
    )


def _source(name: str, value: Value, project: Path) -> Source:
    fields = value.fields(
        required=("entry", "request", "rate", "reaches", "run"), optional=("keys",)
    )
    declared = fields.get("keys")
    keys = {key: _key(entry) for key, entry in declared.entries().items()} if declared else {}
    return Source(
        name=name,
        entry=fields["entry"].text(),
        request=_request(fields["request"], keys, project),
        rate=_rate(fields["rate"]),
        keys=keys,
        reaches=fields["reaches"].names(kind="hop"),
        run=_laptop_share(fields["run"], keys),
    )


def _request(value: Value, keys: Iterable[str], project: Path) -> Request:
    fields = value.fields(required=("method", "path"), optional=("body",))
    path = fields["path"].text()
    if not path.startswith("/"):
        fields["path"].fail(expected="a path that begins with /")
    for name in _PLACEHOLDER.findall(path):
        if name not in keys:
            fields["path"].fail(found=f"{{{name}}}, which is no key", expected=suggest(name, keys))
    body = fields.get("body")
    return Request(
        method=fields["method"].one_of(METHODS, kind="method"),
        path=path,
        body=_body(body, project) if body else None,
    )


def _body(value: Value, project: Path) -> Mapping[str, object]:
    expected = f"a JSON object in a file, named from {project}"
    file = project / value.text()
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        value.fail(found=f"{value.text()}, which does not exist", expected=expected)
    except (OSError, ValueError) as error:
        value.fail(found=f"{value.text()}, which cannot be read ({error})", expected=expected)
    if not isinstance(body, dict):
        value.fail(found=f"{value.text()}, which holds something else", expected=expected)
    return body


def _rate(value: Value) -> Rate:
    shape = value.entries().get("shape")
    if shape is None:
        value.fail(found="no shape", expected=f"a shape: {' or '.join(SHAPES)}")
    if shape.one_of(SHAPES, kind="shape") == "constant":
        constant = value.fields(required=("shape", "rate"))
        return ConstantRate(per_second=constant["rate"].measure(per_second, positive=True))
    diurnal = value.fields(required=("shape", "peak", "peak_over_trough", "peak_at"))
    return DiurnalRate(
        peak_per_second=diurnal["peak"].measure(per_second, positive=True),
        peak_over_trough=diurnal["peak_over_trough"].number(at_least=1),
        peak_at_seconds=diurnal["peak_at"].measure(seconds_of_day),
    )


def _key(value: Value) -> Key:
    fields = value.fields(required=("cardinality",), optional=("distribution",))
    distribution = fields.get("distribution")
    return Key(
        cardinality=fields["cardinality"].integer(at_least=1),
        distribution=(
            distribution.one_of(DISTRIBUTIONS, kind="distribution") if distribution else "uniform"
        ),
    )


def _laptop_share(value: Value, keys: Mapping[str, Key]) -> LaptopShare:
    fields = value.fields(required=("messages", "rate"), optional=("keys",))
    messages = fields["messages"].integer(at_least=1)
    most = min((key.cardinality for key in keys.values()), default=messages)
    chosen = fields.get("keys")
    count = chosen.integer(at_least=1) if chosen else min(messages, most)
    if chosen and count > most:
        chosen.fail(expected=f"at most the cardinality of the keys, {most}")
    return LaptopShare(
        messages=messages,
        per_second=fields["rate"].measure(per_second, positive=True),
        keys=count,
    )


def _service_times(value: Value | None) -> dict[str, ServiceTime]:
    return {hop: _service_time(entry) for hop, entry in value.entries().items()} if value else {}


def _service_time(value: Value) -> ServiceTime:
    fields = value.fields(required=("mean",), optional=("cv", "cold_start"))
    cv, cold_start = fields.get("cv"), fields.get("cold_start")
    return ServiceTime(
        mean_seconds=fields["mean"].measure(seconds, positive=True),
        cv=cv.number() if cv else 1.0,
        cold_start_seconds=cold_start.measure(seconds) if cold_start else 0.0,
    )


def _expectations(value: Value | None, sources: Mapping[str, Source]) -> Expectations:
    if value is None:
        return Expectations()
    fields = value.fields(optional=("refused", "lost", "dead_lettered", "p99", "stored"))
    refused, lost = fields.get("refused"), fields.get("lost")
    dead_lettered = fields.get("dead_lettered")
    p99, stored = fields.get("p99"), fields.get("stored")
    return Expectations(
        refused=refused.integer() if refused else None,
        lost=lost.integer() if lost else None,
        dead_lettered=dead_lettered.integer() if dead_lettered else None,
        p99=tuple(_latency(entry, sources) for entry in p99.elements()) if p99 else (),
        stored=tuple(_stored(entry, sources) for entry in stored.elements()) if stored else (),
    )


def _latency(value: Value, sources: Mapping[str, Source]) -> LatencyExpectation:
    fields = value.fields(required=("from", "to", "at_most"))
    source = fields["from"].one_of(sources, kind="source")
    return LatencyExpectation(
        source=source,
        hop=fields["to"].one_of(sources[source].reaches, kind=f"hop that {source} reaches"),
        at_most_seconds=fields["at_most"].measure(seconds, positive=True),
    )


def _stored(value: Value, sources: Mapping[str, Source]) -> StoredExpectation:
    if "every" in value.entries():
        every = value.fields(required=("table", "every", "id"))
        return EveryStored(
            table=every["table"].text(),
            source=every["every"].one_of(sources, kind="source"),
            id_attribute=every["id"].text(),
        )
    newest = value.fields(required=("table", "key", "newest_from", "id"), optional=("every",))
    names = newest["newest_from"].names(sources, kind="source")
    for name in names:
        newest["key"].one_of(sources[name].keys, kind=f"key of {name}")
    return NewestStored(
        table=newest["table"].text(),
        key=newest["key"].text(),
        sources=names,
        id_attribute=newest["id"].text(),
    )


def _deadline_seconds(value: Value | None) -> float:
    if value is None:
        return DEADLINE_SECONDS
    deadline = value.fields(optional=("deadline", "warm_up")).get("deadline")
    return deadline.measure(seconds, positive=True) if deadline else DEADLINE_SECONDS


def _warm_up(value: Value | None, sources: Mapping[str, Source]) -> int:
    entry = value.fields(optional=("deadline", "warm_up")).get("warm_up") if value else None
    if entry is None:
        return 0
    fewest = min(source.run.messages for source in sources.values())
    if (count := entry.integer()) >= fewest:
        entry.fail(expected=f"fewer than the messages of every source, {fewest}")
    return count
