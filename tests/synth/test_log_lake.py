"""LogLake: what is kept, where, for how long, who finds it again, and what it refuses."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from hinagata.lab.lake import QUERY, Lake, Table, day_of
from pattern_runtime import Event, span
from pattern_runtime.trace import onward_trace
from patterns import LambdaWorker, LogLake, Off
from tests.synth.exhibits import REASON, own_function
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]
PRINCIPAL = "DataLakePrincipalIdentifier"
BUCKET, RESULTS = "Traces/Bucket", "Traces/Results"


def bucket(stack: Template, under: str = BUCKET) -> Resource:
    """The only bucket below a path."""
    return stack.one("S3::Bucket", under)


def rules(found: Resource) -> dict[str, Any]:
    """What a bucket does with what is old: all its rules as one."""
    joined: dict[str, Any] = {}
    for rule in found["LifecycleConfiguration"]["Rules"]:
        joined |= rule
    return joined


def flat(value: Any) -> str:
    """A text with its references as <name>."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(flat(part) for part in value["Fn::Join"][1])
    return f"<{value.get('Ref') or value['Fn::GetAtt'][0]}>"


def written(stack: Template) -> dict[str, Any]:
    """What the delivery stream writes, and how."""
    written: dict[str, Any] = stack.one("KinesisFirehose::DeliveryStream")[
        "ExtendedS3DestinationConfiguration"
    ]
    return written


def table(stack: Template) -> dict[str, Any]:
    """The table as Athena sees it."""
    found: dict[str, Any] = stack.one("Glue::Table")["TableInput"]
    return found


