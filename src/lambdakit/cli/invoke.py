"""`lambdakit invoke`: run a handler under AWS's own runtime client, on this machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lambdakit.errors import LambdakitError, OptionError
from lambdakit.testing.runtime import RESERVED, InitError, LocalRuntime

from ._render import Report, print_json, print_report

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMING = "name it module:handler, such as app:handler or orders.app:handler"


def invoke(
    handler: Annotated[str, typer.Argument(help="module:handler, or module.handler as in Lambda's own settings.")],
    *,
    event: Annotated[
        str | None,
        typer.Option("--event", "-e", metavar="FILE", help="A file with the event as JSON; - for stdin. Default: {}"),
    ] = None,
    count: Annotated[
        int,
        typer.Option(
            "--count", "-n", min=1, metavar="N", help="Send the event N times. Side effects of the handler repeat too."
        ),
    ] = 1,
    directory: Annotated[
        Path,
        typer.Option("--directory", "-C", exists=True, file_okay=False, help="The task root: what would be deployed."),
    ] = Path(),
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="KEY=VALUE", help="An environment variable beside your own; may be repeated."),
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="The function's time-out: up to 900.")] = 3.0,
    memory: Annotated[int, typer.Option(min=128, max=10240, metavar="MIB", help="Told to the handler only.")] = 128,
    function_name: Annotated[str, typer.Option(metavar="NAME", help="The name of the function.")] = "local",
    log_format: Annotated[
        Literal["Text", "JSON"], typer.Option(case_sensitive=False, help="Lambda's advanced logging controls.")
    ] = "Text",
    log_level: Annotated[
        Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] | None,
        typer.Option(case_sensitive=False, help="Lambda's advanced logging controls."),
    ] = None,
    trace_id: Annotated[str | None, typer.Option(metavar="HEADER", help="The X-Ray trace header.")] = None,
    tenant: Annotated[str | None, typer.Option(metavar="ID", help="The tenant, as context.tenant_id.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, with durations in seconds.")
    ] = False,
) -> None:
    """Run a handler under AWS's own runtime client, and print its result, its logs, and how long it took.

    The event is sent once, to a new process: that is the cold duration. For the warm one the same event must be sent
    again (--count 2 or more), which is left to you, since a handler may charge, send or delete something each time.

    The handler sees your environment variables, AWS credentials included, and those that Lambda sets.

    Exit status: 0; 1 if the function failed; 2 if the command line was wrong.
    """
    name = _lambda_name(handler)
    text = "{}" if event is None else _read_event(event)
    environment = {key: value for key, value in os.environ.items() if key not in RESERVED}
    environment |= dict(_pairs(env or ()))
    report = Report(name)
    try:
        with LocalRuntime(
            name,
            task_root=directory,
            environment=environment,
            timeout=timeout,
            memory=memory,
            function_name=function_name,
            log_format=log_format,
            log_level=log_level,
        ) as runtime:
            report.init_duration, report.init_logs = runtime.init_duration, runtime.init_logs
            while len(report.outcomes) < count and report.error is None:
                report.outcomes.append(runtime.invoke(text, trace_id=trace_id, tenant_id=tenant))
    except InitError as error:
        _refuse_wrong_name(handler, name, directory, error)
        report.init_error, report.init_logs = error.error, error.logs
    except OptionError as error:
        raise typer.BadParameter(str(error)) from error
    except LambdakitError as error:
        typer.echo(f"lambdakit: {error}", err=True)
        raise typer.Exit(1) from error
    (print_json if as_json else print_report)(report)
    raise typer.Exit(1 if report.error else 0)


def _lambda_name(handler: str) -> str:
    """Turn `module:handler` into the form that Lambda knows."""
    separator = ":" if ":" in handler else "."
    module, _, function = handler.rpartition(separator)
    if module.endswith(".py"):
        msg = f"{handler!r} names a file; {_NAMING}"
        raise typer.BadParameter(msg, param_hint="HANDLER")
    if separator == ":" and "." in function:
        msg = f"{handler!r} names something inside a class; Lambda finds what stands in a module itself; {_NAMING}"
        raise typer.BadParameter(msg, param_hint="HANDLER")
    if not all(part.isidentifier() for part in [*module.replace("/", ".").split("."), function]):
        msg = f"{handler!r} is not the name of a handler; {_NAMING}"
        raise typer.BadParameter(msg, param_hint="HANDLER")
    return f"{module}.{function}"


def _read_event(source: str) -> str:
    """The text of a JSON file, in whichever of JSON's encodings it is."""
    name = "standard input" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = data.decode(json.detect_encoding(data))
        json.loads(text)
    except OSError as error:
        problem = f"{name} cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        problem = f"{name} is not text: byte {error.start} is not {error.encoding}"
    except json.JSONDecodeError as error:
        problem = f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    else:
        return text
    raise typer.BadParameter(problem, param_hint="--event")


def _pairs(settings: Iterable[str]) -> Iterable[tuple[str, str]]:
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key and equals):
            msg = "expected KEY=VALUE"  # not what came: it may be a secret
            raise typer.BadParameter(msg, param_hint="--env")
        yield key, value


def _refuse_wrong_name(handler: str, name: str, directory: Path, error: InitError) -> None:
    """Tell a wrong name, which is a wrong command line, from a module that fails."""
    module, _, function = name.replace("/", ".").rpartition(".")
    parts = module.split(".")
    missing = [f"No module named {'.'.join(parts[: end + 1])!r}" for end in range(len(parts))]
    match error.error.type:
        case "Runtime.HandlerNotFound":
            msg = f"the module {module!r} has no {function!r}"
        case "Runtime.ImportModuleError" if any(text in error.error.message for text in missing):
            msg = f"there is no module {module!r} in {directory.resolve()}; --directory says where to look"
        case "Runtime.BuiltInModuleConflict":
            msg = f"{handler!r} is in a module that is built into Python"
        case _:
            return
    raise typer.BadParameter(msg, param_hint="HANDLER") from error
