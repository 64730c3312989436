"""`lambdakit.events` as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import events
from lambdakit._payload import source_of
from tests.events.samples import sample
from tests.test_imports import loaded_by

if TYPE_CHECKING:
    from pydantic import BaseModel

MODULES = {name: module for module, names in events._HOMES.items() for name in names}
MODELS = [name for name in events.__all__ if name != "Headers"]

SAMPLES = {
    "APIGatewayProxyEvent": "api-gateway-rest",
    "APIGatewayProxyEventV2": "api-gateway-http",
    "DynamodbEvent": "dynamodb",
    "EventBridgeEvent": "scheduled",
    "KafkaEvent": "kafka",
    "KinesisEvent": "kinesis",
    "KinesisFirehoseEvent": "firehose",
    "LambdaFunctionURLEvent": "function-url",
    "S3BatchEvent": "s3-batch",
    "S3Event": "s3-put",
    "SNSEvent": "sns",
    "SQSEvent": "sqs",
    "ScheduledEvent": "scheduled",
}


def test_the_names_are_sorted_and_all_have_a_home() -> None:
    assert list(events.__all__) == sorted(events.__all__)
    assert set(MODULES) == set(events.__all__)


@pytest.mark.parametrize("name", events.__all__)
def test_every_name_comes_from_its_module(name: str) -> None:
    assert getattr(events, name).__module__ == f"lambdakit.events.{MODULES[name]}"


def test_a_name_loads_only_the_modules_that_it_needs() -> None:
    loaded = loaded_by("from lambdakit.events import SQSMessage")
    assert {name for name in loaded if name.startswith("lambdakit.")} == {
        "lambdakit._lazy",
        "lambdakit._payload",
        "lambdakit._payload.decoding",
        "lambdakit._payload.schemas",
        "lambdakit.errors",
        "lambdakit.events",
        "lambdakit.events._base",
        "lambdakit.events._codecs",
        "lambdakit.events.sqs",
    }


def test_an_event_loads_no_more_than_pydantic_does() -> None:
    pydantic = loaded_by("from pydantic import AwareDatetime, BaseModel, Field\nclass Model(BaseModel): x: int")
    more = loaded_by("from lambdakit.events import SQSMessage, SNSEvent, EventBridgeEvent, KinesisEvent, DynamodbEvent")
    extra = {name for name in more - pydantic if not name.startswith("lambdakit")}
    assert extra <= {"_json", "json", "json.decoder", "json.encoder", "json.scanner"}  # which every runtime has loaded


@pytest.mark.parametrize("name", MODELS)
def test_every_model_says_what_it_is_and_which_source_sends_it(name: str) -> None:
    model: type[BaseModel] = getattr(events, name)
    assert model.__doc__
    assert getattr(model, "aws_sources", ())


@pytest.mark.parametrize(("name", "event"), SAMPLES.items())
def test_a_model_is_for_the_source_that_its_sample_comes_from(name: str, event: str) -> None:
    model: Any = getattr(events, name)
    assert source_of(sample(event)) in model.aws_sources


@pytest.mark.parametrize(("name", "event"), SAMPLES.items())
def test_a_sample_parses_from_text_as_from_a_dict(name: str, event: str) -> None:
    model: Any = getattr(events, name)
    assert model.model_validate_json(json.dumps(sample(event))) == model.model_validate(sample(event))


@pytest.mark.parametrize(("name", "event"), SAMPLES.items())
def test_fields_that_aws_may_add_are_ignored_wherever_aws_may_add_them(name: str, event: str) -> None:
    added: list[str] = []

    def with_more(value: Any, path: str) -> Any:
        if isinstance(value, list):
            return [with_more(part, path) for part in value]
        if not isinstance(value, dict) or path.rpartition(".")[2] in KEYS_ARE_DATA:
            return value
        parts = {key: with_more(part, f"{path}.{key}") for key, part in value.items()}
        if path == ".records":  # of Kafka, by partition
            return parts
        added.append(path)
        return parts | {"added": {"a": [1]}}

    model: Any = getattr(events, name)
    assert model.model_validate(with_more(sample(event), "")) == model.model_validate(sample(event))
    assert added


KEYS_ARE_DATA = {
    "Keys",
    "MessageAttributes",
    "NewImage",
    "OldImage",
    "claims",
    "detail",
    "headers",
    "messageAttributes",
    "multiValueHeaders",
    "multiValueQueryStringParameters",
    "pathParameters",
    "queryStringParameters",
    "stageVariables",
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_json_schema(name: str) -> None:
    assert getattr(events, name).model_json_schema()["type"] == "object"
