"""Where an uploaded file goes: into memory, up to a limit, and never to disk, because it may be full of numbers."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest


class UploadTooLarge(RequestDataTooBig):
    """More than `UPLOAD_MAX_SIZE`; it is answered with 413."""


class MemoryOnly(FileUploadHandler):
    """Refuses by the announced length before anything is read; and while it reads, all files of a request together."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._left = settings.UPLOAD_MAX_SIZE
        self._content = BytesIO()

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        if content_length > settings.UPLOAD_MAX_SIZE + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise UploadTooLarge("The upload is too large.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._left -= len(raw_data)
        if self._left < 0:
            raise UploadTooLarge("The upload is too large.")
        self._content.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self._content.seek(0)
        return InMemoryUploadedFile(
            file=self._content,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
