"""The sample ConnectedCar: sized for its cars, wired as in the picture, safe to deploy again."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.synth.template import Template
from tests.synth.test_stateful_ids import stateful

Templates = Callable[[str], Template]


@pytest.mark.parametrize(
    ("stack", "shards", "floor", "ceiling"),
    [("ConnectedCar", 1, 2, 4), ("MillionCars", 17, 84, 168)],
)
def test_it_is_sized_for_its_cars(
    template: Templates, stack: str, shards: int, floor: int, ceiling: int
) -> None:
    """A report a minute from each car: a million need 17 shards, and 84 tasks by day."""
    car = template(stack)
    scaling = car.one("ApplicationAutoScaling::ScalableTarget")
    morning, night = (step["ScalableTargetAction"] for step in scaling["ScheduledActions"])

    assert car.one("Kinesis::Stream")["ShardCount"] == shards
    assert (morning["MinCapacity"], scaling["MaxCapacity"]) == (floor, ceiling)
    assert night["MinCapacity"] == 2


def test_more_cars_replace_nothing(template: Templates) -> None:
    """For a million cars the resources are the same as for a thousand, with other numbers."""
    small, large = (template(name).resources.values() for name in ("ConnectedCar", "MillionCars"))

    assert Counter(each.type for each in small) == Counter(each.type for each in large)
    assert stateful(template("ConnectedCar")) == stateful(template("MillionCars"))


@pytest.mark.parametrize(
    ("hop", "variables"),
    [
        (
            "DeviceGateway",
            {
                "TELEMETRY_STREAM_NAME": "Telemetry/Stream/Resource",
                "COMMAND_MAILBOX_TABLE_NAME": "CommandMailbox/Resource",
                "GATEWAY_TOKEN_SECRET_ARN": "GatewayToken/Resource",
            },
        ),
        (
            "Ingest",
            {
                "VEHICLE_STATE_TABLE_NAME": "VehicleState/Resource",
                "VEHICLE_EVENTS_TOPIC_ARN": "VehicleEvents/Topic/Resource",
            },
        ),
        ("HealthCheck", {}),
        ("TheftTracking", {"IDEMPOTENCY_TABLE_NAME": "TheftTracking/Idempotency/Resource"}),
        ("PartnerFeed", {"RETRIES_QUEUE_URL": "Retries/Queue/Resource"}),
        ("PartnerRetry", {}),
        ("CommandApi", {"COMMANDS_QUEUE_URL": "Commands/Queue/Resource"}),
        ("CommandDelivery", {"GATEWAY_TOKEN_SECRET_ARN": "GatewayToken/Resource"}),
    ],
)
def test_each_hop_knows_what_it_works_with(
    template: Templates, hop: str, variables: dict[str, str]
) -> None:
    """A hop's code has the variables that it reads, and each names the resource meant."""
    car = template("ConnectedCar")
    (code,) = [*car.all("Lambda::Function", hop), *car.all("ECS::TaskDefinition", hop)]

    told = {
        name: found.path
        for name, value in code.environment.items()
        if (found := car.refers(value)) is not None
    }
    assert code.environment["POWERTOOLS_SERVICE_NAME"] == hop
    assert told == variables


@pytest.mark.parametrize(
    ("hop", "actions"),
    [
        ("DeviceGateway", {"kinesis", "dynamodb", "secretsmanager"}),
        ("Ingest", {"logs", "xray", "kinesis", "dynamodb", "sns", "sqs"}),
        ("HealthCheck", {"logs", "xray", "sqs"}),
        ("TheftTracking", {"logs", "xray", "sqs", "dynamodb"}),
        ("PartnerFeed", {"logs", "xray", "sqs"}),
        ("PartnerRetry", {"logs", "xray", "sqs"}),
        ("CommandApi", {"logs", "xray", "sqs"}),
        ("CommandDelivery", {"logs", "xray", "sqs", "secretsmanager"}),
    ],
)
def test_each_hop_may_do_its_work_alone(template: Templates, hop: str, actions: set[str]) -> None:
    """A hop's role allows the services on its path in the picture, and no other."""
    car = template("ConnectedCar")
    (code,) = [*car.all("Lambda::Function", hop), *car.all("ECS::TaskDefinition", hop)]

    assert {action.split(":")[0] for action in car.may(car.role(code))} == actions


def test_followers_get_what_concerns_them(template: Templates) -> None:
    """Health checks follow telemetry, theft tracking follows alarms, the partner gets all."""
    car = template("ConnectedCar")
    filters = {
        each.path.removeprefix("VehicleEvents/To").removesuffix("/Resource"): each.get(
            "FilterPolicy"
        )
        for each in car.all("SNS::Subscription")
    }

    assert filters == {
        "HealthChecks": {"type": ["vehicle.telemetry"]},
        "TheftReports": {"type": ["vehicle.alarm"]},
        "PartnerUpdates": None,
    }


def test_retries_cannot_starve_the_rest(template: Templates) -> None:
    """The partner's retries run two at a time, and a message is tried ten times."""
    car = template("ConnectedCar")

    mapping = car.one("Lambda::EventSourceMapping", "PartnerRetry")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert car.one("SQS::Queue", "Retries/Queue")["RedrivePolicy"]["maxReceiveCount"] == 10


def test_a_command_is_one_of_four(template: Templates) -> None:
    """The API answers 400 to what is no command, before any code runs."""
    model = template("ConnectedCar").one("ApiGateway::Model")

    assert model["Schema"]["required"] == ["command"]
    assert model["Schema"]["properties"]["command"]["enum"] == [
        "lock",
        "unlock",
        "immobilise",
        "honk",
    ]


def test_tables_can_be_restored_and_stay(template: Templates) -> None:
    """The cars' tables have point-in-time recovery, and stay when the stack goes."""
    car = template("ConnectedCar")

    for name in ("VehicleState", "CommandMailbox"):
        table = car.one("DynamoDB::Table", name)
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}
        assert table.body["DeletionPolicy"] == "Retain"
    ttl = car.one("DynamoDB::Table", "CommandMailbox")["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expires_at", "Enabled": True}


def test_its_addresses_are_its_only_outputs(template: Templates) -> None:
    """A deployment tells the gateway's and the API's URL."""
    assert template("ConnectedCar").document["Outputs"].keys() == {"GatewayUrl", "CommandApiUrl"}
