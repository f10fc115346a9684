"""What a sample will not show on the embedded endpoint, told from its templates."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.gaps import GAPS, gaps_of, touched
from hinagata.lab.patches import PATCHES
from hinagata.lab.stubs import stubs_on_embedded
from hinagata.topology.reading import topology_of
from tests.readme import REPOSITORY


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a type."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def names(**resources: Any) -> set[str]:
    """The gaps that a template of these resources touches."""
    return {gap.name for gap in gaps_of(topology_of(Shop={"Resources": resources}))}


def test_a_queue_alone_touches_no_gap() -> None:
    """What behaves as on AWS is not listed."""
    assert names(Queue=resource("SQS::Queue")) == set()


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("SQS::Queue", {"FifoQueue": True}, {"fifo-parallelism"}),
        ("SQS::Queue", {"FifoQueue": False}, set()),
        ("SQS::Queue", {"FifoQueue": {"Fn::ImportValue": "x"}}, {"fifo-parallelism"}),
        ("SNS::Subscription", {"Protocol": "lambda"}, {"invocation-permission"}),
        ("SNS::Subscription", {"Protocol": "sqs"}, set()),
        (
            "Lambda::EventSourceMapping",
            {"StartingPosition": "LATEST", "ParallelizationFactor": 10},
            {"stream-parallelism", "delivery-roles"},
        ),
        ("Lambda::EventSourceMapping", {"ParallelizationFactor": 1}, {"delivery-roles"}),
        ("Lambda::EventSourceMapping", {"MaximumBatchingWindowInSeconds": 5}, {"delivery-roles"}),
        (
            "Lambda::EventSourceMapping",
            {"StartingPosition": "LATEST", "MaximumBatchingWindowInSeconds": 5},
            {"stream-windows", "delivery-roles"},
        ),
        ("CloudWatch::Alarm", {"Namespace": "AWS/SQS", "MetricName": "x"}, set()),
        ("CloudWatch::Alarm", {"Namespace": "AWS/States", "MetricName": "x"}, {"other-metrics"}),
        ("CloudWatch::Alarm", {"Metrics": [{"Id": "e"}]}, {"metric-math"}),
        ("WAFv2::WebACL", {}, {"firewall"}),
        ("SNS::Topic", {}, set()),
        ("SNS::Topic", {"DeliveryStatusLogging": [{"Protocol": "sqs"}]}, {"delivery-status"}),
        ("SNS::Subscription", {"Protocol": "firehose"}, {"subscribed-delivery-stream"}),
    ],
)
def test_a_gap_is_told_by_types_and_properties(
    kind: str, properties: dict[str, Any], expected: set[str]
) -> None:
    """A value that cannot be known before the deployment may be one that counts."""
    assert names(R=resource(kind, **properties)) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("SQS::Queue", set()),
        ("Logs::LogGroup", {"rule-targets"}),
        ("IAM::Role", {"delivery-roles"}),
    ],
)
def test_a_gap_is_told_by_what_a_property_names(target: str, expected: set[str]) -> None:
    """A rule is in no gap but the one of all rules, unless its targets name what is in one."""
    targets = [{"Id": "t", "Arn": {"Fn::GetAtt": ["T", "Arn"]}}]
    rule = resource("Events::Rule", Targets=targets)

    assert names(R=rule, T=resource(target)) == {"invocation-permission", *expected}


def test_a_gap_names_the_resources_that_it_is_about() -> None:
    """Those that touch it, and not others of their type."""
    topology = topology_of(
        Shop={
            "Resources": {
                "Ordered": resource("SQS::Queue", FifoQueue=True),
                "Plain": resource("SQS::Queue"),
            }
        }
    )
    gap = next(gap for gap in GAPS if gap.name == "fifo-parallelism")

    assert [node.name for node in touched(gap, topology)] == ["Ordered"]


def assembly(folder: Path, template: dict[str, Any]) -> Any:
    """An assembly of one stack, as its reader gives it."""
    from hinagata.assembly.cloud_assembly import CloudAssembly

    (folder / "Shop.template.json").write_text(json.dumps(template))
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Shop.template.json"},
    }
    manifest = {"version": "36.0.0", "artifacts": {"Shop": artifact}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return CloudAssembly.read(folder)


TEMPLATE = {
    "Resources": {
        "Queue": resource("SQS::Queue", FifoQueue=True),
        "Ip": resource("EC2::EIP"),
        "Own": {"Type": "Custom::Own", "Properties": {"ServiceToken": "arn"}},
    }
}


def test_stand_ins_are_known_before_anything_is_started(tmp_path: Path) -> None:
    """The emulator's own code says which types it knows."""
    [stack] = assembly(tmp_path, TEMPLATE).stacks

    assert [(stub.logical_id, stub.reason) for stub in stubs_on_embedded(stack)] == [
        ("Ip", "the endpoint does not know AWS::EC2::EIP")
    ]


def listed(folder: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> str:
    """What `hinagata run --list-gaps shop` writes."""
    from hinagata.lab import list_gaps
    from hinagata.samples import Sample

    made = assembly(folder, TEMPLATE)
    monkeypatch.setattr(list_gaps, "synthesize", lambda project: made)
    sample = Sample(name="shop", title="", summary="", talk="", stack="Shop", scenario="")
    stream = io.StringIO()
    list_gaps.list_gaps(sample, project=folder, stream=stream, format=format)
    return stream.getvalue()


def test_the_list_is_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out and why, then what is otherwise and for which resources."""
    text = listed(tmp_path, monkeypatch, "text")

    assert "left out, for a stand-in that does nothing: 1" in text
    assert "SQS: a FIFO queue's groups" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_list_is_for_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as one document, each gap with the test that shows it."""
    document = json.loads(listed(tmp_path, monkeypatch, "json"))

    assert [stub["logical_id"] for stub in document["stubs"]] == ["Ip"]
    [gap] = document["gaps"]
    assert gap["resources"] == ["Queue"]
    assert gap["shown_by"] == "test_groups_of_a_fifo_queue_wait_for_each_other"


def test_the_page_has_every_patch_and_every_gap() -> None:
    """docs/gaps.md lists what the endpoint says of itself, no more and no less."""
    page = (REPOSITORY / "docs/gaps.md").read_text(encoding="utf-8")
    patches = "".join(f"| `{patch.name}` | {patch.promise} |\n" for patch in PATCHES)
    gaps = "".join(f"| {gap.service} | {gap.wrong} | `{gap.test}` |\n" for gap in GAPS)

    assert f"| patch | with it |\n|---|---|\n{patches}\n" in page
    assert page.endswith(f"| service | what is otherwise | test |\n|---|---|---|\n{gaps}")


def test_gaps_have_names_of_their_own() -> None:
    """A result can tell them apart."""
    assert len({gap.name for gap in GAPS}) == len(GAPS)
