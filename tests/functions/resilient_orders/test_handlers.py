"""Orders: taken or refused with a reason, paid once, left to the queue while nobody can be paid."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from pattern_runtime import CircuitBreaker, Event
from pattern_runtime.breaker import Rules
from pattern_runtime.breaker_state import Phase
from resilient_orders import intake, payment, provider
from resilient_orders.provider_client import ProviderUnavailableError, charge
from tests.fakes.aws import FakeAws
from tests.fakes.breaker import FakeClock, FakeStateTable
from tests.functions.conftest import FakeContext, lambda_event

ORDERS = "https://sqs.test/orders"
RULES = Rules(
    failure_percent=50,
    minimum_calls=4,
    window_seconds=30,
    hold_seconds=0,
    patience_seconds=1,
    drain_rate=10,
)


def sample_event(name: str) -> dict[str, Any]:
    """Read one of the sample's own events."""
    return lambda_event(name, sample="resilient_orders")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> FakeStateTable:
    """Put a breaker with a table in memory around the calls, and let nobody wait."""
    table, clock = FakeStateTable(), FakeClock()
    breaker = CircuitBreaker(table, RULES, begin=lambda _: None, clock=clock, sleep=clock.sleep)
    monkeypatch.setattr(payment, "BREAKER", breaker)
    monkeypatch.setattr("time.sleep", clock.sleep)
    return table


@pytest.fixture
def partner(fake_aws: FakeAws, context: FakeContext) -> FakeAws:
    """Let invocations of the provider reach its handler, as Lambda does."""

    def invoke(payload: bytes) -> dict[str, Any]:
        try:
            answer: object = provider.handler(json.loads(payload), context)
        except provider.OutageError as error:
            body = json.dumps({"errorType": "OutageError", "errorMessage": str(error)})
            return {"Payload": io.BytesIO(body.encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    fake_aws.functions["provider"] = invoke
    return fake_aws


def fail(partner: FakeAws) -> None:
    """Tell the provider to be down."""
    partner.tables["charges"]["outage",] = {"id": {"S": "outage"}}


def test_an_order_is_taken_before_it_is_paid(fake_aws: FakeAws, context: FakeContext) -> None:
    """The answer names the event that went into the queue, under the customer's own id."""
    answer = intake.handler(sample_event("api_gateway_rest"), context)

    (message,) = fake_aws.messages[ORDERS]
    event = Event.from_json(message["MessageBody"])
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"id": event.id}
    assert event.source == "/customers/customer-7"
    assert event.data == {"customer_id": "customer-7", "item": "green tea", "amount_yen": 1200}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "object with item and amount_yen"),
        ('{"item": "tea"}', "object with item and amount_yen"),
        ('{"item": "", "amount_yen": 1}', "item has to be"),
        ('{"item": "tea", "amount_yen": 0}', "amount_yen has to be"),
        ('{"item": "tea", "amount_yen": true}', "amount_yen has to be"),
        ('{"item": "tea", "amount_yen": 1.5}', "amount_yen has to be"),
    ],
)
def test_fails_what_is_no_order(
    body: str, said: str, fake_aws: FakeAws, context: FakeContext
) -> None:
    """The answer is 400 and says what to mend; nothing is queued."""
    answer = intake.handler(sample_event("api_gateway_rest") | {"body": body}, context)

    assert answer["statusCode"] == 400
    assert said in answer["body"]
    assert not fake_aws.messages


@pytest.mark.parametrize("customer_id", ["", "a b", "x" * 65, "../x", "é"])
def test_fails_a_customer_that_cannot_be(
    customer_id: str, fake_aws: FakeAws, context: FakeContext
) -> None:
    """A path that could not be a source is refused."""
    request = sample_event("api_gateway_rest") | {"pathParameters": {"customer_id": customer_id}}

    assert intake.handler(request, context)["statusCode"] == 400
    assert not fake_aws.messages


def test_fails_an_order_that_the_queue_does_not_take(
    fake_aws: FakeAws, context: FakeContext
) -> None:
    """A customer is told to send it again, rather than that it was taken."""
    fake_aws.throttle("send_message")

    answer = intake.handler(sample_event("api_gateway_rest"), context)

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")


def test_an_order_is_paid_and_in_the_book(
    partner: FakeAws, state: FakeStateTable, context: FakeContext
) -> None:
    """The provider's yes is written under the event's id."""
    assert payment.handler(sample_event("sqs"), context) == {"batchItemFailures": []}

    event = sample_event("order_placed")
    assert partner.tables["order-book"][event["id"],]["status"] == {"S": "paid"}
    assert partner.tables["charges"][event["id"],]["amount_yen"] == {"N": "1200"}


def test_a_repeated_order_is_charged_once(
    partner: FakeAws, state: FakeStateTable, context: FakeContext
) -> None:
    """The provider knows the order by its id, whoever asks again."""
    event = Event.from_object(sample_event("order_placed"))

    assert provider.charge_once(event)
    assert payment.handler(sample_event("sqs"), context) == {"batchItemFailures": []}
    assert not provider.charge_once(event)
    assert len(partner.tables["charges"]) == 1


def test_a_declined_card_is_an_answer(
    partner: FakeAws, state: FakeStateTable, context: FakeContext
) -> None:
    """A no is written into the book, and no sign that the provider is away."""
    batch = sample_event("sqs")
    order = sample_event("order_placed")
    order["data"]["amount_yen"] = provider.LIMIT_YEN + 1
    batch["Records"][0]["body"] = json.dumps(order)

    for _ in range(10):
        assert payment.handler(batch, context) == {"batchItemFailures": []}

    assert partner.tables["order-book"][order["id"],]["status"] == {"S": "declined"}
    assert state.phases == []


def test_an_outage_leaves_orders_to_the_queue(
    partner: FakeAws, state: FakeStateTable, context: FakeContext
) -> None:
    """They fail one by one until the breaker opens; then nobody calls, and none is lost."""
    fail(partner)

    failures = [payment.handler(sample_event("sqs"), context) for _ in range(6)]

    assert all(len((each or {})["batchItemFailures"]) == 1 for each in failures)
    assert state.phases == [Phase.OPEN]
    assert not partner.tables["order-book"]


def test_fails_a_charge_without_an_answer(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that nobody answers is the provider's absence, by its own name."""
    fake_aws.failing["invoke"] = ReadTimeoutError(endpoint_url="http://lambda.test")

    with pytest.raises(ProviderUnavailableError, match="no answer: ReadTimeoutError"):
        charge(Event.from_object(sample_event("order_placed")))
