"""What the builders of every service share: ids, ARNs, and the time."""

from __future__ import annotations

from datetime import UTC, datetime

from lambdakit.errors import OptionError
from lambdakit.testing._ids import ACCOUNT, REGION, Ids

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything happens, unless a test says otherwise."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Builder:
    """What the builders of every service are made with.

    Args:
        seed: Any text, for the ids.
    """

    def __init__(self, seed: str = "") -> None:
        self._ids = Ids(seed)


def arn(option: str, value: str, *, service: str, resource: str = "{}") -> str:
    """The ARN that an option means, which may be given as a name or as the ARN itself.

    Args:
        option: The name of the option, for the error.
        value: Its value.
        service: The service's name in ARNs.
        resource: How the ARN ends, with `{}` for the name.

    Raises:
        OptionError: It is neither.
    """
    if value.startswith("arn:"):
        if value.count(":") >= 5 and value.split(":")[2] == service:
            return value
    elif value and ":" not in value:
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource.format(value)}"
    msg = f"{option}: expected a name or an ARN of the service {service}; got {value!r}"
    raise OptionError(msg)


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def iso(at: datetime) -> str:
    """`2026-01-01T00:00:00Z`."""
    return f"{_utc(at):%Y-%m-%dT%H:%M:%SZ}"


def iso_milliseconds(at: datetime) -> str:
    """`2026-01-01T00:00:00.000Z`."""
    return f"{_utc(at).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def common_log(at: datetime) -> str:
    """`01/Jan/2026:00:00:00 +0000`, as in the logs of web servers."""
    at = _utc(at)
    return f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"  # %b would follow the locale


def milliseconds(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(_utc(at).timestamp() * 1000)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        msg = "at: expected a datetime with a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)"
        raise OptionError(msg)
    return at.astimezone(UTC)
