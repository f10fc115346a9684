"""The way of messages from hop to hop, told from the topology alone."""

from typing import Any

from hinagata.lab.hops import Hops, read_hops
from hinagata.topology.reading import topology_of


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
    letters = {"deadLetterTargetArn": {"Fn::GetAtt": [f"{target}Undelivered", "Arn"]}}
    return {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": topic},
            "Endpoint": {"Fn::GetAtt": [target, "Arn"]},
            "RedrivePolicy": letters,
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
    "GatewayService": {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "TaskDefinition": {"Ref": "GatewayTask"},
            "LoadBalancers": [{"TargetGroupArn": {"Ref": "Targets"}}],
        },
    },
    "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    "Listener": {
        "Type": "AWS::ElasticLoadBalancingV2::Listener",
        "Properties": {
            "LoadBalancerArn": {"Ref": "Balancer"},
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Targets"}}],
        },
    },
    "Targets": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"},
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
    "HealthQueueUndelivered": {"Type": "AWS::SQS::Queue"},
    "PartnerQueueUndelivered": {"Type": "AWS::SQS::Queue"},
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


def hops() -> Hops:
    """Return the hops of the template above."""
    return read_hops(topology_of(Shop={"Resources": RESOURCES}))


def test_what_runs_code_under_a_name_is_a_hop() -> None:
    """Functions and services tell their hop by a variable; a function without one is none."""
    assert {node.logical_id: hop for node, hop in hops().names.items()} == {
        "GatewayService": "Gateway",
        "Ingest": "Ingest",
        "Health": "Health",
        "Partner": "Partner",
        "Api": "Api",
        "Delivery": "Delivery",
    }


def test_messages_go_where_code_is_told_to_send_them() -> None:
    """Through a stream, a topic, a queue, or the load balancer of a service; not to a table."""
    leads_to = {
        node.logical_id: {target.logical_id for target in targets}
        for node, targets in hops().leads_to.items()
    }

    assert leads_to["GatewayService"] == {"Stream"}
    assert leads_to["Stream"] == {"Ingest"}
    assert leads_to["Ingest"] == {"Topic"}
    assert leads_to["Topic"] == {"HealthQueue", "PartnerQueue"}
    assert leads_to["HealthQueue"] == {"Health"}
    assert leads_to["Delivery"] == {"Balancer"}
    assert leads_to["Balancer"] == {"GatewayService"}


def test_dead_letters_belong_to_the_hop_that_did_not_get_through() -> None:
    """A queue's to its consumer, a stream's to its reader, a subscription's to whom it is for."""
    assert {node.logical_id: hop for node, hop in hops().dead_letter_queues.items()} == {
        "Failures": "Ingest",
        "HealthQueueUndelivered": "Health",
        "PartnerQueueUndelivered": "Partner",
        "HealthDead": "Health",
        "PartnerDead": "Partner",
    }


def test_behind_a_hop_is_what_only_it_leads_to() -> None:
    """What Ingest gives up reaches no worker; what one worker gives up reaches the other one."""
    behind = hops().behind([("Gateway", ["Gateway", "Ingest", "Health", "Partner"])])

    assert behind == {
        "Gateway": {"Ingest", "Health", "Partner"},
        "Ingest": {"Health", "Partner"},
        "Health": frozenset(),
        "Partner": frozenset(),
    }


def test_behind_a_hop_is_seen_from_each_source() -> None:
    """For commands the gateway is the last hop, behind their delivery."""
    behind = hops().behind([("Api", ["Api", "Delivery", "Gateway"])])

    assert behind == {
        "Api": {"Delivery", "Gateway"},
        "Delivery": {"Gateway"},
        "Gateway": frozenset(),
    }


def test_before_a_hop_is_who_sends_to_it() -> None:
    """Whatever lies between them: a stream, a topic and a queue, a load balancer."""
    assert hops().directly_before() == {
        "Ingest": {"Gateway"},
        "Health": {"Ingest"},
        "Partner": {"Ingest"},
        "Delivery": {"Api"},
        "Gateway": {"Delivery"},
    }


def test_a_hop_that_cannot_be_traced_is_behind_none() -> None:
    """A connection that the template does not tell excuses nothing."""
    behind = hops().behind([("Gateway", ["Gateway", "Elsewhere"])])

    assert behind == {"Gateway": frozenset(), "Elsewhere": frozenset()}


def test_hops_are_followed_across_stacks() -> None:
    """An export leads from one to the next."""
    first = {
        "Resources": {
            "Send": function("Send", QUEUE_URL={"Fn::ImportValue": "work"}),
        }
    }
    second = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Mapping": mapping("Queue", "Work"),
            "Work": function("Work"),
        },
        "Outputs": {"Work": {"Value": {"Ref": "Queue"}, "Export": {"Name": "work"}}},
    }

    behind = read_hops(topology_of(First=first, Second=second)).behind([("Send", ["Send", "Work"])])

    assert behind == {"Send": {"Work"}, "Work": frozenset()}


