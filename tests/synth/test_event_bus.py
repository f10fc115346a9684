"""EventBus: what reaches whom, what is kept, what a new consumer changes, what it refuses."""

import json
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events

from patterns import EventBus, EventRoute, LambdaWorker, PointToPointQueue, ReactiveApi
from tests.synth.exhibits import REASON
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]
BODY = {"type": "object"}


def rule(template: Template, under: str) -> Resource:
    """The only rule below a path."""
    return template.one("Events::Rule", under)


def test_a_consumer_gets_the_envelope_of_what_matches(template: Templates) -> None:
    """A rule of one target makes of EventBridge's own fields the envelope that handlers read."""
    stack = template("Bus")
    found = rule(stack, "OrderBus/ToInvoices")
    (target,) = found["Targets"]
    transformer = target["InputTransformer"]

    assert found["EventPattern"] == {"detail-type": ["order.placed"]}
    assert stack.target(found["EventBusName"]).path == "OrderBus/Bus/Resource"
    assert stack.target(target["Arn"]).path == "Invoices/Queue/Resource"
    filled = transformer["InputTemplate"]
    for name in transformer["InputPathsMap"]:
        filled = filled.replace(f"<{name}>", f'"{name}"')
    assert json.loads(filled) == {
        "specversion": "1.0",
        **{name: name for name in ("id", "source", "type", "time", "trace", "data")},
    }


def test_filters_see_the_data(template: Templates) -> None:
    """Fields of an event's data filter as well, by value or by comparison; None is everything."""
    stack = template("BusMore")

    assert rule(stack, "OrderBus/ToMailer")["EventPattern"] == {
        "detail-type": ["order.placed"],
        "detail": {"data": {"amount_yen": [{"numeric": [">", 100000]}]}},
    }
    assert rule(stack, "OrderBus/ToFulfilment")["EventPattern"] == {"source": [{"prefix": ""}]}


