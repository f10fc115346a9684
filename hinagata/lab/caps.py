"""Takes the caps off functions for one run, to see what they are for."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from hinagata.lab.hops import read_hops
from hinagata.lab.patches.mapping_concurrency import LIMIT_VARIABLE

if TYPE_CHECKING:
    from hinagata.lab.deployment import Deployment
    from hinagata.lab.endpoint import Endpoint
    from hinagata.topology.graph import Topology

# What a mapping without a cap grows to here; on AWS it is 1,250
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html), and a process each.
_WIDEST = 20
# The embedded endpoint usually holds mappings back to what a laptop can start.
UNCAPPED = {LIMIT_VARIABLE: str(_WIDEST)}


def take_caps_off(
    hops: Collection[str], topology: "Topology", deployment: "Deployment", endpoint: "Endpoint"
) -> None:
    """Let some functions run as often at once as the account allows.

    Args:
        hops: the names of the functions.
        topology: of what was deployed.
        deployment: of it.
        endpoint: where it was deployed.
    """
    functions = endpoint.client("lambda")
    for node, hop in read_hops(topology).names.items():
        if hop not in hops:
            continue
        name = deployment.resources[node.template.name, node.logical_id]
        functions.delete_function_concurrency(FunctionName=name)
        pages = functions.get_paginator("list_event_source_mappings")
        for page in pages.paginate(FunctionName=name):
            for mapping in page["EventSourceMappings"]:
                if ":sqs:" in mapping["EventSourceArn"]:
                    functions.update_event_source_mapping(
                        UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": _WIDEST}
                    )