# Shop -> Bus -> {Process: Reserve, then Ship, else Release and Lost; Mailer}.
def step(function: str, **more: object) -> dict[str, Any]:
    """Return a task that runs a function, and keeps its result beside the input."""
    return {
        "Type": "Task",
        "Resource": {"Fn::GetAtt": [function, "Arn"]},
        "ResultPath": f"$.results.{function}",
        **more,
    }


def rule(target: str) -> dict[str, Any]:
    """Return a rule of the bus, whose target has dead letters of its own."""
    letters = {"Arn": {"Fn::GetAtt": [f"{target}Undelivered", "Arn"]}}
    arn = {"Ref": target} if target == "Process" else {"Fn::GetAtt": [target, "Arn"]}
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"source": ["shop"]},
            "Targets": [{"Id": "Target", "Arn": arn, "DeadLetterConfig": letters}],
        },
    }


CAUGHT = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure"}
EVENTS: dict[str, Any] = {
    "Shop": {"Type": "AWS::ApiGateway::RestApi"},
    "Orders": {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Shop"},
            "Integration": {
                "Type": "AWS",
                "Uri": "arn:aws:apigateway:eu-west-1:events:action/PutEvents",
                "RequestTemplates": {
                    "application/json": {"Fn::Sub": '{"Entries":[{"EventBusName":"${Bus}"}]}'}
                },
            },
        },
    },
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}},
    "Reserve": function("Reserve"),
    "Ship": function("Ship"),
    "Release": function("Release"),
    "Mailer": function("Mailer"),
    "Process": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "Definition": {
                "StartAt": "Reserve",
                "States": {
                    "Reserve": step("Reserve", Next="Ship", Catch=[{**CAUGHT, "Next": "Keep"}]),
                    "Ship": step("Ship", End=True, Catch=[{**CAUGHT, "Next": "Release"}]),
                    "Release": step("Release", Next="Keep"),
                    "Keep": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sqs:sendMessage",
                        "Parameters": {"QueueUrl": {"Ref": "Lost"}, "MessageBody.$": "$"},
                        "End": True,
                    },
                },
            }
        },
    },
    "Lost": {"Type": "AWS::SQS::Queue"},
    "ToProcess": rule("Process"),
    "ToMailer": rule("Mailer"),
    "ProcessUndelivered": {"Type": "AWS::SQS::Queue"},
    "MailerUndelivered": {"Type": "AWS::SQS::Queue"},
}


def event_hops() -> Hops:
    """Return the hops of the shop whose API puts events on a bus."""
    return read_hops(topology_of(Shop={"Resources": EVENTS}))


def test_a_step_is_behind_the_one_before_it() -> None:
    """Where Reserve gives up, Ship gets nothing; the bus' other consumer is not behind either."""
    behind = event_hops().behind([("Shop", ("Reserve", "Ship", "Mailer"))])

    assert behind == {
        "Reserve": frozenset({"Ship"}),
        "Ship": frozenset(),
        "Mailer": frozenset(),
    }


def test_no_step_sends_to_the_next_one() -> None:
    """The workflow runs each step itself, so that no step is the parent of another's span."""
    assert event_hops().directly_before() == {}


def test_a_workflows_letters_are_told_from_a_rules() -> None:
    """A rule's letters belong to what was not reached, a workflow's to the step that failed."""
    hops = event_hops()
    letters = {queue.name: hop for queue, hop in hops.dead_letter_queues.items()}
    (lost,) = hops.workflow_letters

    assert letters == {"ProcessUndelivered": "Reserve", "MailerUndelivered": "Mailer"}
    assert lost.name == "Lost"
    reserve, ship = hops.workflow_letters[lost]
    assert (reserve.function.name, ship.function.name) == ("Reserve", "Ship")
    assert (reserve.follows, ship.follows) == (None, reserve.function)
    assert reserve.done({"results": {"Reserve": None}})
    assert not ship.done({"results": {"Reserve": None}})


def bucket_of(writer: str, **properties: object) -> dict[str, Any]:
    """Return a bucket that a function may write to."""
    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    statement = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Album", "Arn"]}, "/*"]]},
    }
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyDocument": {"Statement": [statement]},
            "Roles": [{"Ref": "WriterRole"}],
        },
    }
    code = function(writer)
    code["Properties"]["Role"] = {"Fn::GetAtt": ["WriterRole", "Arn"]}
    album = {"Type": "AWS::S3::Bucket", "Properties": properties}
    return {"Writer": code, "WriterRole": role, "WriterPolicy": policy, "Album": album}


def test_a_bucket_leads_on_to_whom_it_tells() -> None:
    """Who writes an object sends to who is told of it; a bucket that tells nobody ends the way."""
    changes = {"QueueConfigurations": [{"Queue": {"Fn::GetAtt": ["Changes", "Arn"]}}]}
    reader = {
        "Changes": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Reader": function("Reader"),
        "FromChanges": mapping("Changes", "Reader"),
    }
    telling = {**bucket_of("Writer", NotificationConfiguration=changes), **reader}
    silent = {**bucket_of("Writer"), **reader}

    told = read_hops(topology_of(Shop={"Resources": telling}))
    kept = read_hops(topology_of(Shop={"Resources": silent}))

    assert told.directly_before() == {"Reader": frozenset({"Writer"})}
    assert kept.directly_before() == {}