def test_a_lake_is_two_statements(template: Templates) -> None:
    """The smallest use keeps the spans of a worker for 400 days, with former versions."""
    stack = template("Lake")
    found = rules(bucket(stack))

    assert found["ExpirationInDays"] == 400
    assert found["Transitions"] == [{"StorageClass": "STANDARD_IA", "TransitionInDays": 90}]
    assert found["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert found["ExpiredObjectDeleteMarker"] is True
    assert bucket(stack)["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket(stack).body["DeletionPolicy"] == "Retain"


def test_spans_alone_are_handed_over(template: Templates) -> None:
    """The worker's log group has a subscription that only a span's line passes."""
    stack = template("Lake")
    found = stack.one("Logs::SubscriptionFilter", "Traces/FromBilling")

    assert stack.target(found["LogGroupName"]).path == "Billing/FunctionLogs/Resource"
    assert stack.target(found["DestinationArn"]).path == "Traces/Stream"
    assert found["FilterPattern"] == '{ $.span = "*" }'
    role = stack.target(found["RoleArn"])
    assert stack.may(role) == {
        action: ["Traces/Stream"] for action in ("firehose:PutRecord", "firehose:PutRecordBatch")
    }
    policy = stack.one("IAM::Policy", "Traces/Subscriber").logical_id
    assert policy in found.body["DependsOn"]


def test_each_function_of_an_api_is_kept_once(template: Templates) -> None:
    """Routes of one handler share a function and so a subscription; a log group has its name."""
    stack = template("LakeFull")

    assert {each.path for each in stack.all("Logs::SubscriptionFilter")} == {
        "Traces/FromShopOrders",
        "Traces/FromShopOrdersFind",
        "Traces/FromEntry",
    }
    assert stack.one("Logs::SubscriptionFilter", "Traces/FromEntry")["LogGroupName"] == "gateway"


def test_files_lie_where_the_table_looks(template: Templates) -> None:
    """Firehose writes by account and day, as the table's partitions are named."""
    stack = template("Lake")
    target = written(stack)
    found = table(stack)
    location = flat(found["StorageDescriptor"]["Location"])
    name = bucket(stack).logical_id

    assert location == f"s3://<{name}>/spans/"
    assert stack.target(target["BucketARN"]) == bucket(stack)
    assert flat(target["Prefix"]) == ("spans/account=<AWS::AccountId>/day=!{timestamp:yyyy-MM-dd}/")
    assert [key["Name"] for key in found["PartitionKeys"]] == ["account", "day"]
    assert found["Parameters"]["projection.day.format"] == "yyyy-MM-dd"
    assert flat(target["ErrorOutputPrefix"]).startswith("errors/account=<AWS::AccountId>/")
    assert "!{firehose:error-output-type}" in flat(target["ErrorOutputPrefix"])


def test_a_line_is_a_row(template: Templates) -> None:
    """What a subscription wraps is unwrapped, one line of JSON each, compressed."""
    target = written(template("Lake"))

    assert [each["Type"] for each in target["ProcessingConfiguration"]["Processors"]] == [
        "Decompression",
        "CloudWatchLogProcessing",
        "AppendDelimiterToRecord",
    ]
    assert target["CompressionFormat"] == "GZIP"
    serde = table(template("Lake"))["StorageDescriptor"]["SerdeInfo"]
    assert serde["Parameters"] == {"ignore.malformed.json": "true"}


def test_the_table_has_every_field_of_a_span(
    template: Templates, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its columns are the fields of the line that a handler prints, failed or not."""
    with pytest.raises(KeyError), span(Event.new(type="order", source="/shop", data={})):
        raise KeyError("item")
    printed = json.loads(capsys.readouterr().out)
    kinds = {str: "string", float: "double"}

    columns = table(template("Lake"))["StorageDescriptor"]["Columns"]
    assert {each["Name"]: each["Type"] for each in columns} == {
        name: kinds[type(value)] for name, value in printed.items()
    }


def test_partitions_are_known_by_their_form(template: Templates) -> None:
    """Accounts by name and days by number, as long as they are kept; nobody has to add any."""
    small, full = (table(template(name))["Parameters"] for name in ("Lake", "LakeFull"))

    assert small["projection.enabled"] == "true"
    assert small["projection.account.values"] == {"Ref": "AWS::AccountId"}
    assert small["projection.day.range"] == "NOW-400DAYS,NOW"
    assert flat(full["projection.account.values"]) == "<AWS::AccountId>,111122223333,444455556666"
    assert full["projection.day.range"] == "NOW-800DAYS,NOW"
    assert not template("LakeFull").all("Glue::Crawler")


def test_a_query_has_a_limit_and_a_place_for_its_results(template: Templates) -> None:
    """Whoever asks cannot choose another; results are encrypted, and go after a week."""
    stack = template("Lake")
    found = stack.one("Athena::WorkGroup")["WorkGroupConfiguration"]
    result = found["ResultConfiguration"]

    assert found["EnforceWorkGroupConfiguration"] is True
    assert found["BytesScannedCutoffPerQuery"] == 100 * 1024**3
    assert result["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    results = bucket(stack, RESULTS)
    assert flat(result["OutputLocation"]) == f"s3://<{results.logical_id}>/"
    assert rules(results)["ExpirationInDays"] == 7


def test_a_trace_is_found_by_its_id(template: Templates) -> None:
    """The query names root and days, and takes a span that was delivered twice once."""
    stack = template("Lake")
    query = stack.one("Athena::NamedQuery")

    assert query["Name"] == QUERY
    assert stack.target(query["WorkGroup"]) == stack.one("Athena::WorkGroup")
    assert stack.target(query["Database"]) == stack.one("Glue::Database")
    sql = query["QueryString"]
    assert sql.count("?") == 3
    assert "SELECT DISTINCT" in sql
    assert "day BETWEEN ? AND ?" in sql


def test_the_query_finds_what_the_runtime_prints(
    template: Templates, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Word for word, over files as the delivery stream writes them, in the table as Glue has it."""
    stack = template("Lake")
    told = table(stack)
    spans = Table(
        name=told["Name"],
        location="s3://lake/spans/",
        columns={each["Name"]: each["Type"] for each in told["StorageDescriptor"]["Columns"]},
        partitions=[each["Name"] for each in told["PartitionKeys"]],
    )
    event = Event.new(type="photo.taken", source="/owners/7", data={})
    with span(event):
        passed_on = replace(event, trace=onward_trace(event.trace))
    with pytest.raises(OSError, match="full"), span(passed_on):
        raise OSError("full")
    root = event.trace.removeprefix("Root=").partition(";")[0]
    folder = tmp_path / f"spans/account=000000000012/day={day_of(root):%Y-%m-%d}"
    folder.mkdir(parents=True)
    (folder / "traces.gz").write_bytes(gzip.compress(capsys.readouterr().out.encode()))

    query = stack.one("Athena::NamedQuery")["QueryString"]
    first, second = Lake(tmp_path, [spans], query).trace(root).spans

    assert (first.parent, second.parent) == ("", first.segment)
    assert (first.id, first.type, first.status) == (event.id, "photo.taken", "ok")
    assert (second.status, second.error) == ("error", "OSError: full")
    assert first.start <= first.end <= second.start


def test_it_may_write_its_own_prefix_alone(template: Templates) -> None:
    """The delivery's role reaches no other account's files, and Firehose takes it for us alone."""
    stack = template("Lake")
    role = stack.one("IAM::Role", "Traces/Role")
    allowed = stack.may(role)
    arn = bucket(stack).logical_id

    assert [flat(json.loads(each)) for each in allowed["s3:PutObject"]] == [
        f"<{arn}>/errors/account=<AWS::AccountId>/*",
        f"<{arn}>/spans/account=<AWS::AccountId>/*",
    ]
    assert set(allowed) == {
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:PutObject",
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "logs:PutLogEvents",
    }
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "AWS::AccountId"}}}


