"""A small AWS in memory: the calls that handlers make, and the answers that decide something."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, cast

from botocore.exceptions import ClientError

Item = dict[str, dict[str, Any]]

# The keys of the tables that have others than `id`: each test's own.
KEYS: dict[str, tuple[str, ...]] = {}


class FakeAws:
    """Stands in for `pattern_runtime.aws.client`; what was sent is on its public attributes."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.published: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.tables: dict[str, dict[tuple[str, ...], Item]] = defaultdict(dict)
        self.events: list[dict[str, Any]] = []
        self.secrets: dict[str, str] = {}
        self.secret_reads = 0
        self.executions: dict[tuple[str, str], str] = {}
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.functions: dict[str, Callable[[bytes], dict[str, Any]]] = {}
        self.invoked: dict[str, list[bytes]] = defaultdict(list)
        self.failing: dict[str, Exception] = {}

    def client(self, _service: str) -> "FakeAws":
        """Return the fake itself: no two services share a call's name here."""
        return self

    def throttle(self, operation: str) -> None:
        """Refuse an operation from now on, as a throttled service does."""
        self.failing[operation] = client_error("ThrottlingException", operation)

    def _may_fail(self, operation: str) -> None:
        if operation in self.failing:
            raise self.failing[operation]

    # SQS, SNS, Kinesis, Secrets Manager

    def send_message(self, **request: Any) -> dict[str, Any]:
        self._may_fail("send_message")
        self.messages[request["QueueUrl"]].append(request)
        return {"MessageId": str(len(self.messages))}

    def publish(self, **request: Any) -> dict[str, Any]:
        self._may_fail("publish")
        self.published[request["TopicArn"]].append(request)
        return {"MessageId": "1"}

    def put_record(self, **request: Any) -> dict[str, Any]:
        self._may_fail("put_record")
        self.records[request["StreamName"]].append(request)
        return {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        if "put_events" in self.failing:
            failed = {"ErrorCode": "ThrottlingException"}
            return {"FailedEntryCount": len(Entries), "Entries": [failed for _ in Entries]}
        self.events += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:
        self._may_fail("get_secret_value")
        self.secret_reads += 1
        return {"SecretString": self.secrets[SecretId]}

    # Step Functions, Lambda

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        if (stateMachineArn, name) in self.executions:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        self.executions[stateMachineArn, name] = input
        return {"executionArn": name}

    def invoke(self, *, FunctionName: str, Payload: bytes, **request: Any) -> dict[str, Any]:
        self._may_fail("invoke")
        if request.get("InvocationType") == "Event":
            self.invoked[FunctionName].append(Payload)
            return {"StatusCode": 202}
        return self.functions[FunctionName](Payload)

    # S3

    def put_object(self, **request: Any) -> dict[str, Any]:
        self._may_fail("put_object")
        self.objects[request["Bucket"], request["Key"]] = request
        return {}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._may_fail("head_object")
        if (Bucket, Key) not in self.objects:
            raise client_error("404", "HeadObject")
        return {"Metadata": self.objects[Bucket, Key]["Metadata"]}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._may_fail("delete_object")
        self.objects.pop((Bucket, Key), None)
        return {}

    # DynamoDB

    def get_item(self, **request: Any) -> dict[str, Any]:
        table = request["TableName"]
        item = self.tables[table].get(self._key(table, request["Key"]))
        return {"Item": item} if item is not None else {}

    @staticmethod
    def _key(table: str, item: Item) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in KEYS.get(table, ("id",)))

    def put_item(self, **request: Any) -> dict[str, Any]:
        self._may_fail("put_item")
        table, item = request["TableName"], request["Item"]
        key = self._key(table, item)
        old = self.tables[table].get(key, {})
        if "ConditionExpression" in request and not holds(
            request["ConditionExpression"],
            old,
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        ):
            error = client_error("ConditionalCheckFailedException", "PutItem")
            if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                cast("dict[str, Any]", error.response)["Item"] = old
            raise error
        self.tables[table][key] = item
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._may_fail("update_item")
        table = request["TableName"]
        item = self.tables[table].setdefault(self._key(table, request["Key"]), dict(request["Key"]))
        for assignment in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            item[request["ExpressionAttributeNames"][name]] = request["ExpressionAttributeValues"][
                value
            ]
        return {}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        self.tables[request["TableName"]].pop(self._key(request["TableName"], request["Key"]), None)
        return {}

    def get_paginator(self, operation: str) -> "FakeAws":
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Query, one item a page: a page may also be empty, since filters apply after reading."""
        self._may_fail("query")
        values = request["ExpressionAttributeValues"]
        for item in self.tables[request["TableName"]].values():
            if holds(request["KeyConditionExpression"], item, {}, values):
                good = holds(request["FilterExpression"], item, {}, values)
                yield {"Items": [item] if good else []}


def client_error(code: str, operation: str) -> ClientError:
    """Make the SDK's error for a service's refusal."""
    return ClientError({"Error": {"Code": code, "Message": "refused by the test"}}, operation)


def holds(expression: str, item: Item, names: dict[str, str], values: Item) -> bool:
    """Judge the part of DynamoDB's condition language that this project uses."""
    while inner := re.search(r"(?<![a-z])\(([^()]*)\)", expression):
        verdict = _any(inner[1], item, names, values)
        expression = expression.replace(inner[0], "TRUE" if verdict else "FALSE")
    return _any(expression, item, names, values)


def _any(expression: str, item: Item, names: dict[str, str], values: Item) -> bool:
    return any(
        all(_term(term.strip(), item, names, values) for term in either.split(" AND "))
        for either in expression.split(" OR ")
    )


def _term(term: str, item: Item, names: dict[str, str], values: Item) -> bool:
    if term in {"TRUE", "FALSE"}:
        return term == "TRUE"
    if function := re.fullmatch(r"attribute_(not_)?exists\((.*)\)", term):
        return (names.get(function[2], function[2]) in item) != bool(function[1])
    name, comparison, value = term.split()
    if names.get(name, name) not in item:
        return False
    left, right = _plain(item[names.get(name, name)]), _plain(values[value])
    return bool({"<": left < right, ">": left > right, "=": left == right}[comparison])


def _plain(value: dict[str, Any]) -> Any:
    ((kind, text),) = value.items()
    return float(text) if kind == "N" else text
