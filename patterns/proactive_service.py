"""Keeps headroom and scales under control: an Application Load Balancer and Fargate."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from patterns._acknowledgements import (
    ACCESS_LOG_BUCKET,
    NO_ACCESS_LOGS,
    NO_CERTIFICATE,
    NO_CONTAINER_INSIGHTS,
    NO_FIREWALL_OF_SERVICE,
    NO_FLOW_LOGS,
    PLAIN_VARIABLES,
    PUBLIC_ENTRY,
    REGISTRY_LOGIN,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_seconds, seconds, service, stack_of
from patterns._defaults import log_group
from patterns._flows import Sender, environment_name
from patterns._off import Off
from patterns._staging import LEFTOVERS, installed, source_package, staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aws_cdk import aws_certificatemanager as acm
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sns as sns

    from patterns._flows import Code

_AVAILABILITY_ZONES = 2
# AWS keeps five addresses of a subnet; a load balancer wants eight free ones in each
# (docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html).
_ADDRESSES_KEPT = 5
_ADDRESSES_OF_BALANCER = 8
_SUBNET_MASKS = range(17, 28)
# A deployment may start a full second set of tasks beside the first.
_DEPLOYMENT_FACTOR = 2
# docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html: Fargate
# waits at most 120 s between SIGTERM and SIGKILL.
_LONGEST_STOP_SECONDS = 120
# CPU units to the MB of memory they take: least, most, step (docs.aws.amazon.com/AmazonECS/
# latest/developerguide/fargate-tasks-services.html). 256 units take no 1.5 GB.
_MEMORY_MB = {
    256: range(512, 2048 + 1, 512),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
_NO_SUCH_MEMORY = (256, 1536)
_SCHEDULE = re.compile(r"^(cron|rate|at)\(.+\)$")
_ACCESS_LOG_DAYS = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledStep:
    """From a time of day on, another floor and ceiling.

    Attributes:
        at: Cron expression of Application Auto Scaling, e.g. "cron(30 6 ? * MON-FRI *)".
        min_tasks: Floor from then on.
        max_tasks: Ceiling from then on. None: as it is.
        time_zone: IANA name, e.g. "Asia/Tokyo". None: UTC.
    """

    at: str
    min_tasks: int
    max_tasks: int | None = None
    time_zone: str | None = None


class ProactiveService(Construct, Sender):
    """A service behind a load balancer that has room before the traffic comes.

    At least two tasks in two zones, scaled ahead of a CPU target and, if you say so, of the
    clock; a health check; a stop that finishes what it began; a deployment that rolls itself
    back, also when its tasks begin to answer 5xx. Tasks have public addresses but accept
    connections only from the load balancer: a NAT gateway, which has an hourly price, is made
    only if you ask.

    Hourly prices: the load balancer, each task, each public IPv4 address.

    Example:
        `ProactiveService(self, "Gateway", image=python_image("shop"),
        command=["python", "-m", "shop.gateway"])`

    Args:
        scope: Parent construct.
        construct_id: Also the hop's name in logs and spans.
        image: The container image, e.g. `python_image("shop")`.
        command: What the container runs. None: the image's own command.
        port: Port that the container listens on; it is told by PORT, and the address by HOST.
        cpu: CPU units of a task; 1024 are one vCPU.
        memory_mb: Memory of a task in MB. None: the least that Fargate gives to `cpu`.
        min_tasks: Floor, at least 2.
        max_tasks: Ceiling.
        cpu_target_percent: CPU use that target tracking aims at; the rest is headroom.
        steps: Floors and ceilings by the clock, for traffic that is known ahead.
        health_check_path: Answers 200 while the task can work.
        drain: How long open requests may go on after a task has left the load balancer.
            None: 20 s.
        stop_timeout: How long a stopping task has from SIGTERM on, longer than `drain`, at most
            120 s. None: 30 s.
        certificate: Serve HTTPS, and redirect HTTP to it. None: HTTP only.
        domain_name: Name that callers use, for which `certificate` is; its DNS record is yours to
            make. None: the load balancer's own name, which no certificate can be for.
        public: Reachable from the internet. If not, let callers inside the VPC in, by
            `load_balancer.connections.allow_default_port_from(caller)`.
        ipv6: Load balancer and subnets speak IPv6 too; your own VPC must.
        vpc: Your own VPC. None: one with two zones whose subnets hold `max_tasks` twice over, as
            a deployment needs, and have as much room again for the loss of a zone.
        nat_gateway: Put the tasks in private subnets behind one NAT gateway (hourly price). With
            your own VPC: put them in its private subnets, none is made.
        access_logs: Bucket for the load balancer's access logs, encrypted with S3's own keys; its
            policy is added to, where it is made in this app. None: one of its own, kept 90 days.
            `Off(reason)` for none.
        container_insights: Metrics of each task, billed by metric.
        environment: More environment variables.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        vpc, cluster, service, task_definition, container, load_balancer, target_group, scaling,
        container_logs: The inner resources.
        url: Base URL, without a slash at the end.
        alarms: By name: `server_errors`, `refused`, `unhealthy`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    vpc: ec2.IVpc
    cluster: ecs.Cluster
    task_definition: ecs.FargateTaskDefinition
    container: ecs.ContainerDefinition
    container_logs: logs.LogGroup
    service: ecs.FargateService
    load_balancer: elbv2.ApplicationLoadBalancer
    target_group: elbv2.ApplicationTargetGroup
    scaling: ecs.ScalableTaskCount
    url: str
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: ecs.ContainerImage,
        command: Sequence[str] | None = None,
        port: int = 8080,
        cpu: int = 256,
        memory_mb: int | None = None,
        min_tasks: int = 2,
        max_tasks: int = 10,
        cpu_target_percent: int = 60,
        steps: Sequence[ScheduledStep] = (),
        health_check_path: str = "/health",
        drain: cdk.Duration | None = None,
        stop_timeout: cdk.Duration | None = None,
        certificate: acm.ICertificate | None = None,
        domain_name: str | None = None,
        public: bool = True,
        ipv6: bool = False,
        vpc: ec2.IVpc | None = None,
        nat_gateway: bool = False,
        access_logs: s3.IBucket | Off | None = None,
        container_insights: bool = False,
        environment: Mapping[str, str] | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._id = construct_id
        self._told = dict(environment or {})
        drain = drain or in_seconds(20)
        stop_timeout = stop_timeout or in_seconds(30)
        _check_tasks(min_tasks, max_tasks, cpu_target_percent, steps)
        _check_stop(drain, stop_timeout)
        memory_mb = _memory(cpu, memory_mb)
        _check_entry(health_check_path, certificate, domain_name)
        if vpc is not None:
            _check_vpc(vpc, private=nat_gateway)
        self.vpc = vpc or self._make_vpc(
            _most_tasks(max_tasks, steps), nat_gateway=nat_gateway, ipv6=ipv6
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED
            if container_insights
            else ecs.ContainerInsights.DISABLED,
        )
        if not container_insights:
            acknowledge(self.cluster, NO_CONTAINER_INSIGHTS)
        self._make_task(image, command, port, cpu, memory_mb, stop_timeout, environment)
        self._make_load_balancer(
            certificate=certificate,
            public=public,
            ipv6=ipv6,
            health_check_path=health_check_path,
            drain=drain,
            port=port,
        )
        self.alarms = self._watch(alarms_to or operator_alarms(scope))
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=self.task_definition,
            desired_count=min_tasks,
            min_healthy_percent=100,
            max_healthy_percent=100 * _DEPLOYMENT_FACTOR,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            deployment_alarms=ecs.DeploymentAlarmConfig(
                alarm_names=[self.alarms["server_errors"].ref],
                behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM,
            ),
            assign_public_ip=not nat_gateway,
            vpc_subnets=ec2.SubnetSelection(
                subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                if nat_gateway
                else ec2.SubnetType.PUBLIC
            ),
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        self.service.attach_to_application_target_group(self.target_group)
        self._log_access(access_logs)
        self._scale(min_tasks, max_tasks, cpu_target_percent, steps)
        host = domain_name or self.load_balancer.load_balancer_dns_name
        self.url = f"{'https' if certificate else 'http'}://{host}"

    def _make_vpc(self, most_tasks: int, *, nat_gateway: bool, ipv6: bool) -> ec2.Vpc:
        mask = _subnet_mask(most_tasks)
        subnets = [
            ec2.SubnetConfiguration(
                name="Public",
                subnet_type=ec2.SubnetType.PUBLIC,
                cidr_mask=mask,
                ipv6_assign_address_on_creation=True if ipv6 else None,
            )
        ]
        if nat_gateway:
            subnets.append(
                ec2.SubnetConfiguration(
                    name="Private",
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS,
                    cidr_mask=mask,
                )
            )
        vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=_AVAILABILITY_ZONES,
            nat_gateways=1 if nat_gateway else 0,
            subnet_configuration=subnets,
            ip_protocol=ec2.IpProtocol.DUAL_STACK if ipv6 else None,
            # It would need a custom resource; nothing here uses the default group.
            restrict_default_security_group=False,
        )
        acknowledge(vpc, NO_FLOW_LOGS)
        return vpc

    def _make_task(
        self,
        image: ecs.ContainerImage,
        command: Sequence[str] | None,
        port: int,
        cpu: int,
        memory_mb: int,
        stop_timeout: cdk.Duration,
        environment: Mapping[str, str] | None,
    ) -> None:
        self.container_logs = log_group(self, "ContainerLogs")
        execution_role = iam.Role(
            self,
            "ExecutionRole",
            assumed_by=service("ecs-tasks.amazonaws.com"),
            description="Pulls the image and writes the container's logs",
        )
        self.task_definition = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=cpu,
            memory_limit_mib=memory_mb,
            execution_role=execution_role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.container = self.task_definition.add_container(
            "Container",
            image=image,
            command=list(command) if command else None,
            port_mappings=[ecs.PortMapping(container_port=port)],
            environment={
                "HOST": "0.0.0.0",  # noqa: S104 - all interfaces of the task, in its own network
                "PORT": str(port),
                "POWERTOOLS_SERVICE_NAME": self._id,
                **(environment or {}),
            },
            logging=ecs.LogDrivers.aws_logs(stream_prefix=self._id, log_group=self.container_logs),
            readonly_root_filesystem=True,
            stop_timeout=stop_timeout,
        )
        acknowledge(self.task_definition, PLAIN_VARIABLES)
        acknowledge(execution_role, REGISTRY_LOGIN)

    def _make_load_balancer(
        self,
        *,
        certificate: acm.ICertificate | None,
        public: bool,
        ipv6: bool,
        health_check_path: str,
        drain: cdk.Duration,
        port: int,
    ) -> None:
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=self.vpc,
            internet_facing=public,
            ip_address_type=elbv2.IpAddressType.DUAL_STACK if ipv6 else None,
            drop_invalid_header_fields=True,
        )
        self.target_group = elbv2.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=self.vpc,
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            deregistration_delay=drain,
            load_balancing_algorithm_type=(
                elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
            ),
            health_check=elbv2.HealthCheck(
                path=health_check_path,
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
                interval=in_seconds(10),
                timeout=in_seconds(5),
            ),
        )
        if certificate is None:
            listener = self.load_balancer.add_listener(
                "Http", port=80, open=public, default_target_groups=[self.target_group]
            )
            acknowledge(listener, NO_CERTIFICATE)
        else:
            self.load_balancer.add_redirect(open=public)
            self.load_balancer.add_listener(
                "Https",
                port=443,
                open=public,
                certificates=[certificate],
                ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
                default_target_groups=[self.target_group],
            )
        if public:
            acknowledge(self.load_balancer, NO_FIREWALL_OF_SERVICE)
            for group in self.load_balancer.connections.security_groups:
                acknowledge(group, PUBLIC_ENTRY)

    def _log_access(self, access_logs: s3.IBucket | Off | None) -> None:
        if isinstance(access_logs, Off):
            acknowledge(self.load_balancer, NO_ACCESS_LOGS.because(access_logs.reason))
            return
        if access_logs is not None and access_logs.encryption_key is not None:
            message = (
                f"access_logs={access_logs.node.path} is encrypted with a KMS key, under which a "
                "load balancer cannot write: give a bucket with encryption=S3_MANAGED"
            )
            raise ValueError(message)
        bucket = access_logs or self._access_log_bucket()
        account = stack_of(self).account
        # `log_access_logs()` needs a fixed region; this principal serves every region
        # (docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                principals=[service("logdelivery.elasticloadbalancing.amazonaws.com")],
                resources=[bucket.arn_for_objects(f"{self._id}/AWSLogs/{account}/*")],
            )
        )
        self.load_balancer.set_attribute("access_logs.s3.enabled", "true")
        self.load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
        self.load_balancer.set_attribute("access_logs.s3.prefix", self._id)
        if bucket.policy is not None:
            self.load_balancer.node.add_dependency(bucket.policy)

    def _access_log_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "LoadBalancerLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # The only encryption that log delivery writes under.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=cdk.Duration.days(_ACCESS_LOG_DAYS)),
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(bucket, ACCESS_LOG_BUCKET)
        return bucket

    def _scale(
        self, min_tasks: int, max_tasks: int, cpu_target: int, steps: Sequence[ScheduledStep]
    ) -> None:
        self.scaling = self.service.auto_scale_task_count(
            min_capacity=min_tasks, max_capacity=max_tasks
        )
        self.scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=cpu_target)
        for number, step in enumerate(steps, start=1):
            self.scaling.scale_on_schedule(
                f"Step{number}",
                schedule=autoscaling.Schedule.expression(step.at),
                min_capacity=step.min_tasks,
                max_capacity=step.max_tasks,
                time_zone=cdk.TimeZone.of(step.time_zone) if step.time_zone else None,
            )

    def _watch(self, alarms_to: sns.ITopic) -> dict[str, cloudwatch.CfnAlarm]:
        balancer = {"LoadBalancer": self.load_balancer.load_balancer_full_name}
        return {
            "server_errors": alarm(
                self,
                "ServerErrors",
                says=f"{self._id}: its tasks answer 5xx. Read the container's log.",
                namespace="AWS/ApplicationELB",
                metric="HTTPCode_Target_5XX_Count",
                dimensions=balancer,
                above=0,
                statistic="Sum",
                minutes=3,
                tells=alarms_to,
            ),
            "refused": alarm(
                self,
                "Refused",
                says=f"{self._id}: the load balancer answers 5xx itself: no healthy task, or "
                "one that hangs.",
                namespace="AWS/ApplicationELB",
                metric="HTTPCode_ELB_5XX_Count",
                dimensions=balancer,
                above=0,
                statistic="Sum",
                minutes=3,
                tells=alarms_to,
            ),
            "unhealthy": alarm(
                self,
                "Unhealthy",
                says=f"{self._id}: a task fails its health check.",
                namespace="AWS/ApplicationELB",
                metric="UnHealthyHostCount",
                dimensions={
                    **balancer,
                    "TargetGroup": self.target_group.target_group_full_name,
                },
                above=0,
                minutes=3,
                tells=alarms_to,
            ),
        }

    def address(self) -> tuple[str, str]:
        """A caller's environment variable for this service: `<ID>_URL`."""
        return environment_name(self._id, "URL"), self.url

    def grant_call(self, grantee: iam.IGrantable) -> None:
        """Nothing to grant: the network and the service's own authorisation decide."""

    def _code(self) -> Iterable[Code]:
        return [_Container(self.task_definition, self.container)]


