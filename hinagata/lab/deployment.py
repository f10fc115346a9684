"""Deploy a cloud assembly through the CloudFormation API of an endpoint, as the CDK CLI would.

An emulator does not know every resource type. It is asked which ones it rejects, each such
resource is replaced by one that does nothing, and each replacement is listed with its reason: so
a run never claims more than it did. On AWS nothing is rejected and nothing is replaced.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hinagata.assembly.cloud_assembly import AssemblyStack, CloudAssembly, FileAsset
from hinagata.errors import HinagataError
from hinagata.lab.assets import upload_file_asset
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.stubs import Stub, stubbed
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

EMULATOR_DEADLINE_SECONDS = 300.0
AWS_DEADLINE_SECONDS = 3600.0
LARGEST_TEMPLATE_BODY = 51_200  # bytes; a larger one is passed by way of the asset bucket
BOOTSTRAP_PARAMETER = re.compile(r"^/cdk-bootstrap/[^/]+/version$")
CLOCK_DIFFERENCE_SECONDS = 5.0  # between this machine and the endpoint
BOOTSTRAP_VERSION = "30"  # any that is newer than what the templates ask for


class DeploymentError(HinagataError):
    """A stack did not reach its goal; names the first resource that failed.

    Args:
        message: for the user.
        logical_id: of that resource, if it was one.
        reason: what the endpoint said.
    """

    def __init__(self, message: str, *, logical_id: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.logical_id = logical_id
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What was deployed, and what was not."""

    stubs: tuple[Stub, ...]
    resources: Mapping[tuple[str, str], str]  # (stack, logical id) -> physical id
    outputs: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (stack, name) -> value

    def physical(self, topology: Topology) -> dict[Node, str]:
        """Return the endpoint's name of each resource that was deployed.

        Args:
            topology: the architecture.
        """
        named = ((node, (node.template.name, node.logical_id)) for node in topology.nodes)
        return {node: self.resources[key] for node, key in named if key in self.resources}


def deploy(
    assembly: CloudAssembly,
    endpoint: Endpoint,
    *,
    report: Callable[[str], None],
    deadline_seconds: float | None = None,
) -> Deployment:
    """Bring every stack of an assembly to its template, creating or updating it.

    Args:
        assembly: its stacks come in the order of their dependencies.
        endpoint: where to.
        report: called with a line for each step.
        deadline_seconds: for each stack; None for five minutes on an emulator and an hour on AWS.
    """
    seconds = deadline_seconds or (
        AWS_DEADLINE_SECONDS if endpoint.is_aws else EMULATOR_DEADLINE_SECONDS
    )
    stubs: list[Stub] = []
    resources: dict[tuple[str, str], str] = {}
    outputs: dict[tuple[str, str], str] = {}
    for stack in assembly.stacks:
        deployer = StackDeployer(stack, endpoint, report)
        stubs += deployer.deploy(time.monotonic() + seconds)
        resources |= {(stack.name, name): value for name, value in deployer.resources()}
        outputs |= {(stack.name, name): value for name, value in deployer.outputs()}
    return Deployment(stubs=tuple(stubs), resources=resources, outputs=outputs)


