"""The local Runtime API, as a handler meets it that speaks to it by itself. On the real awslambdaric."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambdakit.testing.runtime import FunctionError, LocalRuntime

Make = Callable[..., LocalRuntime]

ASK = """
    import http.client, os
    def handler(event, context):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=5)
        connection.request(event["method"], event["path"], event.get("body"))
        with connection.getresponse() as response:
            answer = [response.status, response.read().decode()]
        connection.close()
        return answer
"""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/2018-06-01/runtime/invocation/next", 403),
        ("POST", "/2018-06-01/runtime/invocation/other/response", 404),
        ("POST", "/2018-06-01/runtime/invocation/other/error", 404),
        ("POST", "/2020-01-01/extension/register", 404),
        ("GET", "/", 404),
    ],
)
def test_what_makes_no_sense_is_refused(local: Make, method: str, path: str, status: int) -> None:
    with local(ASK) as runtime:
        result = runtime.invoke({"method": method, "path": path, "body": "{}"}).result
    assert isinstance(result, list)
    assert result[0] == status


def test_connections_that_speak_no_http_are_dropped(local: Make) -> None:
    source = """
        import os, socket
        def handler(event, context):
            host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(event["said"].encode())
                connection.shutdown(socket.SHUT_WR)
                return connection.recv(100).decode()
    """
    with local(source) as runtime:
        for said in ("hello\r\n\r\n", "", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort"):
            assert runtime.invoke({"said": said}).result == ""


def test_an_error_document_of_another_shape_is_shown_as_it_is(local: Make) -> None:
    source = """
        import http.client, os
        def handler(event, context):
            connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=5)
            connection.request("POST", f"/2018-06-01/runtime/invocation/{context.aws_request_id}/error", "oh")
            connection.getresponse().read()
            os._exit(0)
    """
    with local(source) as runtime:
        assert runtime.invoke({}).error == FunctionError("Runtime.Unknown", "oh")
