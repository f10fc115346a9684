"""Who may run at once, and what those see who may not."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from hinagata.lab.endpoint import EMULATOR_KEY, Endpoint
from tests.emulator.patches.observed import ACCOUNT_CONCURRENCY, invoked, shows
from tests.emulator.templates import attribute, deployed, function, resource, role
from tests.polling import eventually


def without_retries(endpoint: Endpoint) -> Any:
    """A Lambda client that tells of being throttled."""
    return boto3.client(
        "lambda",
        endpoint_url=endpoint.url,
        region_name=endpoint.region,
        aws_access_key_id=EMULATOR_KEY,
        aws_secret_access_key=EMULATOR_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )


BUSY = """
    import time
    def handler(event, context):
        time.sleep(1.5)
"""


@shows("reserved-concurrency")
def test_a_reservation_is_taken_from_what_the_others_share(
    patched: Endpoint, plain: Endpoint
) -> None:
    """When all but one of the account are reserved, the other functions share that one."""
    throttled = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Reserved": function(BUSY, ReservedConcurrentExecutions=ACCOUNT_CONCURRENCY - 1),
                "Other": function(BUSY),
            },
        )

        functions = without_retries(endpoint)

        def invoke(name: str, functions: Any = functions) -> str:
            try:
                functions.invoke(FunctionName=name)["Payload"].read()
            except functions.exceptions.TooManyRequestsException as error:
                return str(error.response["Reason"])
            return "done"

        with ThreadPoolExecutor(3) as pool:
            others = pool.map(invoke, [names["Other"], names["Other"]])
            reserved = pool.submit(invoke, names["Reserved"])
            throttled[endpoint] = sorted(others), reserved.result()
        # The other tests need some of the account too.
        functions.delete_function_concurrency(FunctionName=names["Reserved"])

    assert throttled[patched] == (["ConcurrentInvocationLimitExceeded", "done"], "done")
    assert throttled[plain] == (["done", "done"], "done")


@shows("alias-weights")
def test_an_alias_shares_out_its_calls(patched: Endpoint, plain: Endpoint) -> None:
    """With a weight of 0.5 both versions get calls, whoever asks for the alias."""
    versions = {}
    for endpoint in (patched, plain):
        code = """
            import os
            def handler(event, context):
                return os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        """
        name = deployed(endpoint, {"Role": role(), "F": function(code)})["F"]
        functions = endpoint.client("lambda")
        functions.publish_version(FunctionName=name)
        functions.update_function_configuration(FunctionName=name, Description="next")
        functions.publish_version(FunctionName=name)
        functions.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
        )
        # Twenty coins all on one side: once in half a million runs.
        versions[endpoint] = {invoked(endpoint, f"{name}:live") for _ in range(20)}

    assert versions == {patched: {"1", "2"}, plain: {"1"}}


@shows("workflow-errors")
def test_a_workflow_sees_a_throttled_function_by_its_name(
    patched: Endpoint, plain: Endpoint
) -> None:
    """The error is the one that a Retry for throttling names."""
    errors = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "MachineRole": role(service="states.amazonaws.com"),
                "F": function("def handler(event, context): pass"),
                "Machine": resource(
                    "StepFunctions::StateMachine",
                    RoleArn=attribute("MachineRole"),
                    DefinitionString={
                        "Fn::Sub": json.dumps(
                            {
                                "StartAt": "Call",
                                "States": {
                                    "Call": {"Type": "Task", "Resource": "${F.Arn}", "End": True}
                                },
                            }
                        )
                    },
                ),
            },
        )
        endpoint.client("lambda").put_function_concurrency(
            FunctionName=names["F"], ReservedConcurrentExecutions=0
        )
        workflows = endpoint.client("stepfunctions")
        execution = workflows.start_execution(stateMachineArn=names["Machine"])["executionArn"]

        def ended(workflows: Any = workflows, execution: str = execution) -> Any:
            found = workflows.describe_execution(executionArn=execution)
            return found["status"] != "RUNNING" and found

        errors[endpoint] = eventually(ended)["error"]

    assert errors == {patched: "Lambda.TooManyRequestsException", plain: "Lambda.Unknown"}
