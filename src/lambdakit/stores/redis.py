"""Records in Redis or Valkey: each step is one Lua script, which the server runs as a whole."""

from __future__ import annotations

import logging
import sys
import threading
from functools import cache, partial
from math import ceil
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._extras import check_installed
from lambdakit.errors import OptionError, StoreError
from lambdakit.idempotency._store import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis, RedisCluster

_SCHEMES = ("redis://", "rediss://", "unix://")
_CONNECT, _ANSWER = 1.0, 3.0  # seconds; redis-py's own 5, or none at all, are more than many functions have

_log = logging.getLogger("lambdakit.stores")


# A record is a hash: `owner`, `fingerprint`, `result` once it is completed, and `ends`: when its lock ends or it
# expires, in milliseconds since the epoch. The time is the server's. Redis 5 and later replicate what a script did.
# What makes a record longer comes before all other writes: a server that is out of memory refuses only the first one.
_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_READ = (
    _NOW
    + """
local owner, fingerprint, result, ends = unpack(redis.call('HMGET', KEYS[1], 'owner', 'fingerprint', 'result', 'ends'))
local stands = ends and tonumber(ends) > now
"""
)

_CLAIM = (
    _READ
    + """
if stands and (result or owner ~= ARGV[1]) then
  return {owner, fingerprint, result, ends - now}
end
local lock = now + ARGV[3]
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fingerprint', ARGV[2], 'ends', string.format('%.0f', lock))
redis.call('HDEL', KEYS[1], 'result')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', lock + ARGV[4]))
return false
"""
)

_COMPLETE = (
    _NOW
    + """
local owner, result = unpack(redis.call('HMGET', KEYS[1], 'owner', 'result'))
if owner ~= ARGV[1] then
  return 0
end
if not result then
  local ends = string.format('%.0f', now + ARGV[3])
  redis.call('HSET', KEYS[1], 'result', ARGV[2], 'ends', ends)
  redis.call('PEXPIREAT', KEYS[1], ends)
end
return 1
"""
)

_RELEASE = """
local owner, result = unpack(redis.call('HMGET', KEYS[1], 'owner', 'result'))
if owner ~= ARGV[1] or result then
  return 0
end
return redis.call('DEL', KEYS[1])
"""

# A script, too: a cluster client may send plain reads to replicas, which lag behind.
_FIND = (
    _READ
    + """
return stands and {owner, fingerprint, result, ends - now}
"""
)

# Not through CONFIG GET, which managed services do not allow. The key says which node of a cluster to ask.
_EVICTS = """
local info = redis.pcall('INFO', 'memory')
if type(info) ~= 'string' or info:find('maxmemory:0%s') then
  return false
end
local policy = info:match('maxmemory_policy:(%S+)')
return policy ~= 'noeviction' and policy
"""


