"""What a store has to keep as it was given: keys, results."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest

from lambdakit.errors import ResultTooLargeError

if TYPE_CHECKING:
    from ._trial import Trial

_PREFIX = 16  # characters, which keep the keys of one test apart from those of the next
_LONGEST = "k" * (512 - _PREFIX - 1)
_ALLOWED = string.ascii_letters + string.digits + "._-<>#:$"

_KEYS = {
    "by case": ("Order", "order"),
    "by a sign": ("app.handler:a", "app_handler:a"),
    "by length": (_LONGEST, f"{_LONGEST}k"),
    "at the end of the longest": (f"{_LONGEST}a", f"{_LONGEST}b"),
    "where one is the start of the other": ("orders-app.handler#12", "orders-app.handler#1"),
    "after a sign": ("._-<>#:$a", "._-<>#:$b"),
    "of all that is allowed": (_ALLOWED, _ALLOWED[::-1]),
}

_RESULTS = {
    "empty": "",
    "null": "null",
    "blank": " ",
    "surrounded by spaces": "  \n\ttext\r\n ",
    "quoted": """'"\\'; -- %s {0} $1 """,
    "beyond ASCII": "Grüße, \u4f60\u597d, \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "beyond the basic plane": "\U0001f9fe\U0001d518",
    "composed and decomposed": "\u00e9 e\u0301",
    "with separators": "a\u0085b\u2028c\ufeffd",
}


class Values:
    """Keys are told apart, and results come back, to the letter."""

    @pytest.mark.parametrize("differ", _KEYS)
    def test_keys_are_independent_that_differ(self, differ: str, trial: Trial) -> None:
        """Keys have up to 512 characters; two that differ at all are two, and a step with one leaves the other be."""
        one, two = trial.other(), trial.other()
        one.key, two.key = (trial.key[-_PREFIX:] + key for key in _KEYS[differ])
        first, second = one.owner("first"), two.owner("second")
        first.claims()
        two.is_free()
        second.claims()
        first.completes("one")
        two.stands(second)
        second.releases()
        one.stands(first, "one")
        two.is_free()

    @pytest.mark.parametrize("kind", _RESULTS)
    def test_a_result_is_kept_to_the_letter(self, kind: str, trial: Trial) -> None:
        """The result is text, and comes back as it was given; the empty one, too, is a result, and not None."""
        first = trial.owner("first")
        first.claims()
        first.completes(_RESULTS[kind])
        trial.stands(first, _RESULTS[kind])

    def test_a_long_result_is_kept_to_the_letter(self, trial: Trial) -> None:
        """Results may be long: 100,000 bytes at least."""
        first, text = trial.owner("first"), "".join(f"{number:05}" for number in range(20_000))
        first.claims()
        first.completes(text)
        trial.stands(first, text)

    def test_a_huge_result_is_kept_or_refused_without_any_change(self, trial: Trial) -> None:
        """A result that the store cannot hold is a ResultTooLargeError, before anything is changed; never cut off."""
        first, text = trial.owner("first"), "\u00e9" * 1_000_000
        first.claims()
        try:
            first.completes(text)
        except ResultTooLargeError:
            trial.stands(first)
            first.completes("small")
            trial.stands(first, "small")
        else:
            trial.stands(first, text)