class _Container:
    """The service's container as something that verbs can wire."""

    def __init__(
        self, task_definition: ecs.FargateTaskDefinition, container: ecs.ContainerDefinition
    ) -> None:
        self.grant_principal = task_definition.task_role.grant_principal
        self.add_environment = container.add_environment


def python_image(package: str, *, code: str = "functions") -> ecs.ContainerImage:
    """A container image of one package of your source root, with `pattern_runtime` beside it.

    It is built by `cdk deploy` from the Dockerfile inside the package; synthesis needs no Docker.
    In the build's context the package and `pattern_runtime` lie side by side.

    Args:
        package: Top-level package in the source root; its folder holds the Dockerfile.
        code: Source root, relative to where the app runs.

    Raises:
        ValueError: There is no such package, or it holds no Dockerfile.
    """
    folder = source_package(code, package)
    if not (folder / "Dockerfile").is_file():
        message = f"no Dockerfile in {folder}: python_image() builds the one it finds there"
        raise ValueError(message)
    context = staged({package: folder, "pattern_runtime": installed("pattern_runtime")})
    return ecs.ContainerImage.from_asset(
        context,
        file=str(Path(package) / "Dockerfile"),
        exclude=[f"{package}/events", *LEFTOVERS],
        follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,
        platform=ecr_assets.Platform.LINUX_ARM64,
    )


