"""The folder of an installation: what it keeps secret, and which folders it refuses."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.embedded import home as home_module
from config.embedded.home import CannotStart, Home, find_home, open_home, open_sockets, read_secrets
from tests.config.homes import temporary_home


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_home() as made:
        yield made


def test_the_environment_names_the_home_and_the_project_is_the_default() -> None:
    assert find_home({"RINGBACK_HOME": "/somewhere/else"}).root == Path("/somewhere/else")
    assert find_home({}).root == home_module.PROJECT / ".local"


def test_secrets_are_made_once_and_only_their_owner_can_read_them(home: Home) -> None:
    first = read_secrets(home)
    assert read_secrets(home) == first
    assert stat.S_IMODE((home.root / "secrets.json").stat().st_mode) == 0o600
    assert len({first.secret_key, first.key_encryption_key, first.owner_password, first.app_password}) == 4


def test_processes_that_start_together_get_the_same_secrets(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: read_secrets(home), range(16)))) == 1
    assert [path.name for path in home.root.glob("secrets.json*")] == ["secrets.json"]


def test_it_says_so_when_the_secrets_are_damaged(home: Home) -> None:
    (home.root / "secrets.json").write_text("{")
    with pytest.raises(CannotStart, match="secrets.json is not readable or not whole"):
        read_secrets(home)


def test_the_sockets_folder_is_short_private_and_remembered(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_sockets(home)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 104
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/var/tmp")
    assert open_sockets(home) == folder


def test_a_long_temporary_folder_is_not_used_for_sockets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/" + "long/" * 30)
    assert len(os.fsencode(open_sockets(home))) < 60


def test_it_refuses_a_sockets_folder_that_others_can_enter(home: Home) -> None:
    open_sockets(home).chmod(0o755)
    with pytest.raises(CannotStart, match="only its owner can enter"):
        open_sockets(home)


def test_it_refuses_a_link_in_the_place_of_the_sockets_folder(home: Home, tmp_path: Path) -> None:
    folder = open_sockets(home)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="only its owner can enter"):
            open_sockets(home)
    finally:
        folder.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_it_refuses_a_home_or_sockets_of_another_user(home: Home) -> None:
    os.chown(open_sockets(home), 12345, 12345)
    with pytest.raises(CannotStart, match="only its owner can enter"):
        open_sockets(home)
    os.chown(home.root, 12345, 12345)
    with pytest.raises(CannotStart, match="belongs to another user"):
        open_home(home)
    os.chown(home.root, 0, 0)


def test_it_says_so_when_the_home_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot use"):
        open_home(Home(tmp_path / "file" / "home"))
