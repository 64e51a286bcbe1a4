"""What is sent too large or too much of: a clear page, nothing on disk, and nothing read that will not be used."""

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings

from config.uploads import MemoryOnly
from tenants.domain import ClinicFacts
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024
NUMBERS = b"07700900123\n" * (12 * MEGABYTE // 12)
DOORS = {
    "sign-in": "/account/login/",
    "sign-out": "/account/logout/",
    "act": "/worklist/00000000-0000-0000-0000-000000000000/act/",
    "clinic": "/clinic/",
    "api": "/api/v1/calls/",
    "webhook": f"/hooks/twilio/{'x' * 43}",
    "report": "/csp-reports/",
}


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Path]:
    """The temporary folder, and a trap at the one function by which Django would make a file in it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

    def spool(*args: object, **kwargs: object) -> None:
        raise AssertionError("an upload went to disk")

    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", spool)
    yield tmp_path


class Counted(BytesIO):
    """A body that knows how much of it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.taken = 0

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self.taken += len(part)
        return part


def multipart(content: bytes, name: str = "calls.csv") -> bytes:
    file = BytesIO(content)
    file.name = name
    return encode_multipart(BOUNDARY, {"file": file, "kind": "x"})


def post_with_token(client: Client, path: str, body: bytes, content_type: str) -> Any:
    """As a browser does, with the cookie; the token is looked for in the body, so that is read before any view runs."""
    client.handler.enforce_csrf_checks = True
    client.cookies["csrf"] = "x" * 32
    return client.generic("POST", path, body, content_type=content_type)


@pytest.mark.parametrize("name", DOORS)
def test_nothing_large_is_read_or_kept(clinic: ClinicFacts, disk: Path, name: str) -> None:
    client = client_of(alice(), clinic)
    body = Counted(multipart(NUMBERS))
    length = len(body.getvalue())
    more: Any = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": MULTIPART_CONTENT}
    response = client.generic("POST", DOORS[name], b"", **more)
    assert response.status_code in {302, 401, 404, 413, 415}
    assert body.taken < 3 * MEGABYTE
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("name", ["sign-in", "sign-out", "act", "clinic"])
def test_too_large_has_a_page_of_its_own(clinic: ClinicFacts, disk: Path, name: str) -> None:
    client = client_of(alice(), clinic)
    response = post_with_token(client, DOORS[name], multipart(NUMBERS), MULTIPART_CONTENT)
    assert response.status_code == 413
    assert "at most 10" in response.content.decode()


def test_what_fits_stays_in_memory(disk: Path) -> None:
    body = multipart(NUMBERS[: 9 * MEGABYTE])
    request = RequestFactory().generic("POST", "/", body, content_type=MULTIPART_CONTENT)
    file = request.FILES["file"]
    assert isinstance(file, InMemoryUploadedFile)
    assert file.read() == NUMBERS[: 9 * MEGABYTE]
    assert (file.name, request.POST["kind"]) == ("calls.csv", "x")
    assert list(disk.iterdir()) == []


def test_all_files_of_a_request_count_together(disk: Path, settings: Settings) -> None:
    settings.UPLOAD_MAX_SIZE = 1000
    one, other = BytesIO(b"x" * 600), BytesIO(b"y" * 600)
    one.name = other.name = "calls.csv"
    body = encode_multipart(BOUNDARY, {"one": one, "other": other})
    request = RequestFactory().generic("POST", "/", body, content_type=MULTIPART_CONTENT)
    with pytest.raises(RequestDataTooBig):
        request.FILES  # noqa: B018 - reading is what is tried


def test_a_length_that_lies_is_found_out(settings: Settings) -> None:
    settings.UPLOAD_MAX_SIZE = 1000
    handler = MemoryOnly()
    handler.handle_raw_input(None, {}, 10, "")
    handler.new_file("file", "calls.csv", "text/csv", 10)
    with pytest.raises(RequestDataTooBig):
        handler.receive_data_chunk(b"x" * 1001, 0)


def test_a_large_form_without_files_is_refused(clinic: ClinicFacts) -> None:
    client = client_of(alice(), clinic)
    body = b"x=" + b"y" * (3 * MEGABYTE)
    response = post_with_token(client, "/account/login/", body, "application/x-www-form-urlencoded")
    assert response.status_code == 413


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", MULTIPART_CONTENT])
def test_too_many_fields_are_a_page_and_no_failure(clinic: ClinicFacts, content_type: str) -> None:
    client = client_of(alice(), clinic)
    fields = {f"f{index}": "x" for index in range(600)}
    body = encode_multipart(BOUNDARY, fields) if content_type == MULTIPART_CONTENT else "&".join(fields).encode()
    response = post_with_token(client, "/account/login/", body, content_type)
    assert response.status_code == 400
    assert "more fields" in response.content.decode()


def test_too_many_files_are_a_page_and_no_failure() -> None:
    files = {}
    for index in range(6):
        files[f"f{index}"] = BytesIO(b"x")
        files[f"f{index}"].name = "x.csv"
    body = encode_multipart(BOUNDARY, files)
    response = post_with_token(Client(), "/account/login/", body, MULTIPART_CONTENT)
    assert response.status_code == 400
    assert "more files" in response.content.decode()


def test_too_many_parameters_are_a_page_and_no_failure(clinic: ClinicFacts) -> None:
    response = client_of(alice(), clinic).get("/calls/?" + "&".join(f"f{index}=x" for index in range(600)))
    assert response.status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n07700900123']
)
def test_a_torn_upload_is_no_failure(disk: Path, body: bytes) -> None:
    response = post_with_token(Client(), "/account/login/", body, "multipart/form-data; boundary=x")
    assert response.status_code in {400, 403}
    assert list(disk.iterdir()) == []
