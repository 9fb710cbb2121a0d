"""Locks on graphics cards: one training each, whichever process it is in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neural_art.processor import Processor
from neural_art.runs.cards import is_taken, take_card

FIRST = Processor("cuda:0", "NVIDIA H200", 1 << 37, "GPU-1b/2")
SECOND = Processor("cuda:1", "NVIDIA H200", 1 << 37, "GPU-7c")


def test_each_training_gets_a_card_of_its_own_until_all_are_taken(tmp_path: Path) -> None:
    first, second = take_card([FIRST, SECOND], tmp_path), take_card([FIRST, SECOND], tmp_path)
    assert first is not None and second is not None
    assert (first[0], second[0]) == (FIRST, SECOND)
    assert take_card([FIRST, SECOND], tmp_path) is None
    os.close(first[1])
    assert (is_taken(FIRST, tmp_path), is_taken(SECOND, tmp_path)) == (False, True)
    again = take_card([FIRST, SECOND], tmp_path)
    assert again is not None and again[0] == FIRST
    os.close(again[1])
    os.close(second[1])


def test_another_process_that_numbers_the_cards_differently_sees_it_taken(tmp_path: Path) -> None:
    taken = take_card([SECOND], tmp_path)
    assert taken is not None
    code = (
        "import sys; from pathlib import Path; from neural_art.processor import Processor\n"
        "from neural_art.runs.cards import take_card\n"
        "sys.exit(take_card([Processor('cuda:0', key='GPU-7c')], Path(sys.argv[1])) is None)"
    )

    def refused() -> int:
        return subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[1]).returncode

    assert refused() == 1
    os.close(taken[1])
    assert refused() == 0


def test_a_folder_that_is_not_ours_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PermissionError):
        take_card([FIRST], tmp_path / "link")
    assert not is_taken(FIRST, tmp_path / "none")
