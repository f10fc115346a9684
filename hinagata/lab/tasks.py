"""Fargate without containers: each task of a service is a process of this machine.

What ECS does for a service is done here for the embedded endpoint and others like it, which keep
records of tasks and run none: the desired number of tasks, the task role's credentials, the
target group, replacement of what crashed, the log group, SIGTERM and the stop timeout. On AWS
there is nothing to do.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from hinagata.assembly.cloud_assembly import CloudAssembly, ImageAsset
from hinagata.errors import HinagataError
from hinagata.lab.deployment import Deployment
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.log_shipping import LogShipper

HEALTHY_SECONDS = 30.0  # from start to the first passed health check
DEFAULT_STOP_SECONDS = 30.0  # ECS's own, when a container does not say
# ECS would go on for ever, with pauses; a run on a laptop should end and say so.
MOST_REPLACEMENTS = 10
LOOPBACK = "127.0.0.1"
# In the folder of a run: a file for each port of a task, with the id of its process.
PROCESSES = "tasks"
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


class TaskError(HinagataError):
    """A service's tasks cannot be run or do not become healthy."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service as ECS describes it, and the folder its image is made of."""

    name: str
    desired_count: int
    target_group: str | None
    task_role: str | None
    container: Mapping[str, Any]
    image: Path

    @property
    def stop_seconds(self) -> float:
        """How long a task has between SIGTERM and SIGKILL."""
        return float(self.container.get("stopTimeout") or DEFAULT_STOP_SECONDS)