def _most_tasks(max_tasks: int, steps: Sequence[ScheduledStep]) -> int:
    return max([max_tasks, *(step.max_tasks or step.min_tasks for step in steps)])


def _subnet_mask(most_tasks: int) -> int:
    """The smallest subnet, one a zone, half of which holds a deployment and the load balancer.

    The other half is for the other zone's tasks, should that zone be lost; the largest subnet
    may be fuller.
    """
    tasks = math.ceil(most_tasks * _DEPLOYMENT_FACTOR / _AVAILABILITY_ZONES)
    addresses = tasks + _ADDRESSES_OF_BALANCER
    if addresses + _ADDRESSES_KEPT > 2 ** (32 - _SUBNET_MASKS.start):
        message = (
            f"max_tasks={most_tasks}: no subnet of a /16 network holds {tasks} tasks in each of "
            f"{_AVAILABILITY_ZONES} zones during a deployment: give your own vpc, or fewer and "
            "larger tasks"
        )
        raise ValueError(message)
    mask = 32 - math.ceil(math.log2(2 * addresses + _ADDRESSES_KEPT))
    return min(max(mask, _SUBNET_MASKS.start), _SUBNET_MASKS[-1])


def _check_tasks(
    min_tasks: int, max_tasks: int, cpu_target: int, steps: Sequence[ScheduledStep]
) -> None:
    for step in steps:
        if not _SCHEDULE.match(step.at):
            message = (
                f"step at {step.at!r}: give an expression of Application Auto Scaling, e.g. "
                '"cron(30 6 ? * MON-FRI *)"'
            )
            raise ValueError(message)
    floors = [min_tasks, *(step.min_tasks for step in steps)]
    for floor in floors:
        if floor < _AVAILABILITY_ZONES:
            message = (
                f"min_tasks={floor}: fewer than {_AVAILABILITY_ZONES} tasks means an outage when "
                "one stops or its zone fails: give 2 or more, or use ReactiveApi, which costs "
                "nothing idle"
            )
            raise ValueError(message)
    for floor, ceiling in [
        (min_tasks, max_tasks),
        *((step.min_tasks, step.max_tasks or max_tasks) for step in steps),
    ]:
        if ceiling < floor:
            message = (
                f"max_tasks={ceiling} is below min_tasks={floor}: the ceiling must be at least "
                "the floor"
            )
            raise ValueError(message)
    if not 10 <= cpu_target <= 90:
        message = (
            f"cpu_target_percent={cpu_target}: give 10 to 90; what is left of 100 is the headroom "
            "for the minutes until new tasks run"
        )
        raise ValueError(message)


