"""Metrics: names of units are checked, and the types of handlers and of timed functions survive."""

from decimal import Decimal
from typing import assert_type

from lambdakit import Context, Handler, measured, metrics
from lambdakit.metering import Meter, Unit
from lambdakit.meters import OTelMeter
from lambdakit.testing import CapturedMetrics


class Order: ...


class Receipt: ...


@measured
def bare(event: Order, context: Context) -> Receipt:
    return Receipt()


@measured(
    namespace="Shop",
    service="orders",
    dimensions={"Stage": "prod"},
    dimension_sets=[["service"], ("service", "Stage")],
    cold_start=True,
    meter=OTelMeter(),
)
async def configured(event: Order, context: Context) -> Receipt:
    return Receipt()


assert_type(bare, Handler[Order, Receipt])
assert_type(configured, Handler[Order, Receipt])

measured(name_space="Shop")  # error: mypy[call-overload] pyright[reportCallIssue]
measured(dimensions={"Stage": 7})  # error: mypy[dict-item] pyright[reportArgumentType]


@metrics.timer("Charge")
def charge(order: Order, *, twice: bool = False) -> Receipt:
    return Receipt()


@metrics.timer("Charge", dimensions={"Bank": "a"})
async def charge_later(order: Order) -> Receipt:
    return Receipt()


assert_type(charge(Order(), twice=True), Receipt)
charge("order")  # error: mypy[arg-type] pyright[reportArgumentType]


async def use() -> None:
    assert_type(await charge_later(Order()), Receipt)
    with metrics.timer("Charge") as nothing:
        assert_type(nothing, None)


def record(unit: Unit, captured: CapturedMetrics) -> None:
    metrics.count("Charged", 3, dimensions={"Currency": "EUR"}, high_resolution=True)
    metrics.record("Total", Decimal("9.50"), unit=unit)
    metrics.record("Latency", 12, unit="Milliseconds")
    metrics.record("Latency", 12, unit="ms")  # error: mypy[arg-type] pyright[reportArgumentType]
    metrics.record("Latency", "12")  # error: mypy[arg-type] pyright[reportArgumentType]
    metrics.count("Charged", 1.5)  # error: mypy[arg-type] pyright[reportArgumentType]
    metrics.add_dimensions(Currency=7)  # error: mypy[arg-type] pyright[reportArgumentType]
    metrics.add_properties(order=7, tags=["a"])
    assert_type(captured.values("Charged"), list[float])


meter: Meter = OTelMeter()
