"""`client`: boto3's clients, against a real server."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import MissingExtraError, OptionError, _boto3, client, prewarm
from lambdakit.testing import FakeContext
from tests.layers import passing
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.moto import MotoServer

SERVICES = ("s3", "sqs", "dynamodb")


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Any, Any]]:
    """Those that the test has made."""
    made: dict[Any, Any] = {}
    monkeypatch.setattr(_boto3, "_clients", made)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield made
    for one in made.values():
        one.close()


@pytest.fixture
def moto(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> MotoServer:
    """The server, where clients find it by themselves."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_server.url)
    return moto_server


def test_it_costs_nothing_before_it_is_used(clients: dict[Any, Any]) -> None:
    s3 = client("s3")
    assert repr(s3) == "<client 's3', not made yet>"
    assert clients == {}


def test_boto3_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys\n"
        "from lambdakit import client\n"
        "s3 = client('s3')\n"
        "assert 'boto3' not in sys.modules and 'botocore' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_clients_of_several_services_do_their_work(moto: MotoServer) -> None:
    s3, sqs, dynamodb = client("s3"), client("sqs"), client("dynamodb")
    s3.create_bucket(Bucket="lambdakit-client")
    s3.put_object(Bucket="lambdakit-client", Key="a", Body=b"text")
    assert s3.get_object(Bucket="lambdakit-client", Key="a")["Body"].read() == b"text"
    queue = sqs.create_queue(QueueName="lambdakit-client")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="text")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "text"
    assert "TableNames" in dynamodb.list_tables()


def test_errors_of_the_service_are_boto3s_own(moto: MotoServer) -> None:
    s3 = client("s3")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="missing")


def test_who_asks_for_the_same_shares_one(moto: MotoServer, clients: dict[Any, Any]) -> None:
    first, second = client("s3"), client("s3")
    assert first.meta is second.meta
    assert client("s3", region="eu-west-1").meta.region_name == "eu-west-1"
    assert client("s3", config={"read_timeout": 60}).meta.config.read_timeout == 60
    assert client("s3", endpoint_url="http://127.0.0.1:1").meta.endpoint_url == "http://127.0.0.1:1"
    assert len(clients) == 4


def test_a_hundred_threads_at_first_use_make_one_of_each(
    moto: MotoServer, clients: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3  # type: ignore[import-untyped]

    at_work, most, made = [0], [0], list[str]()
    real = boto3.client

    def counting(service: str, **options: Any) -> Any:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        made.append(service)
        try:
            return real(service, **options)
        finally:
            at_work[0] -= 1

    monkeypatch.setattr(boto3, "client", counting)
    handles = [client(service) for service in SERVICES]
    together = threading.Barrier(99)

    def use(number: int) -> None:
        together.wait()
        assert handles[number % 3].meta.region_name == "us-east-1"

    threads = [threading.Thread(target=use, args=(number,)) for number in range(99)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(SERVICES)
    assert most == [1]


def test_time_outs_fit_the_time_that_the_function_has() -> None:
    s3 = client("s3")

    @passing
    def handler(event: Any, context: Any) -> tuple[float, float]:
        config = s3.meta.config
        return config.connect_timeout, config.read_timeout

    assert handler({}, FakeContext(timeout=20)) == (2, 5)


def test_an_answer_may_always_take_two_seconds() -> None:
    s3 = client("s3")

    @passing
    def handler(event: Any, context: Any) -> float:
        read: float = s3.meta.config.read_timeout
        return read

    assert handler({}, FakeContext(timeout=1)) == 2


def test_time_outs_retries_and_keep_alive_fit_lambda() -> None:
    config = client("s3").meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 10)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert config.tcp_keepalive is True


def test_a_request_is_sent_again_after_an_outage(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(moto.port) as proxy:
        dynamodb = client("dynamodb", endpoint_url=proxy.through(moto.url))
        fault = proxy.cut_reply(after=0)
        assert "TableNames" in dynamodb.list_tables()
        assert fault.struck


def test_a_server_that_does_not_answer_is_an_error_in_time(moto: MotoServer) -> None:
    from botocore.exceptions import ReadTimeoutError  # type: ignore[import-untyped]

    with Proxy(moto.port) as proxy:
        options = {"read_timeout": 0.2, "retries": {"total_max_attempts": 1}}
        dynamodb = client("dynamodb", endpoint_url=proxy.through(moto.url), config=options)
        fault = proxy.swallow()
        with pytest.raises(ReadTimeoutError):
            dynamodb.list_tables()
        assert fault.struck


def test_missing_credentials_are_told_by_boto3_each_time(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from botocore.exceptions import NoCredentialsError

    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    sqs = client("sqs")
    for _ in range(2):
        with pytest.raises(NoCredentialsError):
            sqs.list_queues()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_an_unknown_service_is_told_at_first_use() -> None:
    from botocore.exceptions import UnknownServiceError

    with pytest.raises(UnknownServiceError):
        client("s4").meta  # noqa: B018


@pytest.mark.parametrize(
    ("arguments", "options", "problem"),
    [
        (("",), {}, "takes the name of a service, as in client"),
        ((None,), {}, "takes the name of a service, as in client"),
        (("s3",), {"config": 5}, "config is a dict of options of botocore's Config, not int"),
    ],
)
def test_wrong_use_is_told_at_import(arguments: tuple[Any, ...], options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@client \(.*test_client\.py, line \d+\).*{problem}"):
        client(*arguments, **options)


def test_a_missing_boto3_is_told_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"client\('s3'\) needs boto3: pip install 'lambdakit\[aws\]'"):
        client("s3")


def test_prewarm_opens_a_connection_that_the_first_request_uses(moto: MotoServer) -> None:
    with Proxy(moto.port) as proxy:
        dynamodb = client("dynamodb", endpoint_url=proxy.through(moto.url))
        prewarm(dynamodb)
        pools = dynamodb._endpoint.http_session._manager.pools
        (pool,) = [pools[key] for key in pools.keys()]  # noqa: SIM118 - urllib3's own container
        before = pool.num_connections
        dynamodb.list_tables()
        assert pool.num_connections == before == 1


def test_after_a_restore_the_client_has_new_connections(moto: MotoServer, clients: dict[Any, Any]) -> None:
    dynamodb = client("dynamodb")
    dynamodb.list_tables()
    _boto3._renew()
    assert len(dynamodb._endpoint.http_session._manager.pools) == 0
    assert "TableNames" in dynamodb.list_tables()


def test_early_it_is_made_at_import(clients: dict[Any, Any]) -> None:
    client("s3", early=True)
    assert len(clients) == 1