def _check_stop(drain: cdk.Duration, stop_timeout: cdk.Duration) -> None:
    draining, stopping = seconds(drain), seconds(stop_timeout)
    if draining is None or stopping is None:
        return
    if stopping > _LONGEST_STOP_SECONDS:
        message = (
            f"stop_timeout of {stopping:g} s: Fargate waits {_LONGEST_STOP_SECONDS} s at most: "
            "give that or less"
        )
        raise ValueError(message)
    if draining >= stopping:
        message = (
            f"drain of {draining:g} s is not shorter than stop_timeout of {stopping:g} s: a task "
            "would be killed while it still serves: lengthen stop_timeout or shorten drain"
        )
        raise ValueError(message)


def _memory(cpu: int, memory_mb: int | None) -> int:
    if cpu not in _MEMORY_MB:
        message = (
            f"cpu={cpu}: Fargate has {', '.join(map(str, _MEMORY_MB))} units: give one of them"
        )
        raise ValueError(message)
    takes = _MEMORY_MB[cpu]
    if memory_mb is None:
        return takes.start
    if memory_mb not in takes or (cpu, memory_mb) == _NO_SUCH_MEMORY:
        message = (
            f"memory_mb={memory_mb}: Fargate gives {cpu} CPU units {takes.start} to {takes[-1]} MB "
            f"in steps of {takes.step}: give one of these, or leave it out"
        )
        raise ValueError(message)
    return memory_mb


