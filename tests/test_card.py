"""The card's benchmark measures a processor, too, and measures nothing twice."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from benchmarks.card import bound, main
from benchmarks.card_figures import Counter
from neural_art import files


def test_it_measures_once_and_prints_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--device", "cpu", "--recipes", "sketch", "--batches", "2"]
    command += ["--paintings", "4", "--seconds", "0.1", "--out", str(tmp_path)]
    files.write_json(tmp_path / "sketch-first.json", {"seconds": 2.5})  # measured by an earlier call
    files.write_json(tmp_path / "sketch-beside.json", dict.fromkeys(("painted", "encoded", "copied", "written"), 1.0))
    main(command)
    first = capsys.readouterr()
    assert "sketch-2 ..." in first.err
    (row,) = [line for line in first.out.splitlines() if line.startswith("| sketch, 2 |")]
    heads = next(line for line in first.out.splitlines() if "pictures/s" in line)
    cells = dict(zip(heads.split(" | "), row.split(" | "), strict=True))
    assert float(cells["pictures/s"]) > 0
    assert 0 < float(cells["ms of products"]) < float(cells["ms a step"])
    main(command)
    assert "2.5 |" in first.out
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out == first.out


def test_the_bytes_of_an_operation_are_those_of_its_inputs_and_outputs_and_views_have_none() -> None:
    a, b = torch.zeros(4, 8), torch.zeros(8, 2)
    with Counter() as counter:
        product = a @ b.T.T
    assert counter.bytes == 4 * (4 * 8 + 8 * 2 + 4 * 2)
    assert counter.operations == 2 * 4 * 8 * 2
    with Counter() as counter:
        F.relu_(product.view(8))
    assert counter.bytes == 4 * 8


@pytest.mark.parametrize(
    ("busy", "multiplying", "moving", "expected"),
    [
        (6.0, 1.0, 1.0, "the processor: no kernel runs for 40%"),
        (9.8, 7.0, 1.0, "matrix products"),
        (9.8, 1.0, 7.0, "memory"),
        (9.8, 1.0, 1.0, "small kernels: at full rates they would take 20%"),
    ],
)
def test_it_says_what_bounds_a_step(busy: float, multiplying: float, moving: float, expected: str) -> None:
    assert bound(10.0, busy, multiplying, moving).startswith(expected)
