"""The whole topology as data, folded by nobody: for programs.

The document is an object:

- `version`: 1; a change that readers must know of raises it.
- `nodes`: each with `key` (unique: stack and logical id), `type` (CloudFormation's), `role`,
  `name` (below its stack), `stack`, `logical_id`, `construct_path`, `source` (`file` and `line`,
  or null) and `conditional` (whether a condition decides if it is there).
- `edges`: each with `source` and `target` (keys, in the direction of messages), `kind`, `via` (key
  of the resource that declares it), `qualifier` (key of the alias or version that is reached, or
  null) and `detail`. What the kinds mean: `hinagata/topology/edge.py`.
"""

from __future__ import annotations

import json
from typing import Any

from hinagata.diagram.naming import path_in_stack
from hinagata.topology.edge import Edge
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

VERSION = 1


def write_json(topology: Topology) -> str:
    """Returns a topology as a JSON document."""
    document = {
        "version": VERSION,
        "nodes": [_node(node) for node in topology.nodes],
        "edges": [_edge(edge) for edge in topology.edges()],
    }
    return json.dumps(document, indent=2) + "\n"


def _node(node: Node) -> dict[str, Any]:
    source = node.source
    return {
        "key": node.key,
        "type": node.type,
        "role": node.role.value,
        "name": "/".join(path_in_stack(node)),
        "stack": node.template.name,
        "logical_id": node.logical_id,
        "construct_path": node.construct_path,
        "source": {"file": str(source.file), "line": source.line} if source else None,
        "conditional": node.conditional,
    }


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source.key,
        "target": edge.target.key,
        "kind": edge.kind.value,
        "via": edge.via.key,
        "qualifier": edge.qualifier.key if edge.qualifier else None,
        "detail": edge.detail,
    }