def _check_vpc(vpc: ec2.IVpc, *, private: bool) -> None:
    zones = vpc.availability_zones
    if not cdk.Token.is_unresolved(zones) and len(zones) < _AVAILABILITY_ZONES:
        message = (
            f"vpc={vpc.node.path} has {len(zones)} zone: a load balancer and an outage of one zone "
            f"need {_AVAILABILITY_ZONES}: give a VPC with more zones"
        )
        raise ValueError(message)
    if not vpc.public_subnets and not private:
        message = (
            f"vpc={vpc.node.path} has no public subnets for the tasks: nat_gateway=True puts them "
            "in its private ones"
        )
        raise ValueError(message)
    if private and not vpc.private_subnets:
        message = (
            f"vpc={vpc.node.path} has no private subnets with a way out, and nat_gateway=True puts "
            "the tasks there: give it some, or leave nat_gateway out"
        )
        raise ValueError(message)


def _check_entry(
    health_check_path: str, certificate: acm.ICertificate | None, domain_name: str | None
) -> None:
    if certificate is not None and domain_name is None:
        message = (
            "certificate is given without domain_name, and no certificate is for the load "
            'balancer\'s own name: give the name it is for, e.g. "cars.example.com"'
        )
        raise ValueError(message)
    if not health_check_path.startswith("/"):
        message = f'health_check_path={health_check_path!r} must begin with "/", e.g. "/health"'
        raise ValueError(message)
