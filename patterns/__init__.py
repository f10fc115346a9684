"""Reusable serverless constructs for the AWS CDK: secure, resilient and observable by default.

Names are loaded on first use (PEP 562): `import patterns` costs milliseconds, and a program pays
only for the service modules of the constructs that it names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from patterns._start import prefer_bundled_node
from patterns._start import start_lean as start_lean

if TYPE_CHECKING:
    from patterns._acknowledgements import Situation as Situation
    from patterns._acknowledgements import acknowledge as acknowledge
    from patterns._event_route import EventRoute as EventRoute
    from patterns._off import Off as Off
    from patterns.app import App as App
    from patterns.circuit_breaker import CircuitBreaker as CircuitBreaker
    from patterns.durable_workflow import DurableWorkflow as DurableWorkflow
    from patterns.durable_workflow import Step as Step
    from patterns.event_bus import EventBus as EventBus
    from patterns.event_stream import EventStream as EventStream
    from patterns.failure_mode_validation import FailureModes as FailureModes
    from patterns.fan_out import FanOut as FanOut
    from patterns.lambda_worker import LambdaWorker as LambdaWorker
    from patterns.log_lake import LogLake as LogLake
    from patterns.point_to_point_queue import PointToPointQueue as PointToPointQueue
    from patterns.proactive_service import ProactiveService as ProactiveService
    from patterns.proactive_service import ScheduledStep as ScheduledStep
    from patterns.proactive_service import python_image as python_image
    from patterns.push_gateway import PushGateway as PushGateway
    from patterns.reactive_api import ReactiveApi as ReactiveApi
    from patterns.reactive_api import Route as Route
    from patterns.telemetry_store import TelemetryStore as TelemetryStore
    from patterns.template_validation import TemplateValidation as TemplateValidation

# jsii starts Node when aws_cdk is first imported; by then JSII_NODE must be set.
prefer_bundled_node()

_MODULES = {
    "App": "app",
    "CircuitBreaker": "circuit_breaker",
    "DurableWorkflow": "durable_workflow",
    "EventBus": "event_bus",
    "EventRoute": "_event_route",
    "EventStream": "event_stream",
    "FailureModes": "failure_mode_validation",
    "FanOut": "fan_out",
    "LambdaWorker": "lambda_worker",
    "LogLake": "log_lake",
    "Off": "_off",
    "PointToPointQueue": "point_to_point_queue",
    "ProactiveService": "proactive_service",
    "PushGateway": "push_gateway",
    "ReactiveApi": "reactive_api",
    "Route": "reactive_api",
    "ScheduledStep": "proactive_service",
    "Situation": "_acknowledgements",
    "TelemetryStore": "telemetry_store",
    "Step": "durable_workflow",
    "TemplateValidation": "template_validation",
    "acknowledge": "_acknowledgements",
    "python_image": "proactive_service",
    "start_lean": "_start",
}

__all__ = [  # noqa: PLE0604 - the names are those of the table above
    *_MODULES
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        message = f"module 'patterns' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"patterns.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
