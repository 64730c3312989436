"""Amazon S3 Batch Operations: see "Invoke AWS Lambda function" in the Amazon S3 User Guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus

from lambdakit.errors import OptionError

from .builder import Builder

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class S3BatchTask:
    """A task that differs from the rest; what `s3_batch_task` gives, to be handed to `s3_batch`."""

    key: str
    version_id: str | None = None
    task_id: str | None = None


class S3Batch(Builder):
    """Events of Amazon S3 Batch Operations."""

    def s3_batch(
        self,
        *tasks: str | S3BatchTask,
        bucket: str = "bucket",
        schema_version: Literal["1.0", "2.0"] = "1.0",
        user_arguments: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Tasks of a job that invokes a function.

        Args:
            *tasks: The key of an object each, as it is, or what `s3_batch_task` gives. The event holds keys
                URL-encoded, with `+` for a space.
            bucket: The name of the bucket.
            schema_version: Of the event. Tasks have the bucket's ARN in 1.0, and its name in 2.0.
            user_arguments: What whoever created the job gave along; only in 2.0.

        Returns:
            The event.

        Raises:
            OptionError: There are user arguments, and the version is 1.0.
        """
        if user_arguments is not None and schema_version == "1.0":
            msg = "user_arguments: S3 sends them with schema_version='2.0' only; got '1.0'"
            raise OptionError(msg)
        where = {"s3BucketArn": f"arn:aws:s3:::{bucket}"} if schema_version == "1.0" else {"s3Bucket": bucket}
        job: dict[str, Any] = {"id": self._ids.uuid()}
        if user_arguments is not None:
            job["userArguments"] = dict(user_arguments)
        made = []
        for given in tasks:
            task = S3BatchTask(given) if isinstance(given, str) else given
            made.append(
                {
                    "taskId": self._ids.token() if task.task_id is None else task.task_id,
                    "s3Key": quote_plus(task.key, safe="/"),
                    "s3VersionId": task.version_id,
                    **where,
                }
            )
        return {
            "invocationSchemaVersion": schema_version,
            "invocationId": self._ids.token(),
            "job": job,
            "tasks": made,
        }

    def s3_batch_task(self, key: str, *, version_id: str | None = None, task_id: str | None = None) -> S3BatchTask:
        """A task that differs from the rest, to be handed to `s3_batch`.

        Args:
            key: As for `s3_batch`.
            version_id: The version of the object, where the manifest has versions.
            task_id: By what the answer names it; by default a new one.
        """
        return S3BatchTask(key, version_id, task_id)
