"""A photo's way through everything, one trace over all hops, and the lake that keeps it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from patterns import (
    DurableWorkflow,
    FanOut,
    LambdaWorker,
    LogLake,
    PointToPointQueue,
    ReactiveApi,
    Situation,
    acknowledge,
)
from stacks._tables import keyed_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

# Of one message in any handler; assumed, not measured on AWS.
_SECONDS_PER_MESSAGE = 0.1
_HEADROOM = 4
_PEAK = 2
_CHANGES = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
_FOLLOWED = ("negatives/", "prints/")
# As long as somebody may still be told that an object is gone: what a queue keeps at most.
_TOMBSTONE_DAYS = 14
_ALBUM = Situation(
    "who wrote and deleted is in the trace of each change, kept for 400 days",
    cdk=("AwsSolutions-S1",),
    checkov=("CKV_AWS_18",),
)
_ONE_DEVELOPMENT = Situation(
    "an execution has its event's name, and there is one of a name", cdk=("Hinagata::FM603",)
)
_NOTHING_DONE = Situation(
    "a step is tried so often only while it is throttled, and has done nothing then",
    cdk=("Hinagata::FM104",),
)


class TraceLake(cdk.Stack):
    """Photos are taken, developed by a workflow and catalogued; the lake has the way of each.

    Args:
        photos_per_second: How many photos a second it is sized for.
        accounts: Ids of other accounts, whose lakes deliver into this one's bucket.
        readers: Roles that may ask the lake, by Lake Formation. None: whom IAM allows.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        photos_per_second: float = 50,
        accounts: Sequence[str] = (),
        readers: Sequence[iam.IRole] | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="One trace over all hops, for a year")
        at_once = max(2, math.ceil(photos_per_second * _SECONDS_PER_MESSAGE * _HEADROOM))

        # API -> topic -> queue -> who starts the workflow
        api = ReactiveApi(
            self,
            "PhotoApi",
            routes={"POST /owners/{owner}/photos": "trace_lake.take.handler"},
            requests_per_second=photos_per_second * _PEAK,
        )
        taken = FanOut(self, "PhotosTaken")
        to_develop = PointToPointQueue(self, "ToDevelop")
        start = LambdaWorker(
            self, "Start", handler="trace_lake.develop.handler", max_concurrency=at_once
        )
        api.sends_to(taken)
        taken.delivers_to(to_develop)
        start.consumes(to_develop)
        acknowledge(start.function, _ONE_DEVELOPMENT)

        # The workflow: each step keeps the trace as it came
        store, keep, discard = (
            LambdaWorker(
                self, name, handler=f"trace_lake.steps.{function}", max_concurrency=at_once
            )
            for name, function in (("Store", "store"), ("Print", "keep"), ("Discard", "discard"))
        )
        start.sends_to(DurableWorkflow(self, "Development", steps=[store, keep, discard]))

        # The bucket, and who follows its changes: the trace is in the objects' metadata
        changes = PointToPointQueue(self, "AlbumChanges")
        album = _album(self, changes)
        catalogue = LambdaWorker(
            self, "Catalogue", handler="trace_lake.catalogue.handler", max_concurrency=at_once
        )
        for step in (store, keep, discard):
            step.writes(album)
        _may_delete(discard, album, "negatives/*")
        catalogue.consumes(changes)
        catalogue.reads(album)
        catalogue.writes(
            keyed_table(
                self,
                "Entries",
                "event_id",
                "change",
                bounded="who writes it is bounded: by the worker's concurrency",
            )
        )
        acknowledge(catalogue.function, _NOTHING_DONE)

        # What all of them say of each photo
        lake = LogLake(self, "Traces", accounts=accounts, readers=readers)
        for hop in (api, start, store, keep, discard, catalogue):
            lake.keeps(hop)

        cdk.CfnOutput(self, "PhotoApiUrl", value=api.url)
        cdk.CfnOutput(self, "Workgroup", value=lake.workgroup.ref)


def _may_delete(worker: LambdaWorker, bucket: s3.Bucket, keys: str) -> None:
    worker.function.add_to_role_policy(
        iam.PolicyStatement(actions=["s3:DeleteObject"], resources=[bucket.arn_for_objects(keys)])
    )
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):
        name = cdk.Stack.of(bucket).get_logical_id(resource)
        rule = f"AwsSolutions-IAM5[Resource::<{name}.Arn>/{keys}]"
        acknowledge(worker, Situation("what it throws away", cdk=(rule,)))


def _album(stack: cdk.Stack, changes: PointToPointQueue) -> s3.Bucket:
    """A bucket that tells a queue of each change, without the CDK's custom resource."""
    bucket = s3.Bucket(
        stack,
        "Album",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(prefix="tombstones/", expiration=cdk.Duration.days(_TOMBSTONE_DAYS)),
            s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(_TOMBSTONE_DAYS)),
        ],
    )
    acknowledge(bucket, _ALBUM)
    # By account: the bucket's own ARN is not known before the queue lets it in.
    changes.queue.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"],
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            resources=[changes.queue.queue_arn],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):
        rule, key_filter = s3.CfnBucket.FilterRuleProperty, s3.CfnBucket.S3KeyFilterProperty
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event=change,
                    queue=changes.queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=key_filter(rules=[rule(name="prefix", value=prefix)])
                    ),
                )
                for prefix in _FOLLOWED
                for change in _CHANGES
            ]
        )
        # S3 looks whether the queue lets it in before it makes the bucket.
        policy = changes.queue.node.try_find_child("Policy")
        if policy is not None:
            resource.node.add_dependency(policy)
    return bucket
