"""What a scenario names is held against the architecture, before anything is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.errors import HinagataError
from hinagata.lab.hold import hold
from hinagata.lab.run import run
from hinagata.samples import Sample
from hinagata.scenario import ScenarioError
from hinagata.scenario.fault import KINDS
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, read


def function(name: str) -> dict[str, Any]:
    """Return a function that calls itself so."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": name}}},
    }


RESOURCES: Mapping[str, Any] = {
    "Gateway": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    "Task": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "ContainerDefinitions": [
                {"Environment": [{"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gateway"}]}
            ]
        },
    },
    "Api": {"Type": "AWS::ApiGateway::RestApi"},
    "ApiFunction": function("Api"),
    "IngestFunction": function("Ingest"),
    "Queue": {"Type": "AWS::SQS::Queue"},
    "State": {"Type": "AWS::DynamoDB::Table"},
    "Mailbox": {"Type": "AWS::DynamoDB::Table"},
}


def topology(**more: Any) -> Topology:
    """Return the topology of what the scenarios speak of, and of more resources."""
    return topology_of(Car={"Resources": {**RESOURCES, **more}})


@pytest.mark.parametrize("text", [SCENARIO, WHOLE], ids=["small", "whole"])
def test_what_is_all_there_is_held(text: str, tmp_path: Path) -> None:
    """Entries, hops, tables, and the targets of every fault."""
    hold(read(tmp_path, text), topology())


MISTAKES = {
    "an entry": (
        "entry: Gateway",
        "entry: Gatewey",
        "6: sources.cars.entry",
        '"Gatewey"',
        "load balancer or API: one of Gateway, Api (did you mean Gateway?)",
    ),
    "a hop": (
        "reaches: [Gateway, Ingest]",
        "reaches: [Gateway, Ingest, Ingset]",
        "10: sources.cars.reaches[2]",
        '"Ingset"',
        "hop: one of Api, Ingest, Gateway (did you mean Ingest?)",
    ),
    "a hop in another line": (
        "reaches: [Gateway, Ingest]",
        "reaches:\n      - Gateway\n      - Ingest\n      - Ingset",
        "13: sources.cars.reaches[2]",
        '"Ingset"',
        "hop: one of Api, Ingest, Gateway (did you mean Ingest?)",
    ),
    "a service time": (
        "  Ingest: {mean: 40ms",
        "  Injest: {mean: 40ms",
        "19: service_times.Injest",
        '"Injest"',
        "hop: one of Api, Ingest, Gateway (did you mean Ingest?)",
    ),
    "a table": (
        "table: Mailbox",
        "table: Mailbix",
        "26: expect.stored[1].table",
        '"Mailbix"',
        "table: one of State, Mailbox (did you mean Mailbox?)",
    ),
    "a queue for a table": (
        "table: Mailbox",
        "table: Queue",
        "26: expect.stored[1].table",
        '"Queue"',
        "table: one of State, Mailbox",
    ),
    "a function for a container": (
        "run: {deadline: 30s, warm_up: 2}",
        "faults:\n  - {inject: kill_task, on: Ingest, at: 1m}",
        "28: faults[0].on",
        '"Ingest"',
        "container: Gateway",
    ),
    "a table for a channel": (
        "run: {deadline: 30s, warm_up: 2}",
        "faults: [{inject: duplicate, on: State, at: 1m, for: 5m}]",
        "27: faults[0].on",
        '"State"',
        "queue, topic, stream or bus: Queue",
    ),
    "a container for a function without its cap": (
        "run: {deadline: 30s, warm_up: 2}",
        "run: {uncapped: [Gateway]}",
        "27: run.uncapped[0]",
        '"Gateway"',
        "function: one of Api, Ingest",
    ),
}


