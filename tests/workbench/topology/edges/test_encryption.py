"""What keys encrypt."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import arn, lines, read, ref, resource


def test_a_key_encrypts_what_names_it() -> None:
    """Itself or by its alias; not the keys that AWS makes."""
    rule = {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": arn("Key")}}
    topology = read(
        Key=resource("KMS::Key"),
        Alias=resource("KMS::Alias", AliasName="alias/own", TargetKeyId=ref("Key")),
        Orders=resource("SQS::Queue", KmsMasterKeyId=arn("Key")),
        News=resource("SNS::Topic", KmsMasterKeyId="alias/own"),
        Clicks=resource("Kinesis::Stream", StreamEncryption={"KeyId": ref("Alias")}),
        Stock=resource("DynamoDB::Table", SSESpecification={"KMSMasterKeyId": ref("Key")}),
        Log=resource("Logs::LogGroup", KmsKeyId=arn("Key")),
        Files=resource(
            "S3::Bucket", BucketEncryption={"ServerSideEncryptionConfiguration": [rule]}
        ),
        Managed=resource("SQS::Queue", KmsMasterKeyId="alias/aws/sqs"),
        ManagedByArn=resource(
            "SNS::Topic", KmsMasterKeyId="arn:aws:kms:eu-west-1:123456789012:alias/aws/sns"
        ),
    )

    assert lines(topology) == [
        f"Key encrypts {name} via {name}"
        for name in ("Orders", "News", "Clicks", "Stock", "Log", "Files")
    ]