def test_three_alarms_can_fire(template: Templates) -> None:
    """Late, throttled and unreadable spans are told."""
    stack = template("Lake")
    stream = stack.one("KinesisFirehose::DeliveryStream")
    alarms = stack.all("CloudWatch::Alarm", "Traces")

    assert {each["MetricName"]: each["Threshold"] for each in alarms} == {
        "DeliveryToS3.DataFreshness": 900,
        "ThrottledRecords": 0,
        "OutputDecompressedRecords.Failed": 0,
    }
    for each in alarms:
        (dimension,) = each["Dimensions"]
        assert dimension["Name"] == "DeliveryStreamName"
        assert stack.target(dimension["Value"]) == stream


def test_every_setting_reaches_the_template(template: Templates) -> None:
    """Each argument of a lake has its effect."""
    stack = template("LakeFull")
    key = stack.one("KMS::Key").logical_id

    assert rules(bucket(stack))["ExpirationInDays"] == 800
    assert rules(bucket(stack))["Transitions"][0]["TransitionInDays"] == 45
    assert rules(bucket(stack, RESULTS))["ExpirationInDays"] == 2
    assert written(stack)["BufferingHints"]["IntervalInSeconds"] == 60
    assert stack.alarm("Traces", "DeliveryToS3.DataFreshness")["Threshold"] == 1800
    workgroup = stack.one("Athena::WorkGroup")["WorkGroupConfiguration"]
    assert workgroup["BytesScannedCutoffPerQuery"] == 10 * 1024**3
    assert workgroup["ResultConfiguration"]["EncryptionConfiguration"] == {
        "EncryptionOption": "SSE_KMS",
        "KmsKey": {"Fn::GetAtt": [key, "Arn"]},
    }
    for under in (BUCKET, RESULTS):
        (encryption,) = bucket(stack, under)["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ]
        by = encryption["ServerSideEncryptionByDefault"]
        assert by["KMSMasterKeyID"] == {"Fn::GetAtt": [key, "Arn"]}


def test_another_account_may_write_its_own_prefix_alone(template: Templates) -> None:
    """No lake can write, or overwrite, what another account has said."""
    stack = template("LakeFull")
    policy = stack.one("S3::BucketPolicy", BUCKET)
    writing = {
        flat(statement["Principal"]["AWS"]): [flat(each) for each in statement["Resource"]]
        for statement in policy["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
    }

    arn = bucket(stack).logical_id
    assert writing == {
        f"arn:<AWS::Partition>:iam::{account}:root": [
            f"<{arn}>/errors/account={account}/*",
            f"<{arn}>/spans/account={account}/*",
        ]
        for account in ("111122223333", "444455556666")
    }


def test_readers_are_lent_the_table_alone(template: Templates) -> None:
    """With readers, Lake Formation grants: IAM lets them ask it, and read no file themselves."""
    stack = template("LakeFull")
    reader = stack.one("IAM::Role", "OnCall")
    permissions = {
        next(iter(each["Resource"])): (stack.target(each["Principal"][PRINCIPAL]), each)
        for each in stack.all("LakeFormation::PrincipalPermissions")
    }

    assert {kind: each["Permissions"] for kind, (_, each) in permissions.items()} == {
        "Database": ["DESCRIBE"],
        "Table": ["DESCRIBE", "SELECT"],
    }
    assert all(role == reader for role, _ in permissions.values())
    database = stack.one("Glue::Database")["DatabaseInput"]
    assert database["CreateTableDefaultPermissions"] == []
    allowed = stack.may(reader)
    assert allowed["lakeformation:GetDataAccess"] == ['"*"']
    assert bucket(stack).logical_id not in json.dumps(allowed)
    location = stack.one("LakeFormation::Resource")
    assert flat(location["ResourceArn"]) == f"<{bucket(stack).logical_id}>/spans"
    lent = stack.may(stack.target(location["RoleArn"]))
    assert set(lent) == {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "kms:Decrypt"}


def test_without_readers_iam_says_who_may_ask(template: Templates) -> None:
    """There is nothing of Lake Formation, and who is granted reads the spans alone."""
    stack = template("LakeSwitchedOff")
    allowed = stack.may(stack.one("IAM::Role", "OnCall"))

    assert not [r for r in stack.resources.values() if "LakeFormation" in r.type]
    spans = f"<{bucket(stack).logical_id}>/spans/*"
    results = f"<{bucket(stack, RESULTS).logical_id}>/*"
    assert [flat(json.loads(each)) for each in allowed["s3:GetObject"]] == [results, spans]
    assert [flat(json.loads(each)) for each in allowed["s3:PutObject"]] == [results]
    assert flat(json.loads(allowed["athena:StartQueryExecution"][0])).endswith(
        f"workgroup/<{stack.one('Athena::WorkGroup').logical_id}>"
    )
    assert len(allowed["glue:GetTable"]) == 3


def test_what_is_switched_off_is_off(template: Templates) -> None:
    """No former versions, no limit, and no storage that would not pay."""
    stack = template("LakeSwitchedOff")
    found = stack.one("Athena::WorkGroup")

    assert "VersioningConfiguration" not in bucket(stack).properties
    assert "NoncurrentVersionExpiration" not in rules(bucket(stack))
    assert "Transitions" not in rules(bucket(stack))
    assert "BytesScannedCutoffPerQuery" not in found["WorkGroupConfiguration"]
    assert found["Description"] == f"No limit to what a query reads: {REASON}"


def test_your_own_bucket_is_delivered_to(template: Templates) -> None:
    """A lake of another account writes into it, under its own prefix, and hands its files over."""
    stack = template("LakeOwn")
    allowed = stack.may(stack.one("IAM::Role", "Traces/Role"))

    assert [each.path for each in stack.all("S3::Bucket")] == [f"{RESULTS}/Resource"]
    assert flat(written(stack)["BucketARN"]).endswith(":s3:::central-traces")
    assert [flat(json.loads(each)).split(":::")[1] for each in allowed["s3:PutObjectAcl"]] == [
        "central-traces/errors/account=<AWS::AccountId>/*",
        "central-traces/spans/account=<AWS::AccountId>/*",
    ]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"retention_days": 0}, ["retention_days=0", "give 1 or more"]),
        (
            {"infrequent_after_days": 10},
            ["infrequent_after_days=10, retention_days=400", "30th day", "a number between"],
        ),
        (
            {"retention_days": 60, "infrequent_after_days": 45},
            ["infrequent_after_days=45, retention_days=60", "bills 30 days"],
        ),
        ({"result_days": 0}, ["result_days=0", "give 1 or more"]),
        ({"buffer": cdk.Duration.hours(1)}, ["buffer of 3600 s", "0 s to 900 s"]),
        ({"scan_limit": cdk.Size.mebibytes(1)}, ["1048576 bytes", "10000000", "Off(reason)"]),
        ({"accounts": ["1"]}, ["'1' is no account", "12 digits"]),
        ({"accounts": ["1" * 12, "1" * 12]}, ["each account once", "in a list"]),
        ({"accounts": "111122223333"}, ["accounts='111122223333'", "in a list"]),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, settings: dict[str, Any], words: list[str]
) -> None:
    """What AWS refuses, or what can have no effect, is an error at once."""
    with refused(*words):
        LogLake(stack, "Traces", **settings)


