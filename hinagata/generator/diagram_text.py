"""The picture of a blueprint, as Mermaid text that a README shows."""

from __future__ import annotations

from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import Component

_SHAPES = {
    "point_to_point_queue": ("[[", "]]"),
    "event_stream": ("[[", "]]"),
    "fan_out": ("{{", "}}"),
    "event_bus": ("{{", "}}"),
    "telemetry_store": ("[(", ")]"),
    "log_lake": ("[(", ")]"),
    "durable_workflow": ("[/", "/]"),
}


def mermaid(architecture: Architecture) -> str:
    """Return an architecture as a Mermaid flowchart, from left to right."""
    lines = ["flowchart LR"]
    for name, traffic in architecture.traffic.items():
        lines.append(f"  source_{name}(({name.replace('_', ' ')})) --> {traffic.to}_")
    lines += [f"  {_node(one)}" for one in architecture.components]
    for connection in architecture.connections:
        ends = (connection.begins_at, connection.ends_at)
        said = [*connection.options.get("types", ()), *filter(None, ends)]
        label = f"|{', '.join(said)}|" if said else ""
        arrow = "-.->" if connection.verb in ("calls", "reads") else "-->"
        lines.append(f"  {connection.source.name}_ {arrow}{label} {connection.target.name}_")
    for one in architecture.components:
        lines += [f"  {one.name}_ --> {to.bus}_" for to in one.routes.values() if to.bus]
        if one.kind == "durable_workflow":
            lines += [f"  {one.name}_ --> {step.do}_" for step in architecture.steps(one)]
            lines += [
                f"  {one.name}_ -. undoes .-> {step.undo}_"
                for step in architecture.steps(one)
                if step.undo
            ]
        if one.kind == "circuit_breaker":
            lines += [f"  {one.name}_ -. guards .- {name}_" for name in one.arguments["guards"]]
        if one.kind == "log_lake":
            lines += [f"  {name}_ -. spans .-> {one.name}_" for name in one.arguments["keeps"]]
    return "\n".join(lines)


def _node(one: Component) -> str:
    # The underscore keeps names such as `end` from being words of Mermaid's own.
    begin, end = _SHAPES.get(one.kind, ("[", "]"))
    shown = f"{one.name.replace('_', ' ')}<br/><small>{one.of.construct}</small>"
    return f'{one.name}_{begin}"{shown}"{end}'
