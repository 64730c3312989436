"""An error of ours is caught as what it also is, and tells its parts with their types."""

from typing import assert_type

from lambdakit.errors import LambdakitError, MissingExtraError, OptionError


def name_of_what_is_missing(error: MissingExtraError) -> str | None:
    assert_type(error.name, str | None)
    missing: ImportError = error
    wrong: OptionError = error  # error: mypy[assignment] pyright[reportAssignmentType]
    return missing.name or wrong.args[0]


def every_error_is_a_lambdakit_error(error: LambdakitError) -> BaseException:
    return error
