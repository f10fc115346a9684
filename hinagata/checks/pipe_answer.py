"""Whether a pipe waits for what it calls, and so tries again when that fails."""

from __future__ import annotations

from hinagata.topology.edge import Edge

_PARAMETERS = {
    "AWS::Lambda::Function": "LambdaFunctionParameters",
    "AWS::StepFunctions::StateMachine": "StepFunctionStateMachineParameters",
}


def is_awaited(edge: Edge) -> bool:
    """Whether a poll hands over to what it then waits for: always, unless a pipe does it.

    A pipe waits for functions and express workflows, if it is not told to fire and forget, and for
    none of its other targets: those take the message and answer at once.
    """
    if edge.via.type != "AWS::Pipes::Pipe":
        return True
    parameters = _PARAMETERS.get(edge.target.type)
    if parameters is None:
        return False
    if parameters.startswith("Step") and edge.target.get("StateMachineType") != "EXPRESS":
        return False
    return edge.via.get("TargetParameters", parameters, "InvocationType") != "FIRE_AND_FORGET"
