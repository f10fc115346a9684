"""A handler's exception keeps its class name and its worker, and no invocation waits for logs.

The emulator reports every exception as `Runtime.HandlerError` and ends the worker, so that each
error costs a cold start and `Retry: ["Transient"]` never matches; a process that ends by itself is
called the same. And after every invocation it
waits 50 ms for a log line that may never come, because it cannot know that there will be none.
"""

import queue
from contextvars import ContextVar
from typing import Any

from hinagata.errors import HinagataError
from hinagata.lab.patches.patch import Patch, emulator_module

# Written by the worker to its log after each invocation: whoever reads it has read all.
END_OF_LOG = "\x1eend-of-invocation\x1e"
LOG_SECONDS = 5.0  # a guard: the mark was written before the response that was already read

# The end of an invocation in the worker's script, and what it becomes. `os._exit` and timeouts end
# the worker as before: AWS ends the environment too.
_PLAIN_END = (
    '            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")\n'
    "        except Exception as e:\n"
    '            _real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")\n'
)
_FAITHFUL_END = rf"""            _answer = json.dumps({{"status": "ok", "result": result}})
        except Exception as e:
            _answer = json.dumps({{"status": "ok", "trace": traceback.format_exc(), "raised": {{
                "errorMessage": str(e),
                "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)[1:],
            }}}})
        sys.stderr.write({END_OF_LOG!r} + "\n")
        sys.stderr.flush()
        _real_stdout.write(_answer + "\n")
"""

_DIED = "Worker process died"  # what the emulator says of a process that ended by itself

_raised: ContextVar[dict[str, Any] | None] = ContextVar("hinagata_raised", default=None)


def _apply() -> None:
    runtime = emulator_module("core.lambda_runtime")
    service = emulator_module("services.lambda_svc")
    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(_PLAIN_END) != 1:
        raise HinagataError(
            "the patch warm-invoke does not find the end of an invocation in the emulator's "
            "worker script: re-check it against the installed ministack"
        )
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_PLAIN_END, _FAITHFUL_END)

    plain_invoke = runtime.Worker.invoke
    plain_drain = runtime.Worker._drain_stderr_bounded
    plain_execute = service._execute_function_warm

    def drain(worker: Any, *args: Any, **kwargs: Any) -> str:
        if worker._proc is None or not _is_python(worker.config):  # it died, or writes no mark
            return str(plain_drain(worker, *args, **kwargs))
        return _read_log(worker._stderr_queue)

    def invoke(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        response: dict[str, Any] = plain_invoke(worker, *args, **kwargs)
        raised = response.pop("raised", None)
        _raised.set(raised)
        if raised is not None:
            response.update(status="error", error=raised["errorMessage"])
        return response

    def execute(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        _raised.set(None)
        outcome: dict[str, Any] = plain_execute(func, event, request_id)
        raised = _raised.get()
        if raised is not None:
            outcome["body"] = raised
        elif outcome.get("error") and outcome["body"].get("errorMessage") == _DIED:
            outcome["body"] = {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {request_id} Error: Runtime exited",
            }
        return outcome

    runtime.Worker._drain_stderr_bounded = drain
    runtime.Worker.invoke = invoke
    service._execute_function_warm = execute


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "python3.12")).startswith("python")


def _read_log(lines: "queue.Queue[str]") -> str:
    read: list[str] = []
    try:
        while True:
            line = lines.get(timeout=LOG_SECONDS)
            text, mark, _ = line.partition(END_OF_LOG)
            if text or not mark:
                read.append(text)
            if mark:
                break
    except queue.Empty:
        pass
    return "\n".join(read)


PATCH = Patch(
    name="warm-invoke",
    promise="a handler's exception is reported under its own class name and the worker stays warm, "
    "a process that ends is Runtime.ExitError, and an invocation ends when the handler returns",
    symbols=(
        "ministack.core.lambda_runtime:_PYTHON_WORKER_SCRIPT",
        "ministack.core.lambda_runtime:Worker.invoke",
        "ministack.core.lambda_runtime:Worker._drain_stderr_bounded",
        "ministack.services.lambda_svc:_execute_function_warm",
    ),
    apply=_apply,
)
