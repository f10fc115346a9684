"""Small templates, and their edges as lines of text."""

from __future__ import annotations

from typing import Any

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.reading import topology_of


def arn(name: str) -> dict[str, Any]:
    """Return a reference to a resource's ARN."""
    return {"Fn::GetAtt": [name, "Arn"]}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a resource."""
    return {"Ref": name}


def sub(text: str) -> dict[str, Any]:
    """Return a text with references in it."""
    return {"Fn::Sub": text}


def resource(type_: str, **properties: object) -> dict[str, Any]:
    """Return a resource; `AWS::` need not be said."""
    known = type_ if type_.startswith("Custom::") else f"AWS::{type_}"
    return {"Type": known, "Properties": properties}


def read(**resources: dict[str, Any]) -> Topology:
    """Return the topology of one stack's resources."""
    return topology_of(Shop={"Resources": resources})


def lines(topology: Topology, *kinds: Kind) -> list[str]:
    """Return the edges of some kinds, or of all, as `source kind target via:qualifier detail`.

    A `via` that is the source, a qualifier or a detail that is not there is left out.
    """
    return [line(edge) for edge in topology.edges(*kinds)]


def line(edge: Edge) -> str:
    """Return an edge as a line."""
    via = "" if edge.via is edge.source else f" via {named(edge.via)}"
    qualifier = "" if edge.qualifier is None else f" through {named(edge.qualifier)}"
    detail = f" {edge.detail}" if edge.detail else ""
    return f"{named(edge.source)} {edge.kind} {named(edge.target)}{via}{qualifier}{detail}"


def named(node: Node) -> str:
    """Return what a node is called in a line."""
    return node.logical_id


FUNCTION = resource("Lambda::Function")
QUEUE = resource("SQS::Queue")
TOPIC = resource("SNS::Topic")
TABLE = resource("DynamoDB::Table")
BUCKET = resource("S3::Bucket")
ALIAS = resource("Lambda::Alias", FunctionName=ref("Work"), FunctionVersion="$LATEST", Name="live")
