"""Amazon S3 Batch Operations, which invokes a function for each object: `S3BatchEvent`, of `S3BatchTask`.

See "Invoke AWS Lambda function" in the Amazon S3 User Guide. The models take both versions of the schema, 1.0 and 2.0.
"""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, AliasChoices, Field

from ._base import AWSModel, Strings
from ._codecs import text_from_url


class S3BatchJob(AWSModel):
    """The job.

    Attributes:
        user_arguments: What whoever created the job gave along; only with schema version 2.0.
    """

    id: str
    user_arguments: Strings = Field(default_factory=dict[str, str])


def _name(bucket: str) -> str:
    return bucket.rpartition(":::")[2]


class S3BatchTask(AWSModel):
    """One object of the manifest; what a handler gets under `s3_batch`.

    Attributes:
        s3_key: The object's key, URL-decoded.
        s3_version_id: None unless the manifest has versions.
        s3_bucket: The bucket's name; schema version 1.0 sends its ARN instead.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("S3 Batch Operations",)

    task_id: str
    s3_key: Annotated[str, AfterValidator(text_from_url)]
    s3_version_id: str | None = None
    s3_bucket: Annotated[str, AfterValidator(_name)] = Field(validation_alias=AliasChoices("s3Bucket", "s3BucketArn"))


class S3BatchEvent(AWSModel):
    """Tasks of a job."""

    aws_sources: ClassVar[tuple[str, ...]] = ("S3 Batch Operations",)

    invocation_schema_version: str
    invocation_id: str
    job: S3BatchJob
    tasks: list[S3BatchTask]
