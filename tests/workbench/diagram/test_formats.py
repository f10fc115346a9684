"""The formats that are text: outline, Mermaid, dot and JSON."""

from __future__ import annotations

import json

from hinagata.diagram.document import write_json
from hinagata.diagram.dot import write_dot
from hinagata.diagram.engine import run_graphviz
from hinagata.diagram.folding import fold
from hinagata.diagram.mermaid import write_mermaid
from hinagata.diagram.outline import write_text
from hinagata.diagram.picture import Arrow, Box, Group, Line, Picture, Symbol
from hinagata.topology.reading import topology_of
from tests.workbench.diagram.shop import SHOP, random_picture, resource

TOPOLOGY = topology_of(Shop={"Resources": SHOP})
PICTURE = fold(TOPOLOGY)
ODD_NAME = 'a "quoted" <b>\\n#1</b>'


def odd_picture() -> Picture:
    """Return a picture of one box whose name would upset a careless writer."""
    box = Box(key=ODD_NAME, name=ODD_NAME, full_name=ODD_NAME, what="queue", symbol=Symbol.QUEUE)
    arrow = Arrow(source=ODD_NAME, target=ODD_NAME, words=("sends",), line=Line.GIVES_UP)
    return Picture(title="", root=Group(name="", boxes=[box]), arrows=(arrow,))


def test_the_outline_reads_as_messages_pass() -> None:
    """First where they come in, then each thing with what happens from there."""
    assert write_text(PICTURE).splitlines() == [
        "internet",
        "  requests       OrderApi/Api",
        "",
        f"OrderApi/Api{'HTTP API':>68}",
        "  invokes        OrderApi/Intake",
        "",
        f"OrderApi/Intake{'function':>65}",
        "  sends          Orders",
        "  has its name   Audit",
        "",
        f"Orders{'queue':>74}",
        "  polled by      Billing",
        "  dead letters   DeadLetters (watched)",
        "",
        f"Billing{'function':>73}",
        "  reads, writes  Bills",
        "",
        f"Bills{'table':>75}",
        "",
        f"Audit{'bucket':>75}",
    ]


def test_the_outline_tells_stacks_apart() -> None:
    """Each has a heading, and what is in another one is said to be there."""
    queue = {
        "Resources": {"Queue": resource("AWS::SQS::Queue", "One/Orders/Resource")},
        "Outputs": {
            "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}, "Export": {"Name": "orders"}}
        },
    }
    worker = {
        "Resources": {
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn={"Fn::ImportValue": "orders"},
                FunctionName={"Ref": "Worker"},
            ),
            "Worker": resource("AWS::Lambda::Function", "Two/Worker/Resource"),
        }
    }

    lines = write_text(fold(topology_of(One=queue, Two=worker))).splitlines()

    assert "== One ==" in lines
    assert "  polled by     Worker (Two)" in lines


def test_the_outline_says_when_there_is_nothing() -> None:
    """An empty answer would look like a failure."""
    empty = topology_of(Shop={"Resources": {"Role": resource("AWS::IAM::Role")}})

    assert write_text(fold(empty)) == "Nothing that carries messages was found.\n"


def test_the_outline_keeps_to_80_columns() -> None:
    """As long as names do."""
    assert max(map(len, write_text(random_picture(5)).splitlines())) <= 80


def test_mermaid_has_boxes_groups_and_arrows() -> None:
    """Its own shapes for queues and tables, dashes for what nobody waits for."""
    lines = [line.strip() for line in write_mermaid(PICTURE).splitlines()]

    assert lines[0] == "flowchart TB"
    assert 'subgraph g0["OrderApi"]' in lines
    assert any(
        line.endswith('[["Orders<br/>queue<br/>dead letters: DeadLetters"]]') for line in lines
    )
    assert sum('-.->|"polled by"|' in line for line in lines) == 1
    assert sum('-->|"reads, writes"|' in line for line in lines) == 1


def test_mermaid_codes_what_it_would_read_as_its_own() -> None:
    """Quotes, angle brackets and number signs."""
    written = write_mermaid(odd_picture())

    assert '[["a #quot;quoted#quot; #lt;b#gt;\\n#35;1#lt;/b#gt;<br/>queue"]]' in written
    assert "linkStyle 0 stroke:#b3261e" in written


def test_dot_is_understood_by_graphviz() -> None:
    """With all boxes, groups and arrows, whatever the names are."""
    shop, odd = run_graphviz([write_dot(PICTURE), write_dot(odd_picture())])

    assert shop is not None
    assert odd is not None
    names = {thing["name"] for thing in shop["objects"]}
    assert {box.key for box in PICTURE.root.all_boxes()} < names
    assert len(shop["edges"]) == len(PICTURE.arrows)
    assert [thing["name"] for thing in odd["objects"]] == [ODD_NAME.replace("\\", "\\\\")]


def test_json_has_every_resource_and_edge() -> None:
    """Nothing is folded; edges name nodes by their keys."""
    document = json.loads(write_json(TOPOLOGY))
    keys = {node["key"] for node in document["nodes"]}

    assert document["version"] == 1
    assert len(keys) == len(document["nodes"]) == len(TOPOLOGY.nodes)
    assert len(document["edges"]) == sum(1 for _ in TOPOLOGY.edges())
    for edge in document["edges"]:
        assert {edge["source"], edge["target"], edge["via"]} <= keys


def test_json_says_where_a_node_is_from() -> None:
    """Type, role, name and construct path, for programs."""
    document = json.loads(write_json(TOPOLOGY))
    (queue,) = [node for node in document["nodes"] if node["logical_id"] == "Orders"]

    assert queue == {
        "key": "Shop/Orders",
        "type": "AWS::SQS::Queue",
        "role": "queue",
        "name": "Orders/Queue",
        "stack": "Shop",
        "logical_id": "Orders",
        "construct_path": "Shop/Orders/Queue/Resource",
        "source": None,
        "conditional": False,
    }
