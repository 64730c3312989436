"""`client` has the type of boto3-stubs, where they are installed; `lazy` has the type of its value."""

from types import ModuleType
from typing import Any, assert_type

from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client

from lambdakit import client, lazy, lazy_import, override, prewarm
from lambdakit.clients import LazyAwaitable

s3 = client("s3")
assert_type(s3, S3Client)
assert_type(client("dynamodb", region="eu-west-1", config={"read_timeout": 60}, early=True), DynamoDBClient)
assert_type(client("a4b"), Any)
assert_type(s3.head_bucket(Bucket="orders")["BucketRegion"], str)

s3.head_bucket(Buckets="orders")  # error: mypy[call-arg] pyright[reportCallIssue]
client("s3", regions="eu-west-1")  # error: mypy[call-overload] pyright[reportCallIssue]
client("s3", early="yes")  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]
client(3)  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]


class Pool:
    """Something that is dear to make."""


@lazy
def pool() -> Pool:
    return Pool()


@lazy
async def async_pool() -> Pool:
    return Pool()


assert_type(pool, Pool)
made: LazyAwaitable[Pool] = async_pool
assert_type(lazy(Pool), Pool)
assert_type(lazy(Pool, early=True, warm=lambda made: None), Pool)
assert_type(lazy_import("json"), ModuleType)


async def use() -> None:
    assert_type(await async_pool, Pool)


lazy(5)  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]

prewarm(s3, pool)
with override(s3, object()) as nothing:
    assert_type(nothing, None)