@pytest.mark.parametrize(
    ("right", "wrong", "place", "found", "expected"), MISTAKES.values(), ids=MISTAKES
)
def test_fails_with_the_line_of_what_is_not_there(
    right: str, wrong: str, place: str, found: str, expected: str, tmp_path: Path
) -> None:
    """What is there is listed, and the nearest of it suggested."""
    assert right in SCENARIO
    scenario = read(tmp_path, SCENARIO.replace(right, wrong, 1))

    with pytest.raises(ScenarioError) as failure:
        hold(scenario, topology())

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:{place}: found {found}, which the architecture does not have; "
        f"expected the name of a {expected}"
    )


@pytest.mark.parametrize(
    "index", [index for index, kind in enumerate(KINDS.values()) if kind.target is not None]
)
def test_fails_for_a_fault_on_what_is_not_there(index: int, tmp_path: Path) -> None:
    """Every kind of fault looks for its target."""
    lines = WHOLE.splitlines()
    first = lines.index("faults:") + 1
    lines[first + index] = lines[first + index].replace(", on: ", ", on: Un")

    with pytest.raises(ScenarioError) as failure:
        hold(read(tmp_path, "\n".join(lines)), topology())

    assert (failure.value.line, failure.value.field) == (
        first + index + 1,
        f"faults[{index}].on",
    )


@pytest.mark.parametrize(
    ("right", "field"),
    [
        ("throttled: [{node: Api", "expect.throttled[0].node"),
        ("processed: [{hop: Api", "expect.processed[0].hop"),
        ("duplicates: [{hop: Api", "expect.duplicates[0].hop"),
        ("dead_letters: [{hop: Ingest", "expect.dead_letters[0].hop"),
        ("- {node: Queue, at_most", "expect.backlog[1].node"),
    ],
)
def test_fails_for_an_expectation_at_what_is_not_there(
    right: str, field: str, tmp_path: Path
) -> None:
    """A count of nothing would always be nought, and good."""
    wrong = right.replace("Queue", "Queux") if "Queue" in right else f"{right}x"
    assert right in WHOLE

    with pytest.raises(ScenarioError) as failure:
        hold(read(tmp_path, WHOLE.replace(right, wrong, 1)), topology())

    assert failure.value.field == field


def test_other_stacks_do_not_count(tmp_path: Path) -> None:
    """An app may hold other samples, of which a run deploys nothing."""
    with pytest.raises(ScenarioError, match=r"entry: found .*one that exists, but there are none"):
        hold(read(tmp_path), topology(), stacks=["Lake"])


def test_fails_for_faults_on_an_endpoint_that_is_not_embedded(tmp_path: Path) -> None:
    """Nothing can be injected there; and to leave them out without a word would be a lie."""
    sample = Sample(name="car", title="", summary="", talk="", stack="Car", scenario="small")

    with pytest.raises(HinagataError) as failure:
        run(
            sample,
            read(tmp_path, WHOLE),
            project=tmp_path,
            show=lambda _: None,
            endpoint_url="http://127.0.0.1:9",
        )

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml: its faults are injected into the embedded endpoint, and "
        "http://127.0.0.1:9 is another: leave out --endpoint, or the faults"
    )


def test_a_scenario_that_does_not_fit_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused between synthesis and deployment: no folder, no endpoint."""
    assembly = tmp_path / "cdk.out"
    assembly.mkdir()
    (assembly / "manifest.json").write_text(
        '{"version": "53.0.0", "artifacts": {"Car": {"type": "aws:cloudformation:stack", '
        '"properties": {"templateFile": "Car.json"}}}}'
    )
    (assembly / "Car.json").write_text('{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}')
    scenario = read(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(
        "hinagata.lab.run.synthesize", lambda *_, **__: CloudAssembly.read(assembly)
    )
    sample = Sample(name="car", title="", summary="", talk="", stack="Car", scenario="small")

    with pytest.raises(HinagataError, match=r"small\.yaml:6: sources\.cars\.entry: found"):
        run(sample, scenario, project=tmp_path, show=lambda _: None)

    assert sorted(tmp_path.rglob("*")) == before
