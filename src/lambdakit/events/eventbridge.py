"""Amazon EventBridge: `EventBridgeEvent`, and `ScheduledEvent`, which rules with a schedule and its Scheduler send.

See "Events in Amazon EventBridge" in the Amazon EventBridge User Guide.
"""

from typing import Annotated, ClassVar, Generic

from pydantic import AwareDatetime, Field
from typing_extensions import TypeVar

from ._base import AWSModel, kebab
from ._codecs import FromText

Detail = TypeVar("Detail", default=dict[str, object])


class EventBridgeEvent(AWSModel, Generic[Detail], alias_generator=kebab):
    """An event of a bus: `EventBridgeEvent[Order]` has an `Order` as its detail; without a type, it is a dict.

    Attributes:
        replay_name: Of the replay that sent it again from an archive.
        detail: The JSON object; EventBridge Scheduler sends it as text.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("EventBridge",)

    version: str = "0"
    id: str
    source: str
    account: str
    time: AwareDatetime
    region: str
    resources: list[str]
    detail_type: str
    detail: Annotated[Detail, FromText]
    replay_name: str | None = None


class ScheduledEvent(EventBridgeEvent[dict[str, object]]):
    """What a rule with a schedule sends (source `aws.events`), and EventBridge Scheduler (`aws.scheduler`).

    A rule or a schedule with an input of its own sends that instead: parse it with your own model.
    """

    source: Annotated[str, Field(pattern=r"^aws\.(events|scheduler)$")]
    detail_type: Annotated[str, Field(pattern="^Scheduled Event$")]