class StackDeployer:
    """One stack on its way to its template."""

    def __init__(
        self, stack: AssemblyStack, endpoint: Endpoint, report: Callable[[str], None]
    ) -> None:
        self._stack = stack
        self._endpoint = endpoint
        self._report = report
        self._cloudformation = endpoint.client("cloudformation")
        account = endpoint.client("sts").get_caller_identity()["Account"]
        self._names = {
            "${AWS::AccountId}": account,
            "${AWS::Region}": endpoint.region,
            "${AWS::Partition}": "aws",
        }

    def deploy(self, deadline: float) -> tuple[Stub, ...]:
        """Create or update the stack and wait for it; returns what was stubbed."""
        unsupported: dict[str, str] = {}
        while True:
            template, stubs = stubbed(self._stack, self._endpoint, unsupported)
            try:
                self._bring_to(template, deadline)
            except DeploymentError as error:
                if not self._is_unsupported(error) or error.logical_id in unsupported:
                    raise
                unsupported[error.logical_id] = f"the endpoint says: {error.reason}"
            else:
                for stub in stubs:
                    self._report(f"{self._stack.name}: {stub.path} is a stub: {stub.reason}")
                return stubs

    def _is_unsupported(self, error: DeploymentError) -> bool:
        """Whether an emulator knows the resource's type and not one of its properties."""
        return (
            not self._endpoint.is_aws
            and error.logical_id in self._stack.template["Resources"]
            and "not supported" in error.reason
        )

    def _bring_to(self, template: Mapping[str, Any], deadline: float) -> None:
        if not self._endpoint.is_aws:
            self._bootstrap(template)
        for asset in self._stack.file_assets:
            self._upload(asset)
        since = time.time()
        if self._start(template):
            self._wait(deadline, since)

    def resources(self) -> Iterator[tuple[str, str]]:
        """Yield the logical and physical id of each resource."""
        pages = self._cloudformation.get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self._stack.name):
            for resource in page["StackResourceSummaries"]:
                yield resource["LogicalResourceId"], resource.get("PhysicalResourceId", "")

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Yield the name and value of each output."""
        described = self._describe() or {}
        for output in described.get("Outputs", []):
            yield output["OutputKey"], output["OutputValue"]

    def _resolved(self, text: str) -> str:
        for placeholder, value in self._names.items():
            text = text.replace(placeholder, value)
        return text

    def _bootstrap(self, template: Mapping[str, Any]) -> None:
        """Create on an emulator what `cdk bootstrap` would: the asset buckets, the version."""
        storage = self._endpoint.client("s3")
        existing = {bucket["Name"] for bucket in storage.list_buckets()["Buckets"]}
        for bucket in {self._resolved(a.bucket_name) for a in self._stack.file_assets} - existing:
            region = self._endpoint.region
            placement = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            storage.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else placement))
        parameters = self._endpoint.client("ssm")
        for parameter in template.get("Parameters", {}).values():
            name = str(parameter.get("Default", ""))
            if BOOTSTRAP_PARAMETER.match(name):
                parameters.put_parameter(
                    Name=name, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
                )

    def _upload(self, asset: FileAsset) -> None:
        bucket, key = self._resolved(asset.bucket_name), self._resolved(asset.object_key)
        storage = self._endpoint.client("s3")
        if upload_file_asset(storage, asset, bucket, key, compiled=self._endpoint.embedded):
            self._report(f"{self._stack.name}: uploaded {asset.path.name}")

    def _start(self, template: Mapping[str, Any]) -> bool:
        """Ask for the change; whether there is any."""
        body = json.dumps(template, separators=(",", ":"))
        request = {
            "StackName": self._stack.name,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **self._template_argument(body),
        }
        described = self._describe()
        if described and described["StackStatus"] in {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"}:
            # The remains of a first attempt: AWS allows nothing but their deletion.
            self._cloudformation.delete_stack(StackName=self._stack.name)
            while self._describe() is not None:
                self._pause()
            described = None
        errors = self._cloudformation.exceptions.ClientError
        try:
            if described is None:
                self._report(f"{self._stack.name}: creating")
                self._cloudformation.create_stack(**request)
            else:
                self._report(f"{self._stack.name}: updating")
                self._cloudformation.update_stack(**request)
        except errors as error:
            message = error.response["Error"]["Message"]
            if "No updates are to be performed" in message:
                self._report(f"{self._stack.name}: unchanged")
                return False
            raise DeploymentError(
                f"stack {self._stack.name} was refused by {self._endpoint.url or 'AWS'}: {message}"
            ) from error
        return True

    def _template_argument(self, body: str) -> dict[str, str]:
        buckets = [self._resolved(asset.bucket_name) for asset in self._stack.file_assets]
        if len(body.encode()) <= LARGEST_TEMPLATE_BODY or not buckets:
            return {"TemplateBody": body}
        key = f"{self._stack.name}.template.json"
        storage = self._endpoint.client("s3")
        storage.put_object(Bucket=buckets[0], Key=key, Body=body.encode())
        return {"TemplateURL": f"{storage.meta.endpoint_url}/{buckets[0]}/{key}"}

    def _describe(self) -> dict[str, Any] | None:
        try:
            stacks = self._cloudformation.describe_stacks(StackName=self._stack.name)["Stacks"]
        except self._cloudformation.exceptions.ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        described: dict[str, Any] = stacks[0]
        return None if described["StackStatus"] == "DELETE_COMPLETE" else described

    def _wait(self, deadline: float, since: float) -> None:
        status = "unknown"
        while time.monotonic() < deadline:
            described = self._describe()
            status = described["StackStatus"] if described else "DELETE_COMPLETE"
            if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                self._report(f"{self._stack.name}: {status}")
                return
            if not status.endswith("_IN_PROGRESS"):
                raise self._first_failure(status, since)
            self._pause()
        raise DeploymentError(
            f"stack {self._stack.name} is still {status} at its deadline: see its events on "
            f"{self._endpoint.url or 'the CloudFormation console'}"
        )

    def _pause(self) -> None:
        time.sleep(2.0 if self._endpoint.is_aws else 0.05)

    def _first_failure(self, status: str, since: float) -> DeploymentError:
        pages = self._cloudformation.get_paginator("describe_stack_events")
        events = [e for p in pages.paginate(StackName=self._stack.name) for e in p["StackEvents"]]
        for event in reversed(events):  # they come newest first
            logical_id = event["LogicalResourceId"]
            if (
                event["ResourceStatus"].endswith("_FAILED")
                and logical_id != self._stack.name
                and event["Timestamp"].timestamp() >= since - CLOCK_DIFFERENCE_SECONDS
            ):
                path = self._stack.construct_path(logical_id)
                reason = event.get("ResourceStatusReason", "no reason was given")
                return DeploymentError(
                    f"stack {self._stack.name} is {status}: {path} ({logical_id}): {reason}",
                    logical_id=logical_id,
                    reason=reason,
                )
        described = self._describe() or {}
        reason = described.get("StackStatusReason", "no reason was given")
        return DeploymentError(f"stack {self._stack.name} is {status}: {reason}", reason=reason)
