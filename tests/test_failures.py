"""What a person is told when something fails that nobody expected."""

from __future__ import annotations

import errno

import pytest

from neural_art.errors import NeuralArtError, RunError
from neural_art.web.failures import reported_error
from neural_art.web.handlers import answering
from neural_art.web.requests import Request


def failing(error: Exception) -> NeuralArtError:
    try:
        raise error
    except Exception as caught:
        return reported_error(caught, "A film")


def test_what_a_person_can_act_on_is_passed_on_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = RunError("no-film")
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


def test_an_error_of_our_own_is_answered_to_the_page(caplog: pytest.LogCaptureFixture) -> None:
    def report(_: Request) -> dict[str, object]:
        raise ZeroDivisionError("secret detail")

    answer = answering(report)({"language": "zh"})
    assert answer["code"] == "run.task-failed"
    assert answer["error"].startswith("服务器出了问题")
    assert "call report" in caplog.text
