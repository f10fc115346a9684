"""What a run of a sample will not show, said before it: `hinagata run --list-gaps SAMPLE`."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TextIO

from hinagata.assembly.cloud_assembly import AssemblyStack
from hinagata.assembly.synthesis import synthesize
from hinagata.errors import HinagataError
from hinagata.lab.gaps import Gap, gaps_of, touched
from hinagata.lab.stubs import Stub, stubs_on_embedded
from hinagata.samples import Sample
from hinagata.topology.reading import read_topology

WIDTH = 80
FORMAT_VERSION = 1
NAMED = 3  # resources that a gap touches; all of them are in the JSON


def list_gaps(sample: Sample, *, project: Path, stream: TextIO, format: str = "text") -> None:
    """Write what the embedded endpoint will leave out of a sample, or do otherwise than AWS.

    Args:
        sample: whose stack is looked at.
        project: the folder with the app, which is synthesized if its sources changed.
        stream: where to.
        format: `text` or `json`.

    Raises:
        HinagataError: the app fails, or has no such stack.
    """
    stack = _stack(sample, project)
    topology = read_topology(stack)
    gaps = {gap: [node.name for node in touched(gap, topology)] for gap in gaps_of(topology)}
    stubs = stubs_on_embedded(stack)
    if format == "json":
        json.dump(_document(sample, stubs, gaps), stream, indent=2)
        stream.write("\n")
    else:
        stream.writelines(f"{line}\n" for line in _lines(sample, stubs, gaps))


def _stack(sample: Sample, project: Path) -> AssemblyStack:
    assembly = synthesize(project)
    for stack in assembly.stacks:
        if stack.name == sample.stack:
            return stack
    raise HinagataError(
        f"the app has no stack {sample.stack}, which the card of {sample.name} names; "
        f"it has {', '.join(stack.name for stack in assembly.stacks) or 'none'}"
    )


def _document(
    sample: Sample, stubs: Sequence[Stub], gaps: Mapping[Gap, Sequence[str]]
) -> dict[str, object]:
    return {
        "version": FORMAT_VERSION,
        "sample": sample.name,
        "stubs": [vars(stub) for stub in stubs],
        "gaps": [
            {
                "name": gap.name,
                "service": gap.service,
                "wrong": gap.wrong,
                "resources": list(resources),
                "shown_by": gap.test,
            }
            for gap, resources in gaps.items()
        ],
    }


def _lines(sample: Sample, stubs: Sequence[Stub], gaps: Mapping[Gap, Sequence[str]]) -> list[str]:
    lines = [f"{sample.name} on the embedded endpoint"]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for stub in stubs:
        by_reason[stub.reason].append(stub.path.partition("/")[2])
    if stubs:
        lines += ["", f"left out, for a stand-in that does nothing: {len(stubs)}"]
    for reason, paths in by_reason.items():
        lines.append(_wrapped(f"{reason}: {_some(paths)}"))
    if gaps:
        lines += ["", f"otherwise than on AWS: {len(gaps)}"]
    for gap, resources in gaps.items():
        lines += [_wrapped(f"{gap.service}: {gap.wrong}"), _wrapped(_some(resources), indent=4)]
    if not stubs and not gaps:
        lines += ["", "nothing is known to be left out or to be otherwise than on AWS"]
    return lines


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def _wrapped(text: str, *, indent: int = 2) -> str:
    return fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))