class TaskSupervisor:
    """The tasks of every service of a deployment, running and healthy while the context lasts.

    Args:
        deployment: of the assembly.
        assembly: whose image assets say which folder an image is made of.
        endpoint: where it was deployed.
        workdir: folder for the tasks' temporary files.
        tasks_endpoint: where the tasks find AWS. Default: the endpoint itself.

    Example:
        >>> with TaskSupervisor(deployment, assembly, endpoint, workdir):  # doctest: +SKIP
        ...     send_requests()
    """

    def __init__(
        self,
        deployment: Deployment,
        assembly: CloudAssembly,
        endpoint: Endpoint,
        workdir: Path,
        *,
        tasks_endpoint: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._workdir = workdir
        self._tasks_endpoint = tasks_endpoint or str(endpoint.url)
        self._images = {
            image.tag: image for stack in assembly.stacks for image in stack.image_assets
        }
        self._service_arns = [
            arn for arn in deployment.resources.values() if ":ecs:" in arn and ":service/" in arn
        ]
        self._places: list[TaskPlace] = []
        self._stopping = threading.Event()

    @property
    def pids(self) -> list[int]:
        """The process ids of the tasks that run now."""
        return [place.pid for place in self._places if place.pid is not None]

    def __enter__(self) -> Self:
        if self._endpoint.is_aws:
            return self
        try:
            for service in self._services():
                for _ in range(service.desired_count):
                    place = TaskPlace(
                        service, self._endpoint, self._workdir, self._stopping, self._tasks_endpoint
                    )
                    self._places.append(place)
                    place.start()
            deadline = time.monotonic() + HEALTHY_SECONDS
            for place in self._places:
                place.wait_healthy(deadline)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        for place in self._places:
            place.ask_to_stop()
        for place in self._places:
            place.finish()
        self._places.clear()
        shutil.rmtree(self._workdir / PROCESSES, ignore_errors=True)

    def _services(self) -> list[Service]:
        ecs = self._endpoint.client("ecs")
        found = []
        for arn in self._service_arns:
            cluster = arn.split("/")[1]
            service = ecs.describe_services(cluster=cluster, services=[arn])["services"][0]
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
            task = definition["taskDefinition"]
            balanced = service.get("loadBalancers", [])
            wanted = balanced[0]["containerName"] if balanced else None
            container = next(
                each
                for each in task["containerDefinitions"]
                if wanted in (None, each["name"]) and each.get("essential", True)
            )
            found.append(
                Service(
                    name=service["serviceName"],
                    desired_count=service["desiredCount"],
                    target_group=balanced[0]["targetGroupArn"] if balanced else None,
                    task_role=task.get("taskRoleArn"),
                    container=container,
                    image=self._image(container["image"], service["serviceName"]).directory,
                )
            )
        return found

    def _image(self, uri: str, service: str) -> ImageAsset:
        image = self._images.get(uri.rpartition(":")[2])
        if image is None:
            raise TaskError(
                f"the image {uri} of service {service} is no asset of the app, so it cannot be run "
                "here: build it from a folder with ContainerImage.from_asset"
            )
        return image


class TaskPlace:
    """One task's place in a service: its process, and the next one when that has crashed."""

    def __init__(
        self,
        service: Service,
        endpoint: Endpoint,
        workdir: Path,
        stopping: threading.Event,
        tasks_endpoint: str,
    ) -> None:
        self._service = service
        self._endpoint = endpoint
        self._tasks_endpoint = tasks_endpoint
        self._processes = workdir / PROCESSES
        self._temporary = Path(tempfile.mkdtemp(prefix="task-", dir=workdir))
        self._stopping = stopping
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._task_id = ""
        self._shipper: LogShipper | None = None
        self._replacements = 0
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    @property
    def pid(self) -> int | None:
        """The process that leads the task's group, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the first task and replace it from now on."""
        self._launch()
        self._keeper.start()

    def wait_healthy(self, deadline: float) -> None:
        """Return when the task takes requests, or has started if it takes none."""
        while self._service.target_group is not None:
            if self._target_state() == "healthy":
                return
            if self._replacements > MOST_REPLACEMENTS or time.monotonic() > deadline:
                raise TaskError(
                    f"the tasks of service {self._service.name} did not become healthy within "
                    f"{HEALTHY_SECONDS:.0f} s; the last that one said: {self._last_words()}"
                )
            self._stopping.wait(0.05)

    def ask_to_stop(self) -> None:
        """Take the task out of the target group and send SIGTERM."""
        with self._lock:
            self._deregister()
            self._signal(signal.SIGTERM)

    def finish(self) -> None:
        """Wait for the task until its stop timeout, then kill it."""
        process = self._process
        if process is None:
            return
        try:
            process.wait(self._service.stop_seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._signal(signal.SIGKILL)  # also what the task has left behind
            process.wait()
        if self._keeper.ident is not None:
            self._keeper.join()
        self._close_pipes(process)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            process = cast("subprocess.Popen[bytes]", self._process)  # started before this thread
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            with self._lock:
                if self._stopping.is_set():
                    return
                self._deregister()
                self._replacements += 1
                if self._replacements > MOST_REPLACEMENTS:
                    return
                self._close_pipes(process)
                self._launch()

    def _launch(self) -> None:
        self._port = free_port()
        self._task_id = uuid.uuid4().hex
        command = [
            sys.executable if word in {"python", "python3"} else word
            for word in [
                *(self._service.container.get("entryPoint") or []),
                *(self._service.container.get("command") or []),
            ]
        ]
        if not command:
            raise TaskError(
                f"the container of service {self._service.name} has no command in its task "
                "definition, and the one in its image is not read here: give it one"
            )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hinagata.lab.leash", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._service.image,
            env=self._environment(),
            start_new_session=True,
        )
        self._processes.mkdir(exist_ok=True)
        (self._processes / str(self._port)).write_text(str(self._process.pid))
        output = cast("IO[bytes]", self._process.stdout)
        self._shipper = LogShipper(output, self._endpoint, self._service.container, self._task_id)
        if self._service.target_group is not None:
            self._endpoint.client("elbv2").register_targets(
                TargetGroupArn=self._service.target_group, Targets=[self._target()]
            )

    def _environment(self) -> dict[str, str]:
        temporary = str(self._temporary)
        environment = {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "HOME": temporary,  # no ~/.aws of the user
            "TMPDIR": temporary,
            "PYTHONUNBUFFERED": "1",
            **{each["name"]: each["value"] for each in self._service.container["environment"]},
            "HOST": LOOPBACK,
            "PORT": str(self._port),
            "AWS_ENDPOINT_URL": self._tasks_endpoint,
            "AWS_REGION": self._endpoint.region,
            "AWS_DEFAULT_REGION": self._endpoint.region,
        }
        if self._service.task_role is not None:
            session = self._endpoint.client("sts").assume_role(
                RoleArn=self._service.task_role, RoleSessionName=self._task_id
            )["Credentials"]
            environment |= {
                "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["SessionToken"],
            }
        return environment

    def _target(self) -> dict[str, Any]:
        return {"Id": LOOPBACK, "Port": self._port}

    def _target_state(self) -> str:
        described = self._endpoint.client("elbv2").describe_target_health(
            TargetGroupArn=self._service.target_group, Targets=[self._target()]
        )["TargetHealthDescriptions"]
        return str(described[0]["TargetHealth"]["State"]) if described else "unused"

    def _deregister(self) -> None:
        if self._service.target_group is not None:
            self._endpoint.client("elbv2").deregister_targets(
                TargetGroupArn=self._service.target_group, Targets=[self._target()]
            )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _close_pipes(self, process: subprocess.Popen[bytes]) -> None:
        """Let go of a task that has ended, when all that it said is in the log."""
        if self._shipper is not None:
            self._shipper.close()
        cast("IO[bytes]", process.stdin).close()

    def _last_words(self) -> str:
        return self._shipper.last_line if self._shipper is not None else "nothing"


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
        return port
