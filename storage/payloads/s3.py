"""Payloads in a bucket of S3, or of anything that speaks like it. Needs the extra `s3` (boto3).

Who may do what follows from the usual credentials of the environment or the machine.
"""

from __future__ import annotations

import asyncio
from typing import Any

from engine.errors import InvalidInput, NotFound, Unavailable

_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Payloads:
    """`bucket` with an optional `prefix/`; `endpoint` is empty for Amazon's own. Addresses are good for `seconds`."""

    def __init__(self, bucket: str, prefix: str, endpoint: str, seconds: int) -> None:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise Unavailable("Payloads in S3 need boto3: install segue with the extra s3.") from error
        self._s3: Any = boto3.client("s3", endpoint_url=endpoint or None, config=Config(signature_version="s3v4"))
        self._errors, self._refusal = (BotoCoreError, ClientError), ClientError
        self._bucket, self._prefix, self._seconds = bucket, prefix, seconds

    def upload_url(self, path: str) -> str:
        """Where to PUT it."""
        return self._signed("put_object", path)

    def download_url(self, path: str) -> str:
        """Where to GET it."""
        return self._signed("get_object", path)

    async def has(self, path: str) -> bool:
        """True when something is there."""
        try:
            await asyncio.to_thread(lambda: self._s3.head_object(**self._place(path)))
        except self._errors as error:
            self._raise_unless_missing(error)
            return False
        return True

    async def read(self, path: str, most: int) -> bytes:
        """What is there; `NotFound`, or `InvalidInput` when it is more than `most` bytes."""
        try:
            return await asyncio.to_thread(self._read, path, most)
        except self._errors as error:
            self._raise_unless_missing(error)
            raise NotFound(f"There is nothing at {path}.") from None

    async def write(self, path: str, content: bytes) -> None:
        """Put it there; what is there already is replaced."""
        try:
            await asyncio.to_thread(
                lambda: self._s3.put_object(**self._place(path), Body=content, ContentType="application/json")
            )
        except self._errors as error:
            raise Unavailable(f"The payload storage cannot take {path}: {error}") from error

    def _read(self, path: str, most: int) -> bytes:
        found = self._s3.get_object(**self._place(path))
        if found["ContentLength"] > most:
            raise InvalidInput(f"What is at {path} has more than {most} bytes.")
        content: bytes = found["Body"].read()
        return content

    def _signed(self, operation: str, path: str) -> str:
        url: str = self._s3.generate_presigned_url(operation, Params=self._place(path), ExpiresIn=self._seconds)
        return url

    def _place(self, path: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + path}

    def _raise_unless_missing(self, error: Exception) -> None:
        code = error.response["Error"]["Code"] if isinstance(error, self._refusal) else ""
        if code not in _MISSING:
            raise Unavailable(f"The payload storage cannot be read: {error}") from error
