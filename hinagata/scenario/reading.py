"""From a scenario file to a scenario: every field checked, and every refusal with its line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from hinagata.errors import UsageError
from hinagata.scenario.document import Value, read_document
from hinagata.scenario.file_format import SCENARIO
from hinagata.scenario.key import PLACEHOLDER
from hinagata.scenario.model import Scenario
from hinagata.scenario.rate import BurstRate, RampRate
from hinagata.suggestion import suggest

FOLDER = "scenarios"


def find_scenario(name: str, *, project: Path, sample: str | None = None) -> Path:
    """Return the file of a scenario that is given by its name or by its file.

    Args:
        name: a file (anything with a slash or a YAML suffix), or the name of a scenario.
        project: the folder with the scenarios.
        sample: the name of the sample whose scenario it is. Default: any.

    Raises:
        UsageError: there is no such scenario, or several samples have one of that name.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    folder = project / FOLDER
    files = sorted(folder.glob(f"{sample or '*'}/*.yaml"))
    found = [file for file in files if file.stem == name]
    if not found:
        raise UsageError(
            f"there is no scenario {name} in {folder / (sample or '')}; expected a file, or "
            f"{suggest(name, dict.fromkeys(file.stem for file in files))}"
        )
    if len(found) > 1:
        raise UsageError(
            f"{name} is a scenario of several samples; expected the file, one of "
            f"{', '.join(map(str, found))}"
        )
    return found[0]


def read_scenario(file: Path, *, project: Path) -> Scenario:
    """Return the scenario of a file.

    Args:
        file: the scenario file.
        project: the folder that request bodies and traces are named from.

    Raises:
        ScenarioError: the file is not a scenario; the message says where and what is expected.
        HinagataError: the file cannot be read.
    """
    document = read_document(file, project=project)
    fields: dict[str, Any] = SCENARIO.read(document)
    fields["sources"] = {
        name: replace(source, name=name) for name, source in fields["sources"].items()
    }
    run = fields.pop("run", {})
    scenario = Scenario(file=file, lines=document.lines(), **fields, **run)
    _check_warm_up(scenario, document)
    _check_times(scenario, document)
    _check_ways(scenario, document)
    _check_stored(scenario, document)
    return scenario


def _check_warm_up(scenario: Scenario, document: Value) -> None:
    fewest = min(source.run.messages for source in scenario.sources.values())
    if scenario.warm_up >= fewest:
        document.at("run", "warm_up").fail(
            expected=f"fewer than the messages of every source, {fewest}"
        )


def _check_times(scenario: Scenario, document: Value) -> None:
    """Refuse bursts that overlap, and what would begin when the scenario is over."""
    end = scenario.duration_seconds
    expected = "a time before the scenario ends, its `duration`"
    for name, source in scenario.sources.items():
        match source.rate:
            case BurstRate(at_seconds=at) if at >= end:
                document.at("sources", name, "rate", "at").fail(expected=expected)
            case BurstRate(every_seconds=float(every), for_seconds=lasts) if every < lasts:
                document.at("sources", name, "rate", "every").fail(
                    expected="at least as long as a burst lasts, its `for`"
                )
            case RampRate(start_seconds=start) if start >= end:
                document.at("sources", name, "rate", "start").fail(expected=expected)
    for index, fault in enumerate(scenario.faults):
        if fault.at_seconds >= end:
            document.at("faults", index, "at").fail(expected=expected)
    for index, expectation in enumerate(scenario.expectations.backlog):
        if (expectation.at_seconds or 0) > end:
            document.at("expect", "backlog", index, "at").fail(expected=expected)


def _check_ways(scenario: Scenario, document: Value) -> None:
    """Refuse an expectation about a source that is none, or about a hop that it does not reach."""
    expectations = scenario.expectations
    for name in ("p50", "p95", "p99", "traced"):
        if not getattr(expectations, name):
            continue
        for value in document.at("expect", name).elements():
            source = value.at("from").one_of(scenario.sources, kind="source")
            hops = scenario.sources[source].reaches
            value.at("to").one_of(hops, kind=f"hop that {source} reaches")


def _check_stored(scenario: Scenario, document: Value) -> None:
    if not scenario.expectations.stored:
        return
    for value in document.at("expect", "stored").elements():
        entries = value.entries()
        if "every" in entries:
            entries["every"].one_of(scenario.sources, kind="source")
            continue
        if "latest_of" in entries:
            source = entries["latest_of"].one_of(scenario.sources, kind="source")
            keys = scenario.sources[source].keys
            for field in ("where", "holds"):
                for text in entries[field].entries().values():
                    _check_placeholders(text, keys)
            continue
        for element in entries["newest_from"].elements():
            source = element.one_of(scenario.sources, kind="source")
            entries["key"].one_of(scenario.sources[source].keys, kind=f"key of {source}")


def _check_placeholders(text: Value, keys: Collection[str]) -> None:
    for name in PLACEHOLDER.findall(text.text()):
        if name not in keys:
            text.fail(found=f"{{{name}}}, which is no key", expected=suggest(name, keys))
