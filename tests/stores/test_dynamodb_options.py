"""What `DynamoDBStore` can be given, and what it costs before it is used."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import pytest

from lambdakit.errors import MissingExtraError, OptionError
from lambdakit.stores.dynamodb import DynamoDBStore


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"table": None}, "table is a string that is not empty, not None"),
        ({"table": ""}, "table is a string that is not empty, not ''"),
        ({"sort_key": "SK", "sort_value": ""}, "sort_value is a string that is not empty, not ''"),
        ({"sort_key": "SK", "sort_value": 5}, "sort_value is a string that is not empty, not 5"),
        ({"partition_key": ""}, "the name of an attribute is a string that is not empty, not ''"),
        ({"sort_key": 5}, "the name of an attribute is a string that is not empty, not 5"),
        ({"attributes": {"owner": None}}, "the name of an attribute is a string that is not empty, not None"),
        ({"attributes": {"ttl": "ttl"}}, "any of the keys owner, fingerprint, result, stands_until, expiration, not"),
        ({"attributes": "ttl"}, "attributes is a dict with any of the keys"),
        ({"sort_key": "id"}, "two attributes cannot both be called 'id'; rename one by `attributes`"),
        ({"partition_key": "owner"}, "two attributes cannot both be called 'owner'"),
        ({"attributes": {"owner": "x", "result": "x"}}, "two attributes cannot both be called 'x'"),
    ],
)
def test_a_wrong_option_is_told_when_the_store_is_made(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        DynamoDBStore(**{"table": "orders-seen", **options})
    assert str(caught.value).startswith("DynamoDBStore: ")
    assert said in str(caught.value)


def test_two_attributes_may_change_names_with_each_other() -> None:
    DynamoDBStore("orders-seen", attributes={"owner": "result", "result": "owner"}, client=object())  # type: ignore[arg-type]


def test_without_boto3_the_extra_is_named_when_the_store_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingExtraError, match=r"DynamoDBStore needs boto3: pip install 'lambdakit\[aws\]'"):
        DynamoDBStore("orders-seen")


def test_making_a_store_loads_no_boto3() -> None:
    code = (
        "import sys\n"
        "from lambdakit.stores.dynamodb import DynamoDBStore\n"
        "print(DynamoDBStore('orders-seen'), {name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore'})"
    )
    shown = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown == "<DynamoDBStore 'orders-seen'> set()\n"
