"""ProactiveService: what it promises, and what it refuses."""

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from patterns import ProactiveService, ScheduledStep, python_image
from tests.synth.conftest import Synthesized
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]


def attributes(balancer: Resource) -> dict[str, Any]:
    """A load balancer's or target group's attributes."""
    kind = balancer.type.removeprefix("AWS::ElasticLoadBalancingV2::")
    return {pair["Key"]: pair["Value"] for pair in balancer[f"{kind}Attributes"]}


def addresses(template: Template) -> int:
    """How many addresses a subnet has left beside AWS's five and the load balancer's eight."""
    smallest = min(
        ip_network(s["CidrBlock"]).num_addresses for s in template.all("EC2::Subnet", "Gateway")
    )
    return smallest - 5 - 8


def test_at_least_two_tasks_in_two_zones(template: Templates) -> None:
    """Two tasks, two subnets in two zones, and scaling between the floor and a ceiling."""
    stack = template("Service")
    service = stack.one("ECS::Service")
    scaling = stack.one("ApplicationAutoScaling::ScalableTarget")
    subnets = [
        stack.target(s) for s in service["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]
    ]

    assert service["DesiredCount"] == 2
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (2, 10)
    assert len({json.dumps(subnet["AvailabilityZone"]) for subnet in subnets}) == 2


def test_there_is_headroom(template: Templates) -> None:
    """Tasks are added at 60 % of CPU, or where you say."""
    for name, target in (("Service", 60), ("ServiceFull", 50)):
        policy = template(name).one("ApplicationAutoScaling::ScalingPolicy")
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        assert tracking["TargetValue"] == target
        metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
        assert metric == "ECSServiceAverageCPUUtilization"


def test_steps_move_floor_and_ceiling_by_the_clock(template: Templates) -> None:
    """Each step is a scheduled action in its time zone; a ceiling it leaves out stays."""
    scaling = template("ServiceFull").one("ApplicationAutoScaling::ScalableTarget")
    morning, night = scaling["ScheduledActions"]

    assert morning["Schedule"] == "cron(30 6 * * ? *)"
    assert morning["Timezone"] == "Asia/Tokyo"
    assert morning["ScalableTargetAction"] == {"MinCapacity": 50, "MaxCapacity": 200}
    assert night["ScalableTargetAction"] == {"MinCapacity": 4}


@pytest.mark.parametrize(("stack", "most"), [("Service", 10), ("ServiceFull", 200)])
def test_one_subnet_holds_twice_the_ceiling(template: Templates, stack: str, most: int) -> None:
    """Each task has a second one beside it during a deployment, and all fit into one zone."""
    assert addresses(template(stack)) >= 2 * most


def test_a_deployment_that_fails_rolls_back(template: Templates) -> None:
    """No task stops before its successor works, and a deployment that does not work is undone."""
    deployment = template("Service").one("ECS::Service")["DeploymentConfiguration"]

    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
    assert deployment["MaximumPercent"] == 200


@pytest.mark.parametrize(("stack", "drain", "stop"), [("Service", 20, 30), ("ServiceFull", 60, 90)])
def test_a_task_finishes_what_it_began(
    template: Templates, stack: str, drain: int, stop: int
) -> None:
    """Open requests drain for less time than a task is given to stop."""
    targets = template(stack).one("ElasticLoadBalancingV2::TargetGroup")
    task = template(stack).one("ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]

    assert attributes(targets)["deregistration_delay.timeout_seconds"] == str(drain)
    assert container["StopTimeout"] == stop > drain


def test_a_task_that_cannot_work_gets_nothing(template: Templates) -> None:
    """A task is asked for its health by path; two failures ten seconds apart take it out."""
    targets = template("Service").one("ElasticLoadBalancingV2::TargetGroup")

    assert targets["HealthCheckPath"] == "/health"
    assert targets["UnhealthyThresholdCount"] == 2
    assert targets["HealthCheckIntervalSeconds"] == 10
    assert template("Service").alarm("Gateway", "UnHealthyHostCount")


def test_a_task_is_told_where_to_listen(template: Templates) -> None:
    """The container gets HOST, PORT and its hop's name; its file system is read-only."""
    for name, port in (("Service", 8080), ("ServiceFull", 9000)):
        task = template(name).one("ECS::TaskDefinition")
        (container,) = task["ContainerDefinitions"]
        assert task.environment["HOST"] == "0.0.0.0"
        assert task.environment["PORT"] == str(port)
        assert task.environment["POWERTOOLS_SERVICE_NAME"] == "Gateway"
        assert container["PortMappings"][0]["ContainerPort"] == port
        assert container["ReadonlyRootFilesystem"] is True
    full = template("ServiceFull").one("ECS::TaskDefinition")
    assert full.environment["CURRENCY"] == "JPY"
    assert full["ContainerDefinitions"][0]["Command"] == ["serve"]


def test_memory_follows_the_cpu(template: Templates) -> None:
    """A task has a quarter of a vCPU, and the least memory that Fargate gives to its CPU."""
    for name, cpu, memory in (("Service", "256", "512"), ("ServiceFull", "1024", "2048")):
        task = template(name).one("ECS::TaskDefinition")
        assert (task["Cpu"], task["Memory"]) == (cpu, memory)


def test_tasks_accept_only_the_load_balancer(template: Templates) -> None:
    """A task has a public address for want of a NAT gateway, and a door for the balancer alone."""
    stack = template("Service")
    service = stack.one("ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    group = stack.target(service["SecurityGroups"][0])
    ingress = stack.one("EC2::SecurityGroupIngress")

    assert service["AssignPublicIp"] == "ENABLED"
    assert "SecurityGroupIngress" not in group.properties
    assert stack.target(ingress["GroupId"]) == group
    source = stack.target(ingress["SourceSecurityGroupId"])
    assert source.path == "Gateway/LoadBalancer/SecurityGroup/Resource"
    assert ingress["FromPort"] == ingress["ToPort"] == 8080


def test_private_tasks_are_a_choice(template: Templates) -> None:
    """nat_gateway=True puts the tasks in private subnets, behind one gateway."""
    stack = template("ServiceFull")
    service = stack.one("ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert service["AssignPublicIp"] == "DISABLED"
    assert all("Private" in stack.target(subnet).path for subnet in service["Subnets"])
    assert len(stack.all("EC2::NatGateway")) == 1


def test_a_certificate_serves_https_alone(template: Templates) -> None:
    """HTTPS with a current policy; HTTP is only redirected; callers get the certificate's name."""
    stack = template("ServiceFull")
    listeners = {each["Port"]: each for each in stack.all("ElasticLoadBalancingV2::Listener")}

    assert listeners[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert listeners[443]["SslPolicy"].startswith("ELBSecurityPolicy-TLS13")
    assert listeners[443]["Certificates"][0]["CertificateArn"].startswith("arn:aws:acm:")
    caller = stack.one("Lambda::Function", "Caller")
    assert caller.environment["GATEWAY_URL"] == "https://shop.example"


def test_a_caller_gets_the_load_balancers_url(template: Templates) -> None:
    """Without a certificate, calls() gives the load balancer's own name over HTTP."""
    url = template("Service").one("Lambda::Function", "Caller").environment["GATEWAY_URL"]

    assert url["Fn::Join"][1][0] == "http://"
    assert url["Fn::Join"][1][1]["Fn::GetAtt"][1] == "DNSName"


def test_ipv6_is_spoken_if_asked_for(template: Templates) -> None:
    """Load balancer and subnets have addresses of both kinds, and both kinds may come in."""
    stack = template("ServiceOwnLogs")
    group = stack.one("EC2::SecurityGroup", "Gateway/LoadBalancer")

    balancer = stack.one("ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["IpAddressType"] == "dualstack"
    assert all("Ipv6CidrBlock" in subnet.properties for subnet in stack.all("EC2::Subnet"))
    assert {rule.get("CidrIpv6") for rule in group["SecurityGroupIngress"]} >= {"::/0"}


def test_a_private_service_lets_nobody_in_unasked(template: Templates) -> None:
    """An internal load balancer opens no port, neither for HTTPS nor for its redirect."""
    stack = template("ServicePrivate")
    balancer = stack.one("ElasticLoadBalancingV2::LoadBalancer")
    group = stack.one("EC2::SecurityGroup", "Gateway/LoadBalancer")

    assert balancer["Scheme"] == "internal"
    assert not group.get("SecurityGroupIngress")


def test_your_own_vpc_is_used(template: Templates) -> None:
    """A service in your own VPC makes none, and no gateway."""
    stack = template("ServicePrivate")
    service = stack.one("ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert not stack.all("EC2::VPC", "Gateway")
    assert not stack.all("EC2::NatGateway", "Gateway")
    assert all("Mine/PrivateSubnet" in stack.target(s).path for s in service["Subnets"])


def test_access_is_logged_for_ninety_days(template: Templates) -> None:
    """The load balancer logs to a bucket of its own that forgets, and that it may write to."""
    stack = template("Service")
    bucket = stack.one("S3::Bucket")
    logs = attributes(stack.one("ElasticLoadBalancingV2::LoadBalancer"))

    assert logs["access_logs.s3.enabled"] == "true"
    assert stack.target(logs["access_logs.s3.bucket"]) == bucket
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90
    policy = stack.one("S3::BucketPolicy")
    (allow,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert allow["Action"] == "s3:PutObject"
    assert policy.logical_id in stack.one("ElasticLoadBalancingV2::LoadBalancer").body["DependsOn"]


def test_access_is_logged_to_your_own_bucket(template: Templates) -> None:
    """Your own bucket gets the logs and the policy for them; none is made."""
    stack = template("ServiceOwnLogs")
    logs = attributes(stack.one("ElasticLoadBalancingV2::LoadBalancer"))

    assert stack.target(logs["access_logs.s3.bucket"]).path == "Mine/Resource"
    assert "logdelivery.elasticloadbalancing" in json.dumps(stack.one("S3::BucketPolicy").body)


def test_no_access_logs_are_a_choice(template: Templates) -> None:
    """Off(reason) makes no bucket."""
    stack = template("ServicePrivate")

    assert not stack.all("S3::Bucket")
    assert "access_logs.s3.enabled" not in attributes(
        stack.one("ElasticLoadBalancingV2::LoadBalancer")
    )


def test_metrics_of_each_task_are_a_choice(template: Templates) -> None:
    """Container Insights, billed by metric, is on only if asked for."""
    for name, value in (("Service", "disabled"), ("ServiceFull", "enabled")):
        (setting,) = template(name).one("ECS::Cluster")["ClusterSettings"]
        assert setting == {"Name": "containerInsights", "Value": value}


def test_a_task_has_two_roles_of_little_power(template: Templates) -> None:
    """The service's role may do what verbs gave it; another pulls the image and writes logs."""
    stack = template("ServiceFull")
    task = stack.one("ECS::TaskDefinition")
    running = stack.may(stack.target(task["TaskRoleArn"]))
    starting = stack.may(stack.target(task["ExecutionRoleArn"]))

    assert set(running) == {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
    assert starting["logs:PutLogEvents"] == ["Gateway/ContainerLogs/Resource"]
    assert {a.split(":")[0] for a in starting} == {"logs", "ecr"}
    assert stack.target(task.environment["ORDERS_QUEUE_URL"]).path == "Orders/Queue/Resource"


def test_an_image_is_built_from_the_package(synthesized: Synthesized) -> None:
    """The build's context holds the package and pattern_runtime side by side, no events."""
    assets = json.loads((synthesized.directory / "Service.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    context = synthesized.directory / image["source"]["directory"]

    assert image["source"]["dockerFile"] == "shop/Dockerfile"
    assert (context / "shop" / "Dockerfile").is_file()
    assert (context / "pattern_runtime" / "__init__.py").is_file()
    assert not list(context.rglob("*.pyc"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"min_tasks": 0}, ["min_tasks=0", "fewer than 2", "give 2 or more", "ReactiveApi"]),
        (
            {"steps": [ScheduledStep(at="cron(0 0 * * ? *)", min_tasks=1)]},
            ["min_tasks=1", "fewer than 2"],
        ),
        ({"max_tasks": 1}, ["max_tasks=1", "below min_tasks=2", "at least"]),
        (
            {"steps": [ScheduledStep(at="cron(0 0 * * ? *)", min_tasks=11)]},
            ["max_tasks=10", "below min_tasks=11"],
        ),
        (
            {"steps": [ScheduledStep(at="06:30", min_tasks=2)]},
            ["'06:30'", "Application Auto Scaling", "cron(30 6"],
        ),
        ({"cpu_target_percent": 95}, ["cpu_target_percent=95", "10 to 90", "headroom"]),
        ({"stop_timeout": cdk.Duration.seconds(121)}, ["121 s", "120 s at most", "or less"]),
        (
            {"drain": cdk.Duration.seconds(30)},
            ["drain of 30 s", "stop_timeout of 30 s", "lengthen stop_timeout or shorten drain"],
        ),
        ({"cpu": 300}, ["cpu=300", "256, 512", "give one of them"]),
        (
            {"cpu": 1024, "memory_mb": 512},
            ["memory_mb=512", "2048 to 8192 MB", "leave it out"],
        ),
        ({"memory_mb": 1536}, ["memory_mb=1536", "give one of these"]),
        ({"health_check_path": "health"}, ["'health'", 'begin with "/"']),
        ({"max_tasks": 40_000}, ["max_tasks=40000", "/16", "own vpc, or fewer and larger"]),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, code: str, settings: dict[str, Any], words: list[str]
) -> None:
    """A value that AWS refuses, or that would make an outage, is an error at once."""
    with refused(*words):
        ProactiveService(stack, "Gateway", image=python_image("shop", code=code), **settings)


def test_fails_if_a_certificate_has_no_name(stack: cdk.Stack, code: str) -> None:
    """No certificate is for a load balancer's own name, so callers need the one it is for."""
    certificate = acm.Certificate.from_certificate_arn(
        stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/1"
    )

    with refused("certificate is given without domain_name", "give the name it is for"):
        ProactiveService(
            stack,
            "Gateway",
            image=python_image("shop", code=code),
            certificate=certificate,
        )


@pytest.mark.parametrize(
    ("vpc", "settings", "words"),
    [
        ({"max_azs": 1}, {}, ["1 zone", "give a VPC with more zones"]),
        (
            {
                "subnet_configuration": [
                    ec2.SubnetConfiguration(
                        name="Inner", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED
                    )
                ]
            },
            {},
            ["no public subnets", "nat_gateway=True"],
        ),
        (
            {
                "nat_gateways": 0,
                "subnet_configuration": [
                    ec2.SubnetConfiguration(name="Outer", subnet_type=ec2.SubnetType.PUBLIC)
                ],
            },
            {"nat_gateway": True},
            ["no private subnets", "leave nat_gateway out"],
        ),
    ],
)
def test_fails_if_your_own_vpc_has_no_room(
    stack: cdk.Stack, code: str, vpc: dict[str, Any], settings: dict[str, Any], words: list[str]
) -> None:
    """Your own VPC must have two zones, and subnets of the kind the tasks are put in."""
    mine = ec2.Vpc(stack, "Mine", restrict_default_security_group=False, **vpc)

    with refused("vpc=", "Mine", *words):
        ProactiveService(
            stack, "Gateway", image=python_image("shop", code=code), vpc=mine, **settings
        )


def test_fails_if_logs_cannot_be_delivered(stack: cdk.Stack, code: str) -> None:
    """A load balancer cannot write to a bucket under a KMS key."""
    bucket = s3.Bucket(stack, "Mine", encryption_key=kms.Key(stack, "Key"))

    with refused("Mine is encrypted with a KMS key", "encryption=S3_MANAGED"):
        ProactiveService(
            stack, "Gateway", image=python_image("shop", code=code), access_logs=bucket
        )


def test_fails_if_there_is_no_dockerfile(code: str) -> None:
    """python_image() builds the Dockerfile inside the package."""
    with refused("no Dockerfile in", str(Path(code, "other")), "it finds there"):
        python_image("other", code=code)


def test_fails_if_there_is_no_package(code: str) -> None:
    """The package is looked for in the source root, which the message names."""
    with refused("no package 'shopp'", code, "name the root by code="):
        python_image("shopp", code=code)
