"""A metric for each invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

metrics = Metrics(namespace="Shop", service="orders")


@metrics.log_metrics
def handler(event: object, context: LambdaContext) -> None:
    metrics.add_metric(name="Charged", unit="Count", value=1)
