"""How a function runs: its errors, its time, its log, its code."""

import time

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import invoked, shows
from tests.emulator.templates import deployed, function, ref, resource, role

RAISES = """
    import os
    class PartnerUnavailable(Exception):
        pass
    def handler(event, context):
        if event:
            raise PartnerUnavailable("closed")
        return os.getpid()
"""


@shows("warm-invoke")
def test_an_exception_keeps_its_name_and_its_worker(patched: Endpoint, plain: Endpoint) -> None:
    """An error bears the exception's class name and costs the next invocation no cold start."""
    observed = {}
    for endpoint in (patched, plain):
        name = deployed(endpoint, {"Role": role(), "F": function(RAISES)})["F"]
        before = invoked(endpoint, name)
        error = invoked(endpoint, name, "fail")
        observed[endpoint] = error["errorType"], before == invoked(endpoint, name)
        assert error["errorMessage"] == "closed"

    assert observed[patched] == ("PartnerUnavailable", True)
    assert observed[plain] == ("Runtime.HandlerError", False)


@shows("warm-invoke")
def test_a_process_that_ends_is_named_so(patched: Endpoint, plain: Endpoint) -> None:
    """A handler that takes its process with it is told from one that raises, and starts anew."""
    code = """
        import os
        def handler(event, context):
            if event:
                os._exit(3)
            return "alive"
    """
    errors = {}
    for endpoint in (patched, plain):
        name = deployed(endpoint, {"Role": role(), "F": function(code)})["F"]
        errors[endpoint] = invoked(endpoint, name, "end")["errorType"]
        assert invoked(endpoint, name) == "alive"

    assert errors == {patched: "Runtime.ExitError", plain: "Runtime.HandlerError"}


def test_an_invocation_that_prints_nothing_waits_for_nothing(
    patched: Endpoint, plain: Endpoint
) -> None:
    """A warm invocation takes milliseconds, not the 50 that are waited for a log line."""
    fastest = {}
    for endpoint in (patched, plain):
        name = deployed(endpoint, {"Role": role(), "F": function(RAISES)})["F"]
        times = []
        for _ in range(8):
            started = time.perf_counter()
            invoked(endpoint, name)
            times.append(time.perf_counter() - started)
        fastest[endpoint] = min(times)

    assert fastest[patched] < fastest[plain]
    assert fastest[plain] > 0.05


def test_output_is_logged_with_the_invocation_that_wrote_it(patched: Endpoint) -> None:
    """Every printed line is in the log, with an unfinished last one, and no line of our own."""
    code = """
        import sys
        def handler(event, context):
            print(f"one {event}")
            sys.stdout.write("two")
    """
    made = deployed(
        patched,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
        },
    )
    invoked(patched, made["F"], 1)
    invoked(patched, made["F"], 2)
    events = patched.client("logs").filter_log_events(logGroupName=made["Logs"])["events"]
    printed = [
        event["message"]
        for event in events
        if not event["message"].startswith(("START", "END", "REPORT"))
    ]

    assert printed == ["one 1", "two", "one 2", "two"]


@shows("own-code")
def test_a_function_does_not_find_the_project_around_it(patched: Endpoint, plain: Endpoint) -> None:
    """What is in neither the asset nor a layer is missing here, as on AWS."""
    code = """
        def handler(event, context):
            import boto3
            import tests.emulator.templates
            return "found"
    """
    answers = {
        endpoint: invoked(endpoint, deployed(endpoint, {"Role": role(), "F": function(code)})["F"])
        for endpoint in (patched, plain)
    }

    assert answers[patched]["errorType"] == "ModuleNotFoundError"
    assert answers[patched]["errorMessage"] == "No module named 'tests'"
    assert answers[plain] == "found"
