"""`idempotent` keeps the types of handlers and functions, and takes no store or option that is none."""

# In strict mode pyright wants to know the parameters of a lambda, which cannot be told for functions of any signature.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from typing import Any, assert_type

from pydantic import BaseModel

from lambdakit import Context, Handler, Middleware, current, idempotent, logged, parse, sqs_batch, stack
from lambdakit._claim import Claim
from lambdakit.batch import SQSBatchResponse
from lambdakit.events import SQSMessage
from lambdakit.stores import MemoryStore, Store, StoredRecord

store = MemoryStore()


class Order(BaseModel):
    id: str


class Receipt(BaseModel):
    number: int


# Handlers


@idempotent(store, key=lambda event: event["order"])
def plain(event: dict[str, str], context: Context) -> Receipt:
    return Receipt(number=1)


@idempotent(store, key=lambda event: event["order"], on_running="wait", fingerprint=None, expires_after=60)
async def awaited(event: dict[str, str], context: Context) -> Receipt:
    return Receipt(number=1)


assert_type(plain, Handler[dict[str, str], Receipt])
assert_type(awaited, Handler[dict[str, str], Receipt])
assert_type(plain({}, None), Receipt)
assert_type(awaited({}, None), Receipt)
plain("text", None)  # error: mypy[arg-type] pyright[reportArgumentType]


class Shop:
    @idempotent(store, key=lambda event: event["order"])
    def handler(self, event: dict[str, str], context: Context) -> Receipt:
        return Receipt(number=1)

    @idempotent.function(store, key=lambda order: order)
    def charge(self, order: str, amount: int = 1) -> Receipt:
        return Receipt(number=amount)

    @staticmethod
    @idempotent.function(store, key=lambda order: order)
    async def refund(order: str) -> Receipt:
        return Receipt(number=1)


assert_type(Shop().handler({}, None), Receipt)
assert_type(Shop().charge("o-1", amount=2), Receipt)
Shop().charge(1)  # error: mypy[arg-type] pyright[reportArgumentType]


# With other decorators around it


@logged(service="orders")
@sqs_batch
@parse
@idempotent(store, key=lambda message: message.body.id)
def of_messages(message: SQSMessage[Order], context: Context) -> None: ...


@parse(Order)
@idempotent(store, key=lambda order: order.id)
async def of_orders(order: Order, context: Context) -> Receipt:
    return Receipt(number=1)


assert_type(of_messages({}, None), SQSBatchResponse)
assert_type(of_orders({}, None), Receipt)
assert_type(idempotent(store, key=lambda event: event), Middleware)
assert_type(stack(logged(service="orders"), idempotent(store, key=lambda event: event)), Middleware)


# Functions that are no handlers


@idempotent.function(store, key=lambda order: order, lock=30)
def charge(order: str, *, amount: int = 1) -> Receipt:
    return Receipt(number=amount)


@idempotent.function(store, key=lambda order: order)
async def charge_later(order: str) -> Receipt:
    return Receipt(number=1)


assert_type(charge("o-1", amount=2), Receipt)
charge("o-1", 2)  # error: mypy[call-arg] pyright[reportCallIssue]
charge(1)  # error: mypy[arg-type] pyright[reportArgumentType]


async def on_a_loop() -> None:
    assert_type(await charge_later("o-1"), Receipt)
    assert_type(await Shop.refund("o-1"), Receipt)
    await charge("o-1")  # error: mypy[misc] pyright[reportGeneralTypeIssues]


# Wrong uses

idempotent(store)  # error: mypy[call-arg] pyright[reportCallIssue]
idempotent(key=lambda event: event)  # error: mypy[call-arg] pyright[reportCallIssue]
idempotent("orders-seen", key=lambda event: event)  # error: mypy[arg-type] pyright[reportArgumentType]
idempotent(MemoryStore, key=lambda event: event)  # error: mypy[arg-type] pyright[reportArgumentType]
idempotent(store, key="order")  # error: mypy[arg-type] pyright[reportArgumentType]
idempotent(store, key=lambda event: event, on_running="skip")  # error: mypy[arg-type] pyright[reportArgumentType]
idempotent(store, key=lambda event: event, expire_after=60)  # error: mypy[call-arg] pyright[reportCallIssue]
idempotent.function(store, key=lambda a: a, lock="1 h")  # error: mypy[arg-type] pyright[reportArgumentType]
idempotent.function(store)  # error: mypy[call-arg] pyright[reportCallIssue]


# In the handler


@idempotent(store, key=lambda event: event["order"])
def with_claim(event: dict[str, str], context: Context) -> str:
    assert_type(current().replayed, bool)
    claim = current().claim
    assert_type(claim, Claim | None)
    claim.transaction()  # error: mypy[union-attr] pyright[reportOptionalMemberAccess]
    assert claim is not None
    with claim.transaction() as connection:
        connection.execute("INSERT INTO orders VALUES (1)")
    assert_type(claim.transact_item("done"), dict[str, Any])
    return claim.key


# A store of one's own


class OwnStore:
    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None: ...

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        return True

    def release(self, key: str, owner: str) -> bool:
        return True

    def find(self, key: str) -> StoredRecord | None: ...


class HalfAStore:
    def claim(self, key: str, owner: str) -> None: ...

    def find(self, key: str) -> None: ...


own: Store = OwnStore()
wrong: Store = HalfAStore()  # error: mypy[assignment] pyright[reportAssignmentType]
