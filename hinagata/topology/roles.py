"""What each type of resource does in an architecture."""

from __future__ import annotations

from typing import Final

from hinagata.topology.node import Role

_TYPES: dict[Role, tuple[str, ...]] = {
    Role.COMPUTE: (
        "AWS::AppRunner::Service",
        "AWS::Batch::JobDefinition",
        "AWS::CodeBuild::Project",
        "AWS::EC2::Instance",
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition",
        "AWS::Glue::Job",
        "AWS::Lambda::Function",
        "AWS::Serverless::Function",
    ),
    Role.QUEUE: ("AWS::SQS::Queue", "AWS::AmazonMQ::Broker"),
    Role.TOPIC: ("AWS::SNS::Topic", "AWS::IoT::TopicRule"),
    Role.BUS: ("AWS::Events::EventBus",),
    Role.STREAM: (
        "AWS::Kinesis::Stream",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::MSK::Cluster",
        "AWS::MSK::ServerlessCluster",
    ),
    Role.TABLE: (
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Timestream::Table",
    ),
    Role.BUCKET: ("AWS::S3::Bucket", "AWS::EFS::FileSystem"),
    Role.API: (
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::AppSync::Api",
        "AWS::AppSync::GraphQLApi",
        "AWS::Cognito::UserPool",
    ),
    Role.LOAD_BALANCER: (
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ),
    Role.DISTRIBUTION: ("AWS::CloudFront::Distribution",),
    Role.WORKFLOW: ("AWS::StepFunctions::StateMachine",),
    Role.ROLE: ("AWS::IAM::Role",),
    Role.ALARM: ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"),
    Role.LOG: ("AWS::Logs::LogGroup",),
    Role.NETWORK: (
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
    ),
    Role.SCHEDULE: ("AWS::Scheduler::Schedule",),
}

# All others are `Role.OTHER`: they carry no messages of their own.
ROLES: Final[dict[str, Role]] = {type_: role for role, types in _TYPES.items() for type_ in types}