def test_fails_if_your_own_bucket_is_to_be_changed(stack: cdk.Stack) -> None:
    """What your own bucket is cannot be set beside it."""
    mine = s3.Bucket.from_bucket_name(stack, "Mine", "mine")

    with refused("Mine is your own bucket", "retention_days, versioning", "that bucket is made"):
        LogLake(stack, "Traces", bucket=mine, retention_days=7, versioning=Off("a test of it"))


def test_fails_if_a_source_is_kept_twice(stack: cdk.Stack, code: str) -> None:
    """One subscription a log group: two would deliver each span twice."""
    lake = LogLake(stack, "Traces")
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)
    lake.keeps(worker)

    with refused("keeps Billing already", "by name="):
        lake.keeps(worker)


def test_fails_if_it_is_to_keep_its_own_log(stack: cdk.Stack) -> None:
    """Each delivery would be followed by another, for ever."""
    lake = LogLake(stack, "Traces")

    with refused("the log of its own deliveries", "what prints spans"):
        lake.keeps(lake.delivery_log)


def test_fails_if_nobody_knows_where_a_function_logs(stack: cdk.Stack) -> None:
    """Your own function logs where you say, so you say it here too."""
    worker = LambdaWorker(stack, "Billing", handler=own_function(stack, "Mine"))

    with refused("keeps(Billing)", "your own", "give its log group"):
        LogLake(stack, "Traces").keeps(worker)
