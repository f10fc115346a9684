"""The real CDK CLI deploys the constructs onto the embedded endpoint, unmodified."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from tests.polling import eventually

REPOSITORY = Path(__file__).parents[2]
CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
ACCOUNT, REGION = "000000000000", "us-east-1"


@pytest.fixture(scope="module")
def stack(emulator: Emulator, endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The example's stack, bootstrapped and deployed by the CLI; its name."""
    project = tmp_path_factory.mktemp("cli") / "order_intake"
    example = REPOSITORY / "examples" / "order_intake"
    shutil.copytree(example, project, ignore=shutil.ignore_patterns("__pycache__", "cdk.out"))
    environment = {
        **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "CI": "1",
    }
    for command in (
        ["bootstrap", f"aws://{ACCOUNT}/{REGION}"],
        ["deploy", "OrderIntake", "--require-approval", "never"],
    ):
        done = subprocess.run(
            [str(CDK), *command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return "OrderIntake"


def test_a_request_goes_through_what_the_cli_deployed(stack: str, endpoint: Endpoint) -> None:
    """An order sent to the API ends at shipping and in the ledger, through all five constructs."""
    resources = {
        resource["LogicalResourceId"]: resource
        for page in endpoint.client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
    }
    api = next(
        resource["PhysicalResourceId"]
        for resource in resources.values()
        if resource["ResourceType"] == "AWS::ApiGateway::RestApi"
    )
    url = f"{endpoint.url_of_api(api, 'live')}/orders"
    body = json.dumps({"item": "paper crane"}).encode()
    headers = endpoint.sign("POST", url, {"Content-Type": "application/json"}, body)

    with urllib.request.urlopen(
        urllib.request.Request(url, data=body, headers=headers, method="POST"), timeout=60
    ) as response:
        order = json.loads(response.read())["id"]

    logs = endpoint.client("logs")
    groups = [
        resource["PhysicalResourceId"]
        for name, resource in resources.items()
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
        and name.startswith(("Shipping", "Ledger"))
    ]
    assert len(groups) == 2

    def arrived() -> bool:
        return all(
            any(
                order in event["message"]
                for event in logs.filter_log_events(logGroupName=group)["events"]
            )
            for group in groups
        )

    assert eventually(arrived, within=60)
