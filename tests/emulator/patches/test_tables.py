"""What calls of a table take."""

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import deployed, resource


@shows("read-units")
def test_a_read_takes_the_units_of_its_size(patched: Endpoint, plain: Endpoint) -> None:
    """A query is rounded up as a whole, items by their keys each; consistent reads are double."""
    counted = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Table": resource(
                    "DynamoDB::Table",
                    BillingMode="PAY_PER_REQUEST",
                    KeySchema=[
                        {"AttributeName": "building", "KeyType": "HASH"},
                        {"AttributeName": "item", "KeyType": "RANGE"},
                    ],
                    AttributeDefinitions=[
                        {"AttributeName": name, "AttributeType": "S"}
                        for name in ("building", "item")
                    ],
                )
            },
        )
        tables = endpoint.client("dynamodb")
        keys = [{"building": {"S": "b"}, "item": {"S": str(number)}} for number in range(10)]
        for key in keys:
            tables.put_item(TableName=names["Table"], Item={**key, "value": {"S": "x" * 1000}})

        def query(table: str, *, consistent: bool, endpoint: Endpoint = endpoint) -> float:
            answer = endpoint.client("dynamodb").query(
                TableName=table,
                KeyConditionExpression="building = :b",
                ExpressionAttributeValues={":b": {"S": "b"}},
                ConsistentRead=consistent,
                ReturnConsumedCapacity="TOTAL",
            )
            return float(answer["ConsumedCapacity"]["CapacityUnits"])

        absent = {"building": {"S": "b"}, "item": {"S": "absent"}}
        got = tables.batch_get_item(
            RequestItems={names["Table"]: {"Keys": [*keys, absent]}},
            ReturnConsumedCapacity="TOTAL",
        )
        counted[endpoint] = (
            query(names["Table"], consistent=False),
            query(names["Table"], consistent=True),
            [each["CapacityUnits"] for each in got.get("ConsumedCapacity", ())],
        )

    # Ten items of a KB and a little are three times 4 KB, of which an eventual read takes half.
    assert counted == {patched: (1.5, 3.0, [5.5]), plain: (0.5, 1.0, [])}
