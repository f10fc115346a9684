"""Alarms that fire for what they watch, and for nothing else."""

from functools import partial
from typing import Any

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import Resource, attribute, deployed, function, ref, resource, role
from tests.polling import eventually


def alarm(namespace: str, metric: str, dimension: str, value: Any, **more: Any) -> Resource:
    """An alarm on anything above zero."""
    return resource(
        "CloudWatch::Alarm",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": value}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **more,
    )


def state(endpoint: Endpoint, name: str) -> str:
    """The state of an alarm."""
    alarms = endpoint.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarms[0]["StateValue"])


def is_in(endpoint: Endpoint, name: str, expected: str) -> bool:
    """Whether an alarm is in a state."""
    return state(endpoint, name) == expected


@shows("alarms", "service-metrics")
def test_an_alarm_on_dead_letters_fires(patched: Endpoint, plain: Endpoint) -> None:
    """Within seconds of the first letter, and only the one that watches this queue."""
    metric = "ApproximateNumberOfMessagesVisible"
    made = {
        endpoint: deployed(
            endpoint,
            {
                "Mine": resource("SQS::Queue"),
                "Other": resource("SQS::Queue"),
                "OnMine": alarm("AWS/SQS", metric, "QueueName", attribute("Mine", "QueueName")),
                "OnOther": alarm("AWS/SQS", metric, "QueueName", attribute("Other", "QueueName")),
            },
        )
        for endpoint in (patched, plain)
    }
    for endpoint, names in made.items():
        endpoint.client("sqs").send_message(QueueUrl=names["Mine"], MessageBody="dead")
    eventually(partial(is_in, patched, made[patched]["OnMine"], "ALARM"))
    assert is_in(patched, made[patched]["OnOther"], "OK")

    # As long again as it took, and no metric has come.
    listed = plain.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"]
    assert listed == []
    assert is_in(plain, made[plain]["OnMine"], "INSUFFICIENT_DATA")


@shows("alarms")
def test_an_alarm_knows_its_dimensions(patched: Endpoint, plain: Endpoint) -> None:
    """Another resource's breach is not its own."""
    made = {
        endpoint: deployed(
            endpoint,
            {
                "Quiet": alarm("Shop", "Refused", "Queue", "quiet"),
                "Loud": alarm("Shop", "Refused", "Queue", "loud"),
            },
        )
        for endpoint in (patched, plain)
    }
    for endpoint, names in made.items():
        datum = {
            "MetricName": "Refused",
            "Value": 1,
            "Dimensions": [{"Name": "Queue", "Value": "loud"}],
        }
        endpoint.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[datum])
        eventually(partial(is_in, endpoint, names["Loud"], "ALARM"))

    assert is_in(patched, made[patched]["Quiet"], "OK")
    assert is_in(plain, made[plain]["Quiet"], "ALARM")


@shows("service-metrics")
def test_a_function_behind_a_queue_has_metrics(patched: Endpoint, plain: Endpoint) -> None:
    """Its errors count, and what it logs in the embedded format is a metric of its own."""
    code = """
        import json
        def handler(event, context):
            print(json.dumps({
                "_aws": {
                    "Timestamp": 0,
                    "CloudWatchMetrics": [{
                        "Namespace": "Shop",
                        "Dimensions": [["service"]],
                        "Metrics": [{"Name": "Sold", "Unit": "Count"}],
                    }],
                },
                "service": event["Records"][0]["body"],
                "Sold": 3,
            }))
            raise ValueError("closed")
    """
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Queue": resource("SQS::Queue"),
                "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
                "Mapping": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("F"),
                ),
            },
        )
        endpoint.client("sqs").send_message(QueueUrl=names["Queue"], MessageBody=names["F"])
        logs = endpoint.client("logs")
        eventually(partial(has_logged, logs, names["Logs"]))

        def metrics(endpoint: Endpoint = endpoint, name: str = names["F"]) -> list[str]:
            listed = endpoint.client("cloudwatch").list_metrics()["Metrics"]
            return [
                metric["MetricName"]
                for metric in listed
                if name in {dimension["Value"] for dimension in metric["Dimensions"]}
            ]

        if endpoint is patched:
            eventually(lambda: {"Errors", "Sold"} <= set(metrics()))
        else:
            assert metrics() == []


def has_logged(logs: Any, group: str) -> bool:
    """Whether an invocation has ended."""
    events = logs.filter_log_events(logGroupName=group)["events"]
    return any(event["message"].startswith("REPORT") for event in events)
