"""`hinagata trace`: a message's way through everything, out of the lake that keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.assembly.synthesis import synthesize
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.hops import read_hops
from hinagata.lab.lake import QUERY, has_lake, kept_hops, lake_of, root_of
from hinagata.lab.lake_report import write_json, write_text
from hinagata.lab.redrive_ways import physical_names
from hinagata.lab.steps import Steps
from hinagata.samples import Sample, read_samples
from hinagata.suggestion import suggest
from hinagata.topology.reading import read_topology

if TYPE_CHECKING:
    from hinagata.assembly.cloud_assembly import CloudAssembly
    from hinagata.topology.graph import Topology


def trace(
    sample: Sample,
    asked: str,
    *,
    project: Path,
    endpoint_url: str,
    days: int,
    stream: TextIO,
    format: str,
) -> bool:
    """Show a trace as the lake of a sample has it, and say whether it came to every hop.

    Args:
        sample: the sample.
        asked: the root of the trace, or a header with it.
        project: the folder with the app.
        endpoint_url: where it runs.
        days: how many days after its beginning the trace may have gone on.
        stream: where the answer goes.
        format: text or json.

    Raises:
        HinagataError: the endpoint does not answer, the sample is not there or has no lake.
    """
    root = root_of(asked)
    if not endpoint_url.startswith(("http://", "https://")):
        raise UsageError(
            f"{endpoint_url} is no endpoint; expected a URL such as http://127.0.0.1:4566; on AWS "
            f"ask Athena, which has the query `{QUERY}`"
        )
    steps, endpoint = Steps(), Endpoint(endpoint_url)
    endpoint.must_be_aws()
    try:
        with steps.step("read the lake"):
            assembly = synthesize(project)
            topology = _topology(sample, assembly)
            if not has_lake(topology):
                raise _without_a_lake(sample, assembly, read_samples(project))
            lake = lake_of(topology, physical_names(topology, sample, endpoint))
            if lake is None:
                raise HinagataError(
                    f"the lake of {sample.name} is not on {endpoint_url}; deploy it first, e.g. "
                    f"with: hinagata run {sample.name} --keep"
                )
            with lake.copied(endpoint) as copied:
                names = read_hops(topology).names
                kept = kept_hops(topology, names)
                hops = dict.fromkeys(hop for hop in names.values() if hop in kept)
                found = copied.trace(root, days=days, hops=hops)
    except (BotoCoreError, ClientError) as error:
        raise HinagataError(f"{endpoint_url} did not answer as expected: {error}") from error
    write = write_json if format == "json" else write_text
    write(found, stream)
    return not found.missing


def _topology(sample: Sample, assembly: CloudAssembly) -> Topology:
    return read_topology(*(stack for stack in assembly.stacks if stack.name == sample.stack))


def _without_a_lake(
    sample: Sample, assembly: CloudAssembly, samples: Iterable[Sample]
) -> UsageError:
    able = [each.name for each in samples if has_lake(_topology(each, assembly))]
    return UsageError(
        f"{sample.name} has no lake that keeps its traces; the pattern LogLake makes one; expected "
        f"{suggest(sample.name, able)}"
    )
