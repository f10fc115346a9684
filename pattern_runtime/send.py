"""Sending an event on: to a queue, a topic, a stream, a workflow or a bus."""

from hashlib import sha256

from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.events import Event
from pattern_runtime.trace import current_trace


def send_to_queue(url: str, event: Event) -> None:
    """Put the event on an SQS queue, under the trace that this code runs in.

    Args:
        url: The queue's.
        event: Its envelope becomes the message body.
    """
    aws.client("sqs").send_message(
        QueueUrl=url,
        MessageBody=event.to_json(),
        # X-Ray joins sender and receiver by this attribute; it does not count as message size.
        # https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
        MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": current_trace(event.trace)}
        },
    )


def publish(topic_arn: str, event: Event) -> None:
    """Publish the event on an SNS topic.

    Args:
        topic_arn: The topic's.
        event: Its envelope becomes the message; its type also becomes the message attribute `type`,
            by which subscriptions filter.
    """
    aws.client("sns").publish(
        TopicArn=topic_arn,
        Message=event.to_json(),
        MessageAttributes={"type": {"DataType": "String", "StringValue": event.type}},
    )


def put_record(stream: str, event: Event, partition_key: str) -> None:
    """Put the event on a Kinesis stream.

    Args:
        stream: The stream's name.
        event: Its envelope becomes the record's data.
        partition_key: Events of one key stay in order.
    """
    aws.client("kinesis").put_record(
        StreamName=stream, Data=event.to_json().encode(), PartitionKey=partition_key
    )


def start_workflow(arn: str, event: Event) -> None:
    """Start the workflow of an event; a repeated event starts none.

    Args:
        arn: The state machine's.
        event: Its envelope becomes the input.
    """
    # A name is taken for 90 days after its execution ends, and takes 80 letters and digits.
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    name = sha256(f"{event.source}\n{event.id}".encode()).hexdigest()
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=arn, name=name, input=event.to_json()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
