"""Amazon S3's event notifications: `S3Event`, of `S3EventNotificationRecord`.

See "Event message structure" in the Amazon S3 User Guide. What S3 sends through EventBridge is of another shape: an
`EventBridgeEvent`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from ._base import AWSModel, pascal
from ._codecs import text_from_url


class UserIdentityEntity(AWSModel):
    """Who caused an event, or owns a bucket."""

    principal_id: str


class RequestParametersEntity(AWSModel):
    """Where the request came from: an IP address, or the name of a service of AWS."""

    source_ip_address: str


class ResponseElementsEntity(AWSModel):
    """What AWS Support asks for when it looks for a request."""

    x_amz_request_id: str = Field(validation_alias="x-amz-request-id")
    x_amz_id_2: str = Field(validation_alias="x-amz-id-2")


class S3BucketEntity(AWSModel):
    """The bucket."""

    name: str
    owner_identity: UserIdentityEntity
    arn: str


class S3ObjectEntity(AWSModel):
    """The object.

    Attributes:
        key: Out of S3's URL-encoding: ready for `get_object(Key=...)`.
        size: Bytes; None for removals, as is `e_tag`.
        version_id: Where the bucket has versions.
        sequencer: Of two events on one key the later one has the greater: compare as text, after filling up the shorter
            one with zeros on the right.
    """

    key: Annotated[str, AfterValidator(text_from_url)]
    size: int | None = None
    e_tag: str | None = None
    version_id: str | None = None
    sequencer: str | None = None


class S3Entity(AWSModel):
    """The bucket and the object."""

    s3_schema_version: str
    configuration_id: str
    bucket: S3BucketEntity
    object: S3ObjectEntity


class RestoreEventDataEntity(AWSModel):
    """A copy of an archived object, and until when it is kept."""

    lifecycle_restoration_expiry_time: AwareDatetime
    lifecycle_restore_storage_class: str


class GlacierEventDataEntity(AWSModel):
    """Only for `s3:ObjectRestore:Completed`."""

    restore_event_data: RestoreEventDataEntity


class S3EventNotificationRecord(AWSModel):
    """What happened to one object."""

    aws_sources: ClassVar[tuple[str, ...]] = ("S3",)

    event_version: str
    event_source: Literal["aws:s3"] = "aws:s3"
    aws_region: str
    event_time: AwareDatetime
    event_name: str
    user_identity: UserIdentityEntity
    request_parameters: RequestParametersEntity
    response_elements: ResponseElementsEntity
    s3: S3Entity
    glacier_event_data: GlacierEventDataEntity | None = None


class S3Event(AWSModel, alias_generator=pascal):
    """A notification, sent to a function, or as the body or message of a queue or a topic: `SQSMessage[S3Event]`.

    The message that S3 sends to test a queue or a topic when notifications are set up has no records: it does not fit.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("S3",)

    records: list[S3EventNotificationRecord]