class RedisStore:
    """Records in Redis 5 or later, or in Valkey: on its own, in a cluster, or behind Sentinel.

    Nothing is loaded and nothing is connected until the first step.

    Args:
        client: A URL (`redis://`, `rediss://` with TLS, or `unix://`), with any options that redis-py's `from_url`
            takes; or a `redis.Redis` or `redis.RedisCluster` of your own; or a function that makes one, at first use.
            Behind a URL there is a time-out of 1 second to connect and of 3 to answer, which `?socket_connect_timeout=`
            and `?socket_timeout=` change, and a step is sent once more after a connection broke. A client of your own
            does in all this what it was told: see that its time-outs and its `retry` fit a function.
        prefix: What all keys in Redis begin with.

    Raises:
        OptionError: It is none of these.
        MissingExtraError: redis-py is not installed.

    Limitations:
        Redis forgets, and what it has forgotten runs again:

        - under memory pressure, unless `maxmemory-policy` is `noeviction`. Records have a time to live, so the policies
          `volatile-*` evict them, too, and one of these is the default of ElastiCache. After its first claim the store
          looks, and logs a warning; where it may not ask for `INFO`, it cannot know;
        - at a failover, what had not reached the replica yet, since replication is asynchronous. `WAIT` is not used: it
          tells how many replicas have a write, and takes none back. MemoryDB answers only once a write is durable;
        - at a restart, what was not written to disk.

        A record that was forgotten while its function ran cannot be completed. After a failover the clock is that of
        another server, and locks end earlier or later by the difference.
    """

    def __init__(
        self, client: str | Redis | RedisCluster | Callable[[], Redis | RedisCluster], *, prefix: str = "lambdakit:"
    ) -> None:
        check_installed("redis", extra_name="redis", needed_by="RedisStore")
        self._prefix = str(prefix)
        self._make = _maker(client)
        self._is_ours = isinstance(client, str)
        self._making = threading.Lock()
        self._client: Redis | RedisCluster | None = None
        self._policy_seen = False

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """See `Store.claim`. One round trip."""
        standing = self._run(_CLAIM, key, owner, fingerprint, _milliseconds(lock), _milliseconds(expires_after))
        if not self._policy_seen:
            self._look_at_policy(key)
        return None if standing is None else _record(standing)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Store.complete`. One round trip."""
        return bool(self._run(_COMPLETE, key, owner, result, _milliseconds(expires_after)))

    def release(self, key: str, owner: str) -> bool:
        """See `Store.release`. One round trip."""
        return bool(self._run(_RELEASE, key, owner))

    def find(self, key: str) -> StoredRecord | None:
        """See `Store.find`. One round trip."""
        standing = self._run(_FIND, key)
        return None if standing is None else _record(standing)

    def close(self) -> None:
        """Close the connections, if the store has made them; the next step opens new ones."""
        with self._making:
            if self._is_ours and self._client is not None:
                self._client.close()
                self._client = None

    def _run(self, script: str, key: str, *arguments: str | int) -> Any:
        from redis.exceptions import MovedError, ReadOnlyError, ResponseError  # noqa: PLC0415 - loaded with the client

        client: Any = self._client or self._made()
        # As bytes, for the client may have an encoding of its own.
        words = ((self._prefix + key).encode(), *(str(argument).encode() for argument in arguments))
        try:
            return _evaluated(client, script, words)
        except ResponseError as error:
            if isinstance(error, MovedError) or str(error).startswith("MOVED "):  # older versions of redis-py
                msg = "RedisStore: this Redis is a node of a cluster, which needs redis.RedisCluster as its client"
                raise StoreError(msg) from error
            # This was the primary when the connection was opened; its name may lead to another now. Redis before 7 says
            # so in the text of another error, if it comes out of a script.
            is_replica = isinstance(error, ReadOnlyError) or "READONLY" in str(error)
            if not is_replica or not hasattr(client, "connection_pool"):
                raise
            client.connection_pool.disconnect()
            return _evaluated(client, script, words)

    def _made(self) -> Redis | RedisCluster:
        with self._making:
            if self._client is None:
                self._client = self._make()
            return self._client

    def _look_at_policy(self, key: str) -> None:
        """Once, and only after a claim has come off, so that a server which is down is not waited for twice."""
        from redis.exceptions import RedisError  # noqa: PLC0415

        self._policy_seen = True
        try:
            found = self._run(_EVICTS, key)
        except RedisError:
            return
        if found is not None:
            _log.warning(
                "Redis may evict idempotency records when it is short of memory, and functions then run again: its "
                "maxmemory-policy is %s, and should be noeviction",
                found.decode(),
            )

    def __repr__(self) -> str:
        return f"<RedisStore {self._prefix!r}>"  # and not the URL, which may hold a password


def _maker(client: object) -> Callable[[], Redis | RedisCluster]:
    """What gives the client; checked as far as it can be without loading redis-py."""
    if isinstance(client, str):
        if not client.startswith(_SCHEMES):
            msg = f"RedisStore: a URL starts with {' or '.join(_SCHEMES)}, and the one that was given does not"
            raise OptionError(msg)
        return partial(_from_url, client)
    if not callable(client):
        given = _checked(client)
        return lambda: given
    if _callables.is_async(client):
        msg = f"RedisStore: {_callables.where(client)} is async, and a plain function must make the client"
        raise OptionError(msg)
    return lambda: _checked(client())


def _checked(client: object) -> Redis | RedisCluster:
    if "redis" in sys.modules:  # else it is no client of redis-py's, and there is no need to load it
        from redis import Redis, RedisCluster  # noqa: PLC0415

        if isinstance(client, (Redis, RedisCluster)):
            return client
    kind = f"{type(client).__module__}.{type(client).__qualname__}"
    advice = " Async functions call the store in threads." if ".asyncio." in kind else ""
    msg = f"RedisStore expects a URL, or a redis.Redis or redis.RedisCluster, and was given a {kind}.{advice}"
    raise OptionError(msg)


def _from_url(url: str) -> Redis:
    from redis import Redis  # noqa: PLC0415 - at first use, since it takes longer than all else in a cold start
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004, PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT,
        socket_timeout=_ANSWER,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[ConnectionError, TimeoutError],
    )


def _evaluated(client: Any, script: str, words: tuple[bytes, ...]) -> Any:
    """What a script answers for a key and its arguments; in bytes, too."""
    from redis.client import NEVER_DECODE  # noqa: PLC0415
    from redis.exceptions import NoScriptError  # noqa: PLC0415

    try:
        return client.execute_command("EVALSHA", _digest(script), 1, *words, **{NEVER_DECODE: True})
    except NoScriptError:
        return client.execute_command("EVAL", script, 1, *words, **{NEVER_DECODE: True})


@cache
def _digest(script: str) -> str:
    """What the server knows a script by, once it has run it."""
    from hashlib import sha1  # noqa: PLC0415 - redis-py has loaded it

    return sha1(script.encode(), usedforsecurity=False).hexdigest()


def _milliseconds(seconds: float) -> int:
    return ceil(seconds * 1000)


def _record(standing: list[Any]) -> StoredRecord:
    owner, fingerprint, result, left = standing
    return StoredRecord(
        owner=owner.decode(),
        fingerprint=fingerprint.decode(),
        result=None if result is None else result.decode(),
        left=left / 1000,
    )
