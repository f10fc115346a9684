"""The faults of one run, from the scenario to what they did."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hinagata.lab.deployment import deploy
from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.aim import Aim
from hinagata.lab.faults.session import FaultSession
from hinagata.scenario import Fault, Inject, Scenario
from hinagata.topology.reading import read_topology
from tests.emulator.assemblies import assembly
from tests.emulator.templates import allow, function, ref, resource, role
from tests.polling import eventually

CALLS_OTHERS = """
    import os, urllib.error, urllib.request
    import boto3
    from botocore.config import Config

    dynamodb = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))

    def put(table):
        try:
            dynamodb.put_item(TableName=os.environ[table], Item={"id": {"S": "one"}})
            return "stored"
        except dynamodb.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        except Exception as error:
            return type(error).__name__

    def partner():
        try:
            with urllib.request.urlopen(os.environ["PARTNER_URL"], b"{}") as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def handler(event, context):
        return {"state": put("STATE"), "other": put("OTHER"), "partner": partner(),
                "updated": os.path.exists("hinagata-update.txt")}
"""
TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
RESOURCES = {
    "Role": role(allow("dynamodb:PutItem", "*")),
    "State": resource("DynamoDB::Table", **TABLE),
    "Other": resource("DynamoDB::Table", **TABLE),
    "Worker": function(
        CALLS_OTHERS,
        environment={
            "STATE": ref("State"),
            "OTHER": ref("Other"),
            "POWERTOOLS_SERVICE_NAME": "Worker",
        },
    ),
}


def fault(inject: Inject, target: str, **more: Any) -> Fault:
    """Return a fault from the first message on."""
    lasts = {} if inject is Inject.UPDATE else {"for_seconds": 3600.0}
    return Fault(inject=inject, at_seconds=0.0, target=target, **lasts, **more)


def test_a_session_injects_what_the_scenario_says_and_tells_it(tmp_path: Path) -> None:
    """A table throttles in the SDK's own words, the partner fails, the code is new; not before."""
    scenario = Scenario(
        name="rough",
        file=tmp_path / "rough.yaml",
        sources={},
        seed=7,
        faults=(
            fault(Inject.THROTTLE, "State"),
            fault(Inject.SERVER_ERROR, "Partner"),
            fault(Inject.UPDATE, "Worker"),
            Fault(inject=Inject.RAISE, at_seconds=60.0, for_seconds=1.0, target="Worker"),
        ),
        outside={"Partner": "PARTNER_URL"},
    )
    made = assembly(tmp_path / "cdk.out", RESOURCES)
    session = FaultSession(scenario, tmp_path)
    with session.around() as environment, Emulator(tmp_path, environment=environment) as emulator:
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        with session.between(endpoint):
            deployment = deploy(made, endpoint, report=lambda _: None)
            topology = read_topology(made.directory)
            session.aim(
                Aim(
                    topology=topology,
                    deployment=deployment,
                    endpoint=endpoint,
                    outside=scenario.outside,
                )
            )
            functions = endpoint.client("lambda")
            name = deployment.resources["Lab", "Worker"]

            def seen() -> Any:
                return json.loads(functions.invoke(FunctionName=name)["Payload"].read())

            before = seen()
            session.begin()
            meanwhile = eventually(lambda: (now := seen())["updated"] and now)
            records = session.end()
            after = seen()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(session.handlers_endpoint).port), 1)
    well = {"state": "stored", "other": "stored", "partner": 200}
    assert before == {**well, "updated": False}
    assert meanwhile == {
        "state": "ProvisionedThroughputExceededException",
        "other": "stored",
        "partner": 503,
        "updated": True,
    }
    assert after == {**well, "updated": True}
    assert [(each.inject, each.struck > 0) for each in records] == [
        ("throttle", True),
        ("server_error", True),
        ("update", True),
        ("raise", False),
    ]
    assert [each.began is not None for each in records] == [True, True, True, False]
    assert records[0].ended is not None
    assert records[2].ended is None
