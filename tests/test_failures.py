"""What a person is told when something fails that nobody expected."""

from __future__ import annotations

import asyncio
import errno

import pytest
from starlette.requests import Request as Asked

from neural_art.errors import NeuralArtError, RunError
from neural_art.web.failures import reported_error, storage_refusal
from neural_art.web.requests import Request
from neural_art.web.serving import answering


def failing(error: Exception) -> NeuralArtError:
    try:
        raise error
    except Exception as caught:
        return reported_error(caught, "A film")


def test_what_a_person_can_act_on_is_passed_on_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = RunError("no-paintings")
    assert failing(error) is error
    assert caplog.records == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/secret/loop.mp4"), "storage.disk-full"),
        (MemoryError(), "storage.out-of-memory"),
        (ZeroDivisionError("secret detail"), "run.task-failed"),
    ],
    ids=["disk", "memory", "own"],
)
def test_anything_else_is_logged_with_its_traceback(
    error: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = failing(error)
    assert answer.message.code == code
    assert "secret" not in str(answer)
    assert "A film ended with an error" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(("language", "words"), [("en-GB,en", "The disk is full."), ("zh-CN", "磁盘")])
def test_an_upload_that_finds_no_room_is_refused_in_words_and_with_the_code(language: str, words: str) -> None:
    scope = {"type": "http", "path": "/upload", "headers": [(b"accept-language", language.encode())]}
    error = OSError(errno.ENOSPC, "No space left on device")
    answer = asyncio.run(storage_refusal(Asked(scope | {"server": ("host", 80), "query_string": b""}), error))
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (507, "storage.disk-full")
    assert words in bytes(answer.body).decode()


def test_an_error_of_our_own_is_answered_to_the_page(caplog: pytest.LogCaptureFixture) -> None:
    def report(_: Request) -> dict[str, object]:
        raise ZeroDivisionError("secret detail")

    answer = answering(report)({"language": "zh"})
    assert answer["code"] == "run.task-failed"
    assert answer["error"].startswith("服务器出了问题")
    assert "call report" in caplog.text
