"""Stores that do not keep keys or results as they are given."""

from __future__ import annotations

import unicodedata

from lambdakit.errors import ResultTooLargeError
from tests.testing.broken_stores.sound import Record, Sound


class OneRecordForAllKeys(Sound):
    breaks = ("test_keys_are_independent_that_differ[by case]", "test_many_keys_at_once_do_not_disturb_one_another")

    def named(self, key: str) -> str:
        return ""


class LowerCasesKeys(Sound):
    breaks = ("test_keys_are_independent_that_differ[by case]",)

    def named(self, key: str) -> str:
        return key.lower()


class CutsKeys(Sound):
    breaks = (
        "test_keys_are_independent_that_differ[by length]",
        "test_keys_are_independent_that_differ[at the end of the longest]",
    )

    def named(self, key: str) -> str:
        return key[:255]


class CleansKeys(Sound):
    breaks = ("test_keys_are_independent_that_differ[by a sign]",)

    def named(self, key: str) -> str:
        return "".join(letter if letter.isalnum() else "_" for letter in key)


class SplitsKeys(Sound):
    breaks = ("test_keys_are_independent_that_differ[after a sign]",)

    def named(self, key: str) -> str:
        return key.partition("$")[0]


class FindsByPrefix(Sound):
    """As LIKE does, and begins_with."""

    breaks = ("test_keys_are_independent_that_differ[where one is the start of the other]",)

    def named(self, key: str) -> str:
        return next((name for name in self.records if name.startswith(key)), key)


class RefusesSigns(Sound):
    breaks = ("test_keys_are_independent_that_differ[of all that is allowed]",)

    def named(self, key: str) -> str:
        if "<" in key:
            raise ValueError
        return key


class EmptyResultIsNone(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[empty]",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return super().completed(record, result, expires_at) if result else record


class NullIsNone(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[null]",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return super().completed(record, result, expires_at) if result != "null" else record


class StripsResults(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[blank]",)

    def written(self, result: str) -> str:
        return result.strip()


class SplitsLines(Sound):
    breaks = (
        "test_a_result_is_kept_to_the_letter[surrounded by spaces]",
        "test_a_result_is_kept_to_the_letter[with separators]",
    )

    def written(self, result: str) -> str:
        return "\n".join(result.splitlines())


class EscapesQuotes(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[quoted]",)

    def written(self, result: str) -> str:
        return result.replace("'", "''")


class OnlyASCII(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[beyond ASCII]",)

    def written(self, result: str) -> str:
        return result.encode("ascii", "replace").decode()


class OnlyTheBasicPlane(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[beyond the basic plane]",)

    def written(self, result: str) -> str:
        return "".join(letter if letter <= "\uffff" else "?" for letter in result)


class Normalizes(Sound):
    breaks = ("test_a_result_is_kept_to_the_letter[composed and decomposed]",)

    def written(self, result: str) -> str:
        return unicodedata.normalize("NFC", result)


class CutsResults(Sound):
    breaks = ("test_a_long_result_is_kept_to_the_letter",)

    def written(self, result: str) -> str:
        return result[:65_535]


class CutsHugeResults(Sound):
    breaks = ("test_a_huge_result_is_kept_or_refused_without_any_change",)

    def written(self, result: str) -> str:
        return result[:400_000]


class RefusesHugeResultsTooLate(Sound):
    breaks = ("test_a_huge_result_is_kept_or_refused_without_any_change",)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        completed = super().complete(key, owner, result[:400_000], expires_after=expires_after)
        if len(result) > 400_000:
            raise ResultTooLargeError
        return completed
