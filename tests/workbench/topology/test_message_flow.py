"""The way of messages through a template, told from its references alone."""

from typing import Any

from hinagata.topology.message_flow import MessageFlow, read_flow, references


def function(hop: str, **variables: object) -> dict[str, Any]:
    """Return a function that is a hop."""
    values = {"POWERTOOLS_SERVICE_NAME": hop, **variables}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": values}},
    }


def queue(dead_letters: str) -> dict[str, Any]:
    """Return a queue with a dead-letter queue."""
    policy = {"deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]}, "maxReceiveCount": 3}
    return {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": policy}}


def mapping(source: str, target: str, **properties: object) -> dict[str, Any]:
    """Return an event source mapping."""
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": [source, "Arn"]},
            "FunctionName": {"Ref": target},
            **properties,
        },
    }


def subscription(topic: str, target: str) -> dict[str, Any]:
    """Return a subscription of a queue, which has a dead-letter queue of its own."""
    return {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": topic},
            "Endpoint": {"Fn::GetAtt": [target, "Arn"]},
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Undelivered", "Arn"]}},
        },
    }


# Gateway -> Stream -> Ingest -> Topic -> {HealthQueue -> Health, PartnerQueue -> Partner};
# Api -> Commands -> Delivery -> Gateway, by way of its load balancer.
RESOURCES: dict[str, Any] = {
    "GatewayTask": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "ContainerDefinitions": [
                {
                    "Environment": [
                        {"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gateway"},
                        {"Name": "STREAM_NAME", "Value": {"Ref": "Stream"}},
                    ]
                }
            ]
        },
    },
    "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    "Stream": {"Type": "AWS::Kinesis::Stream"},
    "StreamMapping": mapping(
        "Stream",
        "Ingest",
        DestinationConfig={"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
    ),
    "Failures": {"Type": "AWS::SQS::Queue"},
    "Ingest": function("Ingest", TOPIC_ARN={"Ref": "Topic"}, TABLE_NAME={"Ref": "Table"}),
    "Table": {"Type": "AWS::DynamoDB::Table"},
    "Topic": {"Type": "AWS::SNS::Topic"},
    "ToHealth": subscription("Topic", "HealthQueue"),
    "ToPartner": subscription("Topic", "PartnerQueue"),
    "Undelivered": {"Type": "AWS::SQS::Queue"},
    "HealthQueue": queue("HealthDead"),
    "HealthDead": {"Type": "AWS::SQS::Queue"},
    "HealthMapping": mapping("HealthQueue", "Health"),
    "Health": function("Health"),
    "PartnerQueue": queue("PartnerDead"),
    "PartnerDead": {"Type": "AWS::SQS::Queue"},
    "PartnerMapping": mapping("PartnerQueue", "Partner"),
    "Partner": function("Partner"),
    "Api": function("Api", QUEUE_URL={"Ref": "Commands"}),
    "Commands": {"Type": "AWS::SQS::Queue"},
    "CommandsMapping": mapping("Commands", "Delivery"),
    "Delivery": function(
        "Delivery", GATEWAY_URL={"Fn::Sub": "http://${Balancer.DNSName}:${AWS::Region}"}
    ),
    "Helper": {"Type": "AWS::Lambda::Function", "Properties": {}},
}


def flow() -> MessageFlow:
    """Return the flow of the template above."""
    paths = {"Balancer": "Stack/Gateway/Balancer/Resource"}
    return read_flow({"Resources": RESOURCES}, lambda name: paths.get(name, f"Stack/{name}"))


def test_what_runs_code_under_a_name_is_a_hop() -> None:
    """Functions and containers tell their hop by a variable; a function without one is none."""
    assert flow().hops == {
        "GatewayTask": "Gateway",
        "Ingest": "Ingest",
        "Health": "Health",
        "Partner": "Partner",
        "Api": "Api",
        "Delivery": "Delivery",
    }


def test_messages_go_where_code_is_told_to_send_them() -> None:
    """Through a stream, a topic, a queue, or the load balancer of a service; not to a table."""
    leads_to = flow().leads_to

    assert leads_to["GatewayTask"] == {"Stream"}
    assert leads_to["Stream"] == {"Ingest"}
    assert leads_to["Ingest"] == {"Topic"}
    assert leads_to["Topic"] == {"HealthQueue", "PartnerQueue"}
    assert leads_to["HealthQueue"] == {"Health"}
    assert leads_to["Delivery"] == {"GatewayTask"}


def test_dead_letters_belong_to_the_hop_that_did_not_get_through() -> None:
    """A queue's to its consumer, a stream's to its reader, a subscription's to whom it is for."""
    assert flow().dead_letter_queues == {
        "Failures": "Ingest",
        "Undelivered": "Health",
        "HealthDead": "Health",
        "PartnerDead": "Partner",
    }


def test_behind_a_hop_is_what_only_it_leads_to() -> None:
    """What Ingest gives up reaches no worker; what one worker gives up reaches the other one."""
    behind = flow().behind([("Gateway", ["Gateway", "Ingest", "Health", "Partner"])])

    assert behind == {
        "Gateway": {"Ingest", "Health", "Partner"},
        "Ingest": {"Health", "Partner"},
        "Health": frozenset(),
        "Partner": frozenset(),
    }


def test_behind_a_hop_is_seen_from_each_source() -> None:
    """For commands the gateway is the last hop, behind their delivery."""
    behind = flow().behind([("Api", ["Api", "Delivery", "Gateway"])])

    assert behind == {
        "Api": {"Delivery", "Gateway"},
        "Delivery": {"Gateway"},
        "Gateway": frozenset(),
    }


def test_a_hop_that_cannot_be_traced_is_behind_none() -> None:
    """A connection that the template does not tell excuses nothing."""
    behind = flow().behind([("Gateway", ["Gateway", "Elsewhere"])])

    assert behind == {"Gateway": frozenset(), "Elsewhere": frozenset()}


def test_every_kind_of_reference_is_found() -> None:
    """By itself, by an attribute in both spellings, and in a text."""
    value = {
        "Fn::Join": [
            "",
            [{"Ref": "A"}, "x", {"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "C.Arn"}],
        ],
        "Other": {"Fn::Sub": ["${D}-${E.Arn}-${F}", {"F": {"Ref": "G"}}]},
    }

    assert list(references(value)) == ["A", "B", "C", "D", "E", "F", "G"]
