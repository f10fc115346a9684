"""Messages to phones on an endpoint: the application's life with its stack, and a peak minute."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab.deployment import DeploymentError, deploy
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.messages import messages
from hinagata.lab.push_provider import RETRY_AFTER_SECONDS, is_gone
from hinagata.scenario import read_scenario

REPOSITORY = Path(__file__).parents[2]
# The gateway alone, and a secret that can be changed.
APP = """
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager
from patterns import App, PushGateway

app = App(failure_modes=False)
stack = cdk.Stack(app, "Push")
secret = secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "firebase")
PushGateway(stack, "Phones", credentials=secret)
app.synth()
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gateway alone, synthesized."""
    directory = tmp_path_factory.mktemp("push")
    subprocess.run(
        [sys.executable, "-c", APP],
        cwd=REPOSITORY,
        env=os.environ
        | {"CDK_OUTDIR": str(directory), "PYTHONPATH": str(REPOSITORY), "CDK_VALIDATION": "false"},
        check=True,
        capture_output=True,
    )
    return directory


def deployed(assembly: Path, endpoint: Endpoint, **properties: Any) -> str:
    """Deploy the gateway with some of its application's properties; return its ARN."""
    file = assembly / "Push.template.json"
    template = json.loads(file.read_text())
    (name,) = (
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "Custom::PlatformApplication"
    )
    template["Resources"][name]["Properties"] |= properties
    file.write_text(json.dumps(template))
    made = deploy(CloudAssembly.read(assembly), endpoint, report=lambda _: None)
    return made.resources["Push", name]


def attributes(endpoint: Endpoint, arn: str) -> Mapping[str, str]:
    """What SNS knows of an application."""
    found: Mapping[str, str] = endpoint.client("sns").get_platform_application_attributes(
        PlatformApplicationArn=arn
    )["Attributes"]
    return found


def test_an_application_lives_with_its_stack(endpoint: Endpoint, assembly: Path) -> None:
    """Made with the credentials of the secret, changed in place, deleted; a failure is told."""
    secrets, cloudformation = endpoint.client("secretsmanager"), endpoint.client("cloudformation")

    # Without a secret there is no application, and the stack's events say why.
    with pytest.raises(DeploymentError, match="GetSecretValue"):
        deployed(assembly, endpoint)
    cloudformation.delete_stack(StackName="Push")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="Push", WaiterConfig={"Delay": 1}
    )

    first = secrets.create_secret(Name="firebase", SecretString="first")["VersionId"]
    arn = deployed(assembly, endpoint, SecretVersion=first)
    made = attributes(endpoint, arn)
    assert arn.startswith("arn:aws:sns:us-east-1:000000000000:app/GCM/Push-Phones-")
    assert made["PlatformCredential"] == "first"
    assert made["EventDeliveryFailure"] == made["EventEndpointUpdated"]
    assert made["EventDeliveryFailure"].startswith("arn:aws:sns:")
    assert ":role/" in made["FailureFeedbackRoleArn"]

    second = secrets.put_secret_value(SecretId="firebase", SecretString="second")["VersionId"]
    assert deployed(assembly, endpoint, SecretVersion=second, Attributes={}) == arn
    assert attributes(endpoint, arn)["PlatformCredential"] == "second"
    assert attributes(endpoint, arn)["EventDeliveryFailure"] == ""

    cloudformation.delete_stack(StackName="Push")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="Push", WaiterConfig={"Delay": 1}
    )
    assert endpoint.client("sns").list_platform_applications()["PlatformApplications"] == []


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["peak_minute", "full_minute", "ten_times"])
def test_each_message_is_delivered_or_its_phone_is_gone(tmp_path: Path, name: str) -> None:
    """What the push service refuses comes again; what it throttles, when it said."""
    report = tmp_path / "run.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "hinagata", "run", "push_jobs"),
            *("--scenario", name, "--output", f"json={report}"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(report.read_text())
    observed = {each["about"]: each["observed"] for each in document["expectations"]}
    pushed = observed["delivered by Phones"]
    delivered, gone, retries = (int(part.split()[0]) for part in pushed.split(", ")[:3])
    struck = {fault["inject"]: fault["struck"] for fault in document["faults"]}
    scenario = read_scenario(REPOSITORY / f"scenarios/push_jobs/{name}.yaml", project=REPOSITORY)
    sent = list(messages(scenario.sources["producer"], seed=scenario.seed))

    assert gone == sum(is_gone(each.keys["token"]) for each in sent) > 0
    assert delivered == len(sent) - gone
    assert retries == struck["throttle"] + struck["server_error"]
    throttled = list(waits(document))
    assert len(throttled) > 0
    assert min(throttled) >= RETRY_AFTER_SECONDS


def waits(document: Mapping[str, Any]) -> Iterator[float]:
    """How long each throttled message stayed away from the push service, in seconds.

    Of a message that was published twice, one is on its way while the other stays away.
    """
    for message in document["messages"]:
        tries = [each for each in message["arrivals"] if each["hop"] == "Phones"]
        if sum(each["status"] == "ok" for each in tries) > 1:
            continue
        for tried, again in pairwise(tries):
            if tried["error"].startswith("429"):
                yield (
                    datetime.fromisoformat(again["start"]) - datetime.fromisoformat(tried["end"])
                ).total_seconds()
