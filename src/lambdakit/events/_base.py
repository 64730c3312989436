"""What all models of events share.

Modules of models do without `from __future__ import annotations`: pydantic would have to evaluate every annotation from
its text again, which is a quarter of what such a module costs at import.
"""

from typing import Annotated, ClassVar, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

_AS_AWS_SPELLS_THEM = {
    "aws_trace_header": "AWSTraceHeader",
    "event_id": "eventID",
    "event_source_arn": "eventSourceARN",
    "issuer_dn": "issuerDN",
    "source_ip_address": "sourceIPAddress",
    "subject_dn": "subjectDN",
}


def camel(name: str) -> str:
    """`message_id` as `messageId`; some names as AWS happens to spell them."""
    first, *rest = name.split("_")
    return _AS_AWS_SPELLS_THEM.get(name) or first + "".join(word.capitalize() for word in rest)


def pascal(name: str) -> str:
    """`message_id` as `MessageId`; some names as AWS happens to spell them."""
    return _AS_AWS_SPELLS_THEM.get(name) or "".join(word.capitalize() for word in name.split("_"))


def kebab(name: str) -> str:
    """`detail_type` as `detail-type`."""
    return name.replace("_", "-")


class AWSModel(BaseModel):
    """A part of an event that AWS defines.

    Fields that it does not know are ignored, since AWS adds some now and then. Events are facts and do not change;
    `event.model_copy(update={...})` makes another one. In tests, fields may be given by the name of the attribute.
    """

    model_config = ConfigDict(
        alias_generator=camel,
        defer_build=True,  # built when it is used; most parts of most events never are
        extra="ignore",
        frozen=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    aws_sources: ClassVar[tuple[str, ...]] = ()
    """The sources that send it, as `lambdakit._payload.source_of` names them; for events and records."""


def _empty_for_null(value: object) -> object:
    return {} if value is None else value


EmptyForNull = BeforeValidator(_empty_for_null)

Strings: TypeAlias = Annotated[dict[str, str], EmptyForNull]
"""Text by name; empty where AWS has null."""
