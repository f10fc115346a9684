"""Functions that run while a stack is deployed, and at no other time.

CloudFormation calls the function that a custom resource names as its `ServiceToken`; when it
fails, the deployment fails, and somebody looks. So there is nothing to alarm on, no message to
lose and no trace to follow, and most of these functions were not written by the user: the CDK
brings its own for log retention, bucket notifications, emptying a bucket before its deletion and
some twenty more. Checks of functions leave them out.

Told by what names them, not by their hashed ids:

- the `ServiceToken` of a custom resource refers to them;
- the description that the CDK's provider framework gives to its functions;
- the variables `USER_..._FUNCTION_ARN` in which that framework keeps the handlers that it calls
  (aws-cdk-lib 2.275.0, custom-resources/lib/provider-framework);
- only such functions may invoke them, as `AwsCustomResource` and `Trigger` of the CDK do.

A handler that something else invokes too, an API or a queue, is no mere provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_FUNCTION = "AWS::Lambda::Function"
_FRAMEWORK = "AWS CDK resource provider framework - "
_HANDLERS = (
    "USER_ON_EVENT_FUNCTION_ARN",
    "USER_IS_COMPLETE_FUNCTION_ARN",
)
_INVOKED = (Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.POLLS)

_found: WeakKeyDictionary[Topology, frozenset[Node]] = WeakKeyDictionary()


def providers(topology: Topology) -> frozenset[Node]:
    """Returns the functions that only a deployment runs; computed once for each topology."""
    if topology not in _found:
        _found[topology] = frozenset(_providers(topology))
    return _found[topology]


def _providers(topology: Topology) -> Iterator[Node]:
    framework = {
        function
        for function in topology.of_type(_FUNCTION)
        if isinstance(text := function.get("Description"), str) and text.startswith(_FRAMEWORK)
    }
    yield from framework
    named = [
        function
        for resource in topology.nodes
        if resource.type.startswith("Custom::")
        or resource.type == "AWS::CloudFormation::CustomResource"
        for function in resource.nodes("ServiceToken")
    ]
    named += [
        handler
        for function in framework
        for variable in _HANDLERS
        for handler in function.nodes("Environment", "Variables", variable)
    ]
    found = {
        function
        for function in named
        if function.type == _FUNCTION and not topology.into(function, *_INVOKED)
    }
    yield from found
    deploying = framework | found
    for provider in deploying:
        for edge in topology.out(provider, Kind.MAY_WRITE):
            function = edge.target
            if function.type == _FUNCTION and not topology.into(function, *_INVOKED):
                callers = {each.source for each in topology.into(function, Kind.MAY_WRITE)}
                if callers <= deploying:
                    yield function
