from __future__ import annotations

import os
from pathlib import Path

import pytest
from fermata.domain.kind import Settings, UnitError
from fermata.toolkit.fetch import Limits, fetch


def test_a_file_is_copied_and_the_copy_goes(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "a b.txt").write_text("hello")
    with fetch("local", (tmp_path / "a b.txt").as_uri(), settings) as copy:
        assert (copy.path.read_text(), copy.size) == ("hello", 5)
    assert not copy.path.exists()


def test_a_stack_that_does_not_allow_local_files_reads_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(UnitError, match="not read by this stack"), fetch("local", str(tmp_path / "a.txt"), Settings()):
        pass


@pytest.mark.parametrize("path", ["a.txt", "../a.txt", "/tmp/../etc/passwd", "/nowhere/a.txt", "/tmp", "/a\0b"])
def test_a_path_that_is_not_plain_is_refused(path: str, settings: Settings) -> None:
    with pytest.raises(UnitError), fetch("local", path, settings):
        pass


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/proc/self/environ", "/sys/kernel/notes"])
def test_devices_and_the_kernels_files_are_refused(path: str, settings: Settings) -> None:
    with pytest.raises(UnitError), fetch("local", path, settings):
        pass


def test_a_link_to_a_device_or_a_pipe_is_refused(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "link").symlink_to("/proc/self/environ")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(UnitError, match="not a regular file"), fetch("local", str(tmp_path / name), settings):
            pass


def test_a_file_over_the_limit_is_refused(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "large").write_bytes(b"x" * 2048)
    with (
        pytest.raises(UnitError, match="larger than 1 KiB"),
        fetch("local", str(tmp_path / "large"), settings, Limits(size=1024)),
    ):
        pass


def test_private_folders_hold_nobodys_documents(tmp_path: Path) -> None:
    private = tmp_path / "state"
    private.mkdir()
    (private / "secret").write_text("x")
    (tmp_path / "link").symlink_to(private / "secret")
    settings = Settings(allow_local_files=True, private_folders=frozenset({str(private)}))
    for path in (private / "secret", tmp_path / "link"):
        with pytest.raises(UnitError, match="not a regular file"), fetch("local", str(path), settings):
            pass
