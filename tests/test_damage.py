"""What is wrong with a file is told apart from what is wrong with us."""

from __future__ import annotations

import errno
import itertools
import logging
from pathlib import Path

import pytest
from picture_files import filled, prepared, rejected
from PIL import Image, UnidentifiedImageError

from neural_art.dataset import decoding
from neural_art.dataset.damage import file_errors, reason_for
from neural_art.dataset.report import Unusable
from neural_art.errors import StorageError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Image.DecompressionBombError("too many"), "far-too-many-pixels"),
        (NotImplementedError("compression type 99"), "unknown-compression"),
        (MemoryError(), "out-of-memory"),
        (PermissionError(errno.EACCES, "Permission denied"), "not-opened"),
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (EOFError("no more"), "truncated"),
        (UnidentifiedImageError("cannot identify truncated file"), "damaged"),
        (SyntaxError("broken PNG file"), "damaged"),
        (KeyError(7), "damaged"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_an_error_of_a_decoder_is_a_reason(error: Exception, code: str) -> None:
    assert reason_for(error).code == code
    with pytest.raises(Unusable) as caught, file_errors():
        raise error
    assert caught.value.code == code


def test_a_full_disk_is_not_the_files_fault() -> None:
    with pytest.raises(OSError, match="No space left"), file_errors():
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_bug_of_our_own_is_logged_and_not_blamed_on_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = filled(tmp_path / "set", 3)
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:200])
    hashed, calls = decoding.perceptual_hash, itertools.count()

    def buggy(picture: Image.Image) -> str:
        if next(calls) == 1:
            raise ZeroDivisionError("division by zero")
        return hashed(picture)

    monkeypatch.setattr(decoding, "perceptual_hash", buggy)
    with caplog.at_level(logging.ERROR):
        report = prepared(folder, tmp_path / "kept")
    codes = rejected(report)
    assert len(report.paintings) == 2
    assert codes.pop("broken.png") in ("truncated", "damaged")
    assert list(codes.values()) == ["own-fault"]
    fault = next(each for each in report.rejections if each.code == "own-fault")
    assert "not because of the picture (ZeroDivisionError: division by zero)" in fault.message.sentence()
    (record,) = caplog.records
    assert fault.name in record.getMessage()
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


def test_a_disk_that_is_full_ends_the_preparation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Image.Image) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(decoding, "perceptual_hash", full)
    with pytest.raises(StorageError) as caught:
        prepared(filled(tmp_path / "set", 2), tmp_path / "kept")
    assert caught.value.code == "disk-full"
