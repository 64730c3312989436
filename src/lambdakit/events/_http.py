"""What HTTP events have in common."""

from collections.abc import Callable, Iterator, Mapping
from types import GenericAlias, MappingProxyType
from typing import Any, Generic

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from ._base import AWSModel

Body = TypeVar("Body", default=str | None)
"""Text or None, since a request may well have no body."""
Value = TypeVar("Value", default=str, covariant=True)


class Headers(Mapping[str, Value], Generic[Value]):
    """Header fields by name, in whatever case: `headers["Content-Type"]`, `headers.get("x-request-id")`.

    Names come out in lower case. It is empty where AWS has null. See "Field Names" in RFC 9110, section 5.1.
    """

    def __init__(self, fields: Mapping[str, Value] = MappingProxyType({})) -> None:
        self._fields = {name.lower(): value for name, value in fields.items()}

    def __getitem__(self, name: str) -> Value:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (value,) = getattr(source, "__args__", (str,))
        return core_schema.no_info_wrap_validator_function(
            cls._validate,
            handler(GenericAlias(dict, (str, value))),
            serialization=core_schema.plain_serializer_function_ser_schema(dict),
        )

    @classmethod
    def _validate(cls, fields: object, validate: Callable[[object], dict[str, Value]]) -> "Headers[Value]":
        return fields if isinstance(fields, cls) else cls({} if fields is None else validate(fields))


class CertificateValidity(AWSModel):
    """From when until when a certificate is valid, as in `May 28 12:30:02 2019 GMT`."""

    not_before: str
    not_after: str


class ClientCertificate(AWSModel):
    """The client's certificate, where mutual TLS is on."""

    client_cert_pem: str
    subject_dn: str
    issuer_dn: str
    serial_number: str
    validity: CertificateValidity


def no_body() -> Any:
    """The body of a request that has none: an event of format 2.0 leaves it out, others have null."""
    return None
