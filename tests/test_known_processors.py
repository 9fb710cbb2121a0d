"""What this machine computes on, for a page that neither waits nor loads PyTorch."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from neural_art.models import processors as found_here
from neural_art.processor import CPU, Processor, Survey
from neural_art.runs.processors import KnownProcessors, ask, sign_of_a_card

CARD = Survey((Processor("cuda:0", "NVIDIA H200", 1 << 37, "GPU-7c"), CPU))


def test_a_process_of_its_own_answers_what_pytorch_would_say_here() -> None:
    assert ask() == found_here.survey()


def test_a_pytorch_that_cannot_be_asked_leaves_the_cpu_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    survey = ask()
    assert survey.processors == (CPU,)
    assert [message.code for message in survey.passed_over] == ["processor.not-asked"]


@pytest.mark.parametrize(("device", "sign"), [("nvidia0", True), ("kfd", True), ("dxg", True), ("sda", False)])
@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has no such files")
def test_a_card_shows_in_the_folder_of_devices(tmp_path: Path, device: str, sign: bool) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / device).touch()
    assert bool(sign_of_a_card(tmp_path)) == sign


def test_until_there_is_an_answer_it_is_the_cpu() -> None:
    answered = threading.Event()

    def asked() -> Survey:
        answered.wait(10)
        return CARD

    known = KnownProcessors(asked, sign=lambda: "/dev/nvidia0")
    assert known.survey == Survey()
    known.begin()
    known.begin()
    assert known.survey == Survey()
    answered.set()
    assert known.wait() == known.survey == CARD


def test_where_nothing_speaks_for_a_card_nobody_asks() -> None:
    known = KnownProcessors(lambda: CARD, sign=lambda: "")
    known.begin()
    assert known.wait() == Survey()
