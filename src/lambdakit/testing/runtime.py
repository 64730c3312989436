"""Run a handler as Lambda does: in a process of its own, under AWS's own runtime client.

with LocalRuntime("app.handler", task_root="src") as runtime:
    outcome = runtime.invoke({"id": 1})

assert outcome.result == {"ok": True}
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from threading import Lock
from time import gmtime, monotonic, strftime, time
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from lambdakit._extras import extra
from lambdakit.errors import ConfigurationError, EncodeError, OptionError

from ._function import RESERVED, function_environment
from ._outcome import FunctionError, InitError, Outcome, decode, decode_error, reason
from ._sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["RESERVED", "FunctionError", "InitError", "LocalRuntime", "Outcome"]


class LocalRuntime:
    """A handler under awslambdaric, AWS's runtime client for Python, with a local Runtime API to feed it.

    A context manager: the process is started, and the handler's module imported, on entering; on leaving it is
    killed, as Lambda kills a sandbox, so nothing registered with `atexit` runs. After a time-out or a crash the next
    invocation starts a new process.

    The process has the environment of a Lambda function: its variables (`AWS_REGION` is `us-east-1` unless given),
    UTC, the task root as working directory and first on `sys.path`, and the Python that runs this.

    Args:
        handler: The handler by Lambda's own name for it: `app.handler`, `orders/app.handler`.
        task_root: The directory that would be deployed.
        environment: Variables of the function. Of this process's own only PATH, HOME, TMPDIR, PYTHONPATH, VIRTUAL_ENV
            and LD_LIBRARY_PATH are passed on; pass `os.environ` less `RESERVED` to pass on all.
        timeout: Seconds that an invocation may take before the process is killed: up to 900. The default is Lambda's,
            3 seconds. The start of the process does not count.
        init_timeout: Seconds that the process may take to start. The default is Lambda's, 10 seconds.
        memory: MiB, told to the handler.
        function_name: The name of the function.
        function_version: The version of the function.
        initialization_type: How the sandbox is said to have been started. With `snap-start` the hooks that were
            registered with `snapshot_restore_py` run, before the "snapshot" and after the "restore".
        log_format: Lambda's advanced logging controls: how the runtime formats log records and errors.
        log_level: Lambda's advanced logging controls: the lowest level that is logged.

    Attributes:
        init_duration: Seconds from the start of the latest process until it asked for its first event.
        init_logs: The lines that it wrote in that time.

    Raises:
        MissingExtraError: awslambdaric is not installed.
        OptionError: An option has a value that it cannot have.
        InitError: On entering: the handler could not be loaded.

    Limitations:
        Linux and macOS. One process, so no Lambda Managed Instances. Memory is not limited, the file system is not
        read-only, and a process is not frozen between invocations. Extensions, and responses that are streamed, are
        not supported. Where Lambda would start a slow function a second time, within its time-out, this gives up.
    """

    def __init__(
        self,
        handler: str,
        *,
        task_root: Path | str = ".",
        environment: Mapping[str, str] | None = None,
        timeout: float = 3.0,
        init_timeout: float = 10.0,
        memory: int = 128,
        function_name: str = "local",
        function_version: str = "$LATEST",
        initialization_type: Literal["on-demand", "provisioned-concurrency", "snap-start"] = "on-demand",
        log_format: Literal["Text", "JSON"] = "Text",
        log_level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] | None = None,
    ) -> None:
        with extra("cli", needed_by="LocalRuntime"):
            import_module("awslambdaric")
        if not 0 < timeout <= 900:
            msg = f"timeout: expected more than 0 and at most 900 seconds, as on Lambda; got {timeout}"
            raise OptionError(msg)
        self._task_root = Path(task_root).resolve()
        if not self._task_root.is_dir():
            msg = f"task_root: expected a directory; {self._task_root} is none"
            raise OptionError(msg)
        self._environment = function_environment(
            environment or {},
            handler=handler,
            task_root=self._task_root,
            memory=memory,
            name=function_name,
            version=function_version,
            initialization_type=initialization_type,
            log_format=log_format,
            log_level=log_level,
        )
        self._arn = f"arn:aws:lambda:{self._environment['AWS_REGION']}:123456789012:function:{function_name}"
        if function_version != "$LATEST":
            self._arn += f":{function_version}"
        self.init_duration = 0.0
        self.init_logs: tuple[str, ...] = ()
        self._handler = handler
        self._timeout = timeout
        self._init_timeout = init_timeout
        self._sandbox: Sandbox | None = None
        self._cold = True
        self._entered = False
        self._one_at_a_time = Lock()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered = False
        self._stop()

    def invoke(
        self,
        event: object,
        *,
        request_id: str | None = None,
        trace_id: str | None = None,
        tenant_id: str | None = None,
        client_context: Mapping[str, object] | None = None,
    ) -> Outcome:
        """Send one event to the handler, and wait for what comes of it: at most as long as the time-out.

        Calls from several threads take turns: a sandbox handles one event at a time.

        Args:
            event: A JSON value; or bytes or str, which are sent as they are, whatever they hold.
            request_id: The id of the invocation; a new one by default. Lambda repeats it when it tries again.
            trace_id: The X-Ray trace header; by default a new trace that is not sampled.
            tenant_id: The tenant, for a function with tenant isolation.
            client_context: What `context.client_context` is made of; its key `w3c` is for `context.w3c()`.

        Returns:
            The outcome, failures of the function included: an exception, a time-out, a process that ended.

        Raises:
            EncodeError: The event is not a JSON value.
            OptionError: An id holds more than printable ASCII, so it cannot be sent.
            InitError: A new process was needed and could not load the handler.
            ConfigurationError: The runtime is used outside its `with` block.
        """
        if not self._entered:
            msg = "the runtime is not running: use it in a with block, `with LocalRuntime(...) as runtime:`"
            raise ConfigurationError(msg)
        body = _encode(event)
        request_id = request_id or str(uuid4())
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": trace_id or _unsampled_trace(),
        }
        if tenant_id is not None:
            headers["Lambda-Runtime-Aws-Tenant-Id"] = tenant_id
        if client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = json.dumps(client_context)
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                msg = f"{name}: expected printable ASCII only, since it is sent as an HTTP header"
                raise OptionError(msg)
        with self._one_at_a_time:
            try:
                return self._invoke(request_id, body, headers)
            except BaseException:
                self._stop()  # what the process would say next belongs to nobody
                raise

    def _invoke(self, request_id: str, body: bytes, headers: dict[str, str]) -> Outcome:
        sandbox = self._sandbox
        if sandbox is None or sandbox.exit_status is not None:
            sandbox = self._start()
        cold, self._cold = self._cold, False
        headers["Lambda-Runtime-Deadline-Ms"] = str(int((time() + self._timeout) * 1000))
        began = monotonic()
        sandbox.api.send(request_id, body, headers)
        alive = sandbox.run(began + self._timeout)
        ended, status = monotonic(), sandbox.exit_status
        if not alive:
            sandbox.kill()
        result: object = None
        error = None
        answer = sandbox.api.answer
        if answer is not None:
            ended = answer.at
            result, error = (None, decode_error(answer.body)) if answer.failed else (decode(answer.body), None)
        elif status is not None:
            message = f"RequestId: {request_id} Error: Runtime exited {reason(status)}"
            error = FunctionError("Runtime.ExitError", message)
        else:
            message = f"RequestId: {request_id} Error: Task timed out after {self._timeout:.2f} seconds"
            error = FunctionError("Sandbox.Timedout", message)
        logs = sandbox.lines()
        if not alive:
            self._stop()
        return Outcome(request_id, result, error, logs, ended - began, cold)

    def _start(self) -> Sandbox:
        self._stop()
        version = self._environment["AWS_LAMBDA_FUNCTION_VERSION"]
        stream = f"{strftime('%Y/%m/%d', gmtime())}/[{version}]{token_hex(16)}"
        sandbox = self._sandbox = Sandbox(
            [sys.executable, "-m", "awslambdaric", self._handler],
            environment={**self._environment, "AWS_LAMBDA_LOG_STREAM_NAME": stream},
            directory=self._task_root,
        )
        if not sandbox.run(sandbox.started + self._init_timeout):
            raise self._init_error(sandbox)
        self.init_duration = monotonic() - sandbox.started
        self.init_logs = sandbox.lines()
        self._cold = True
        return sandbox

    def _init_error(self, sandbox: Sandbox) -> InitError:
        status = sandbox.exit_status
        sandbox.kill()
        logs = sandbox.lines()
        said: tuple[str, ...]
        if sandbox.api.init_error is not None:
            error = decode_error(sandbox.api.init_error)
            said = error.stack_trace
        else:
            if status is None:
                error = FunctionError("Sandbox.Timedout", f"Init timed out after {self._init_timeout:.2f} seconds")
            else:
                error = FunctionError("Runtime.ExitError", f"Runtime exited {reason(status)}")
            said = ("The process wrote:", *logs) if logs else ("The process wrote nothing.",)
        message = "\n".join([f"{self._handler} could not be loaded: {error}", *(line.rstrip() for line in said)])
        return InitError(message, error=error, logs=logs)

    def _stop(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()


def _encode(event: object) -> bytes:
    match event:
        case bytes():
            return event
        case str():
            return event.encode("utf-8", "surrogatepass")
        case _:
            try:
                return json.dumps(event).encode()
            except (TypeError, ValueError, RecursionError) as error:
                msg = f"the event cannot be sent as JSON: {error}"
                raise EncodeError(msg) from error


def _unsampled_trace() -> str:
    return f"Root=1-{int(time()):08x}-{token_hex(12)};Parent={token_hex(8)};Sampled=0"