def test_every_target_has_dead_letters_of_its_own(template: Templates) -> None:
    """Retries end, and what is left lies where an alarm watches; so does an event lost for good."""
    stack = template("BusMore")
    queues = set()
    for found in stack.all("Events::Rule"):
        (target,) = found["Targets"]
        queue = stack.target(target["DeadLetterConfig"]["Arn"])
        queues.add(queue.path)
        assert target["RetryPolicy"] == {
            "MaximumRetryAttempts": 185,
            "MaximumEventAgeInSeconds": 4 * 3600,
        }
        name = found.path.split("/To")[-1]
        alarm = stack.one("CloudWatch::Alarm", f"OrderBus/Undelivered{name}NotEmpty")
        assert stack.target(alarm["Dimensions"][0]["Value"]) == queue
        lost = stack.one("CloudWatch::Alarm", f"OrderBus/Lost{name}")
        assert [each["Name"] for each in lost["Dimensions"]] == ["EventBusName", "RuleName"]

    assert len(queues) == 3
    (target,) = rule(template("BusSwitchedOff"), "OrderBus")["Targets"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 600


def test_only_its_rule_reaches_a_target(template: Templates) -> None:
    """Queues and functions let in the one rule; a workflow is started by a role of its own."""
    stack = template("BusMore")

    for where, queue in (("ToInvoices", "Invoices/Queue"), ("ToMailer", "OrderBus/Undelivered")):
        arn = {"Fn::GetAtt": [rule(stack, f"OrderBus/{where}").logical_id, "Arn"]}
        allowing = [
            statement
            for policy in stack.all("SQS::QueuePolicy")
            if policy.path.startswith(queue)
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
            and statement["Condition"] == {"ArnEquals": {"aws:SourceArn": arn}}
        ]
        assert [s["Principal"] for s in allowing] == [{"Service": "events.amazonaws.com"}]
    permission = stack.one("Lambda::Permission", "Mailer")
    assert stack.target(permission["SourceArn"]).path == "OrderBus/ToMailer"
    (target,) = rule(stack, "OrderBus/ToFulfilment")["Targets"]
    assert stack.may(stack.target(target["RoleArn"])) == {
        "states:StartExecution": ["Fulfilment/Workflow"]
    }


def test_a_worker_is_bounded_and_keeps_what_failed(template: Templates) -> None:
    """A function that a rule starts has a concurrency of its own, and a failure destination."""
    stack = template("BusMore")
    config = stack.one("Lambda::EventInvokeConfig", "Mailer")

    assert stack.one("Lambda::Function", "Mailer")["ReservedConcurrentExecutions"] == 10
    assert stack.target(config["DestinationConfig"]["OnFailure"]["Destination"])


def test_a_new_consumer_changes_nothing_else(template: Templates) -> None:
    """Two more consumers add resources; every other one stays as it was, to the letter."""
    before, after = template("Bus").plain(), template("BusMore").plain()
    # Its name says its stack.
    bus = template("Bus").one("Events::EventBus").logical_id
    del before[bus], after[bus]

    assert {name: after[name] for name in before} == before
    added = {template("BusMore").resources[name].path for name in after.keys() - before.keys()}
    assert all(any(word in path for word in ("Mailer", "Fulfil", "Ship")) for path in added)


def test_a_consumer_in_another_stack_leaves_the_producers_as_it_is(template: Templates) -> None:
    """The rule is the consumer's, and names the bus: the producer's stack exports nothing."""
    producers, consumers = template("CrossSender"), template("CrossReceiver")
    found = rule(consumers, "Parcels/FromOrderBus")

    assert not producers.all("Events::Rule")
    assert found["EventBusName"] == producers.one("Events::EventBus", "OrderBus")["Name"]
    assert consumers.one("SQS::Queue", "Parcels/UndeliveredByOrderBus")
    assert "OrderBus" not in json.dumps(producers.document.get("Outputs", {}))


def test_events_are_kept_for_a_replay(template: Templates) -> None:
    """Every event is archived, for a number of days that somebody decided on."""
    stack = template("Bus")
    archive = stack.one("Events::Archive")

    assert stack.target(archive["SourceArn"]).path == "OrderBus/Bus/Resource"
    assert archive["RetentionDays"] == 30
    assert template("ApiToBus").one("Events::Archive")["RetentionDays"] == 7


def test_no_archive_says_why(template: Templates) -> None:
    """Where nothing is kept, the bus itself says why."""
    stack = template("BusSwitchedOff")

    assert not stack.all("Events::Archive")
    assert stack.one("Events::EventBus")["Description"] == f"Not archived: {REASON}"


def test_it_takes_events_of_its_account_alone(template: Templates) -> None:
    """Nobody else is let in unless you let them."""
    for stack in ("Bus", "BusMore", "ApiToBus"):
        assert not template(stack).all("Events::EventBusPolicy")


def test_a_sender_may_put_events_and_nothing_else(template: Templates) -> None:
    """A sender gets the bus' name, and the right to put events on it."""
    stack = template("Bus")
    seller = stack.one("Lambda::Function", "Seller")
    allowed = stack.may(stack.role(seller))

    assert stack.target(seller.environment["ORDER_BUS_BUS_NAME"]).path == "OrderBus/Bus/Resource"
    assert {action for action in allowed if action.startswith("events:")} == {"events:PutEvents"}
    assert allowed["events:PutEvents"] == ["OrderBus/Bus/Resource"]


def test_your_own_bus_gets_the_same_consumers(template: Templates) -> None:
    """A bus from elsewhere delivers with the same dead letters, and is not made here."""
    stack = template("BusOwn")

    assert rule(stack, "OrderBus/ToInvoices")["EventBusName"] == "mine"
    assert not stack.all("Events::EventBus")
    assert not stack.all("Events::Archive")


def test_a_route_to_a_bus_has_no_code(template: Templates) -> None:
    """Each event route is an integration with the bus alone; only the other route has code."""
    stack = template("ApiToBus")
    methods = {m["HttpMethod"]: m["Integration"] for m in stack.all("ApiGateway::Method", "Shop")}

    assert [f.path for f in stack.all("Lambda::Function")] == ["Shop/OrdersFind/Resource"]
    for name in ("POST", "PUT"):
        assert ":events:action/PutEvents" in json.dumps(methods[name]["Uri"])
        role = stack.target(methods[name]["Credentials"])
        assert stack.may(role) == {"events:PutEvents": ["OrderBus/Bus/Resource"]}
        assert methods[name]["PassthroughBehavior"] == "NEVER"


def test_a_route_to_a_bus_validates(template: Templates) -> None:
    """No event without an id, nor without what its schema wants."""
    stack = template("ApiToBus")
    (method,) = [m for m in stack.all("ApiGateway::Method") if m["HttpMethod"] == "POST"]

    assert method["RequestParameters"] == {"method.request.header.Idempotency-Key": True}
    validator = stack.target(method["RequestValidatorId"])
    assert validator["ValidateRequestBody"] is validator["ValidateRequestParameters"] is True
    model = stack.target(method["RequestModels"]["application/json"])
    assert model["Schema"]["required"] == ["item"]


def test_what_the_bus_did_not_take_is_no_success(template: Templates) -> None:
    """An entry that failed in an answer of 200 is 503 or 400, and so is every other answer."""
    stack = template("ApiToBus")
    (method,) = [m for m in stack.all("ApiGateway::Method") if m["HttpMethod"] == "POST"]
    taken, failed = method["Integration"]["IntegrationResponses"]

    assert (taken["StatusCode"], taken.get("SelectionPattern")) == ("202", None)
    assert "$.FailedEntryCount" in taken["ResponseTemplates"]["application/json"]
    assert "responseOverride.status = 503" in taken["ResponseTemplates"]["application/json"]
    assert (failed["StatusCode"], failed["SelectionPattern"]) == ("503", r"[45]\d{2}")


def test_fails_if_a_fifo_queue_is_to_be_a_consumer(stack: cdk.Stack) -> None:
    """A bus keeps no order."""
    bus = EventBus(stack, "OrderBus")

    with refused("OrderBus.delivers_to(Orders)", "keeps no order", "standard queue"):
        bus.delivers_to(PointToPointQueue(stack, "Orders", fifo=True))


def test_fails_if_a_consumer_is_there_twice(stack: cdk.Stack) -> None:
    """One rule a target: two would deliver what matches both twice."""
    bus, orders = EventBus(stack, "OrderBus"), PointToPointQueue(stack, "Orders")
    bus.delivers_to(orders)

    with refused("'Orders' already", "one rule a target", "widen its filter"):
        bus.delivers_to(orders)


@pytest.mark.parametrize("values", [[], "order.placed"])
def test_fails_if_a_filter_lets_nothing_through(stack: cdk.Stack, values: list[str] | str) -> None:
    """A filter is a list of values."""
    bus, orders = EventBus(stack, "OrderBus"), PointToPointQueue(stack, "Orders")

    with refused("the filter 'type'", repr(values), "give a list of values"):
        bus.delivers_to(orders, matching={"type": values})


@pytest.mark.parametrize("field", ["detail-type", "data.", "amount_yen"])
def test_fails_if_a_filter_names_no_field(stack: cdk.Stack, field: str) -> None:
    """A filter that names nothing would match nothing."""
    bus, orders = EventBus(stack, "OrderBus"), PointToPointQueue(stack, "Orders")

    with refused(repr(field), "is no field of an event", '"data."'):
        bus.delivers_to(orders, matching={field: ["order.placed"]})


def test_fails_if_the_archive_never_forgets(stack: cdk.Stack) -> None:
    """Keeping for ever is a cost nobody decided on."""
    with refused("archive_days=0", "for ever", "Off(reason)"):
        EventBus(stack, "OrderBus", archive_days=0)


@pytest.mark.parametrize("seconds", [30, 100_000])
def test_fails_if_retries_do_not_fit(stack: cdk.Stack, seconds: int) -> None:
    """EventBridge offers an event for a minute to a day."""
    with refused(f"retry_for of {seconds} s", "60 s to 86400 s"):
        EventBus(stack, "OrderBus", retry_for=cdk.Duration.seconds(seconds))


def test_fails_if_your_own_bus_is_to_be_changed(stack: cdk.Stack) -> None:
    """What your own bus is cannot be set beside it."""
    mine = events.EventBus(stack, "Mine")

    with refused("Mine is your own bus", "archive_days", "where that bus is made"):
        EventBus(stack, "OrderBus", bus=mine, archive_days=7)


def test_fails_if_a_worker_consumes_and_is_invoked(stack: cdk.Stack, code: str) -> None:
    """A rule's invocations and a queue's would share one reserve."""
    worker = LambdaWorker(stack, "Mailer", handler="shop.billing.handler", code=code)
    worker.consumes(PointToPointQueue(stack, "Orders"))

    with refused("Mailer is invoked asynchronously and consumes Orders"):
        EventBus(stack, "OrderBus").delivers_to(worker)


@pytest.mark.parametrize(
    ("key", "route", "says"),
    [
        ("GET /orders", {}, "use POST, PUT or PATCH"),
        ("POST /orders/{id}", {}, "into the body"),
        ("POST /orders", {"body": {"type": "array"}}, '"type": "object"'),
        ("POST /orders", {"type": ""}, "1 to 128 printable ASCII"),
        ("POST /orders", {"source": "$shop"}, "leave out $"),
    ],
)
def test_fails_if_a_request_could_be_no_event(
    stack: cdk.Stack, key: str, route: dict[str, object], says: str
) -> None:
    """A route to a bus has a body that is an event's data, and names that are plain text."""
    bus = EventBus(stack, "OrderBus")
    settings = {"type": "order.placed", "body": BODY, **route}

    with refused(repr(key), says):
        ReactiveApi(stack, "Shop", routes={key: EventRoute(bus=bus, **settings)})  # type: ignore[arg-type]  # parametrized


def test_fails_if_an_http_api_is_to_put_events(stack: cdk.Stack) -> None:
    """An HTTP API would answer 200 though the bus took nothing."""
    route = EventRoute(bus=EventBus(stack, "OrderBus"), type="order.placed", body=BODY)

    with refused("validates no request", 'protocol="rest"'):
        ReactiveApi(stack, "Shop", routes={"POST /orders": route}, protocol="http")


def test_fails_if_an_api_without_code_is_to_send(stack: cdk.Stack) -> None:
    """There is nobody who could."""
    route = EventRoute(bus=EventBus(stack, "OrderBus"), type="order.placed", body=BODY)
    shop = ReactiveApi(stack, "Shop", routes={"POST /orders": route})

    with refused("none of its routes has code", "give a route a handler"):
        shop.sends_to(PointToPointQueue(stack, "Orders"))
