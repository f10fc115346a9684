"""Queues and topics: SQS and SNS."""

from __future__ import annotations

from hinagata.planner.billed_units import whole_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, flag, number
from hinagata.planner.pricing.service import Service


def _sqs(c: Charges) -> None:
    chunk = c.fact("price.chunk")
    price = f"price.{c.text('type')}"
    free = ("requests", "price.free")
    asked = c.number("requests") * whole_units(c.number("request_kb"), chunk)
    c.add("Requests", asked, price, free=free)
    messages, size = c.number("messages"), c.number("message_kb")
    received = messages * c.number("receives")
    for item, moved, batch, kb in (
        ("Sends", messages, c.number("send_batch"), size),
        ("Receives", received, c.number("receive_batch"), size),
        # A deletion carries handles, never bodies.
        ("Deletes", messages, c.number("delete_batch"), 0.0),
    ):
        if moved:
            if batch < 1:
                c.fail(f"{item[:-1].lower()}_batch", expected="at least one message a request")
            c.fact("price.chunk")
            c.add(item, moved / batch * whole_units(kb * batch, chunk), price, free=free)
    polls = c.number("pollers") * c.hours * 3600
    if polls:
        if not c.number("wait_seconds"):
            c.fail("wait_seconds", expected="more than zero seconds")
        c.add("Empty receives", polls / c.number("wait_seconds"), price, at_rest=True, free=free)
    if c.number("fair"):
        c.add("Fair queue", c.number("requests") + messages, "price.fair_queue_extra")


SQS = Service(
    name="sqs",
    title="SQS",
    facts_of="sqs",
    fields=(
        choice("type", "of the queue", "standard", "fifo"),
        count("requests", "API requests, if you know them"),
        number("request_kb", "size of one; billed in chunks"),
        count("messages", "or: messages sent, of which the requests follow"),
        number("message_kb", "size of a message"),
        number("send_batch", "messages a send", default=1),
        number("receive_batch", "messages a receive", default=1),
        number("delete_batch", "messages a delete", default=1),
        number("receives", "receives of a message, retries included", default=1),
        number("pollers", "consumers that wait at an empty queue, on average; Lambda has 5"),
        number("wait_seconds", "how long such a poll waits", default=20),
        flag("fair", "a fair queue"),
    ),
    free=("requests",),
    charge=_sqs,
)


def _sns(c: Charges) -> None:
    publishes, size = c.number("publishes"), c.number("message_kb")
    if c.text("type") == "fifo":
        gb = publishes * size / c.fact("price.fifo_kb_per_gb")
        c.add("Publishes, fifo", publishes, "price.fifo_publish")
        c.fact("price.fifo_kb_per_gb")
        c.add("Data published", gb, "price.fifo_publish_gb")
        subscribers = c.number("fifo_subscriptions")
        c.add("Deliveries, fifo", publishes * subscribers, "price.fifo_delivery")
        c.fact("price.fifo_kb_per_gb")
        c.add("Data delivered", gb * subscribers, "price.fifo_delivery_gb")
        return
    pieces = whole_units(size, c.fact("price.chunk"))
    c.add(
        "Publishes",
        publishes * pieces,
        "price.publish",
        free=("publishes", "price.free_publish"),
    )
    c.fact("price.chunk")
    c.add(
        "Deliveries, http",
        c.number("http") * pieces,
        "price.http",
        free=("http", "price.free_http"),
    )
    c.add(
        "Deliveries, email",
        c.number("email"),
        "price.email",
        free=("email", "price.free_email"),
    )
    c.add(
        "Deliveries, mobile push",
        c.number("mobile_push"),
        "price.mobile_push",
        free=("mobile_push", "price.free_mobile_push"),
    )
    for kind in ("macos", "firehose", "sms"):
        c.add(f"Deliveries, {kind}", c.number(kind), f"price.{kind}")
    c.add("Deliveries, SQS and Lambda", c.number("sqs_or_lambda"), "price.to_sqs_lambda")


SNS = Service(
    name="sns",
    title="SNS",
    facts_of="sns",
    fields=(
        choice("type", "of the topic", "standard", "fifo"),
        count("publishes", "messages published"),
        number("message_kb", "size of one; billed in chunks"),
        count("http", "deliveries to HTTP and HTTPS"),
        count("email", "deliveries by e-mail"),
        count("mobile_push", "deliveries to mobile devices"),
        count("macos", "deliveries to macOS"),
        count("firehose", "deliveries to Firehose"),
        count("sms", "deliveries by SMS; the price differs by country: give it as a fact"),
        count("sqs_or_lambda", "deliveries to SQS and Lambda, which cost nothing here"),
        number("fifo_subscriptions", "subscriptions of a fifo topic"),
    ),
    free=("publishes", "http", "email", "mobile_push"),
    charge=_sns,
)

SERVICES = (SQS, SNS)
