from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from run_makers import ask_to_train, paintings_folder, prepared_run, until
from untrained import model_of

from neural_art.errors import CheckpointError
from neural_art.explore.place import place_for
from neural_art.explore.position import Position
from neural_art.models import checkpoint
from neural_art.runs import worker
from neural_art.runs.models import ModelCache, open_explorer
from neural_art.runs.run import Run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("trained")
    run = ask_to_train(prepared_run(root / "runs", paintings_folder(root / "paintings")))
    list(worker.train(run))
    return run


def test_a_model_is_kept_until_there_is_a_newer_one(trained: Run) -> None:
    cache = ModelCache()
    first = cache.get(trained)
    assert cache.get(trained) is first
    trained.paths.checkpoint.touch()
    until(lambda: cache.get(trained) is not first)


def test_its_version_is_known_without_waiting_once_it_is_open(trained: Run) -> None:
    cache = ModelCache()
    assert cache.version(trained) is None
    until(lambda: cache.version(trained) is not None)
    opened = cache.get(trained)
    assert cache.version(trained) == opened.step
    trained.paths.checkpoint.touch()
    assert cache.version(trained) == opened.step, "asking for it opens a newer model"
    until(lambda: cache.get(trained) is not opened)


def test_a_newer_model_that_cannot_be_opened_leaves_the_one_before(trained: Run, tmp_path: Path) -> None:
    run = Run(tmp_path / trained.id)
    shutil.copytree(trained.folder, run.folder)
    cache = ModelCache()
    first = cache.get(run)
    run.paths.checkpoint.write_bytes(b"nonsense")
    for _ in range(3):
        assert cache.get(run) is first
    shutil.copyfile(trained.paths.checkpoint, run.paths.checkpoint)
    until(lambda: cache.get(run) is not first)
    run.paths.checkpoint.write_bytes(b"nonsense")
    cache.remove(run.id)
    with pytest.raises(CheckpointError):
        cache.get(run)


def test_models_compute_with_one_thread_in_whichever_thread_of_the_server(trained: Run) -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        ModelCache().get(trained)
        with ThreadPoolExecutor(1) as another:
            assert another.submit(torch.get_num_threads).result() == 1
    finally:
        torch.set_num_threads(threads)


def test_models_paint_where_the_cache_is_told_and_a_newer_one_at_the_pace_that_is_known_there(tmp_path: Path) -> None:
    latents = torch.randn(8, 256, generator=torch.Generator().manual_seed(0))
    run = Run.at(tmp_path / "canvas", "Canvas")
    checkpoint.write(run.paths.checkpoint, (model := model_of(latents, size=256)).tensors(), model.settings)
    card = "cuda:9"  # which is nowhere, so the CPU paints
    for _ in range(3):
        place_for(card).pace.note(256, 1.0)
    cache = ModelCache(device=lambda: card)
    first = cache.get(run)
    assert first.glimpse(Position()).size == (256, 256), "nothing is fitted yet"
    run.paths.checkpoint.touch()
    until(lambda: cache.get(run) is not first)
    assert cache.get(run).glimpse(Position()).size == (128, 128)


def test_only_the_most_recently_used_models_stay_open(trained: Run, tmp_path: Path) -> None:
    runs = [Run(tmp_path / str(number)) for number in range(3)]
    for run in runs:
        shutil.copytree(trained.folder, run.folder)
    cache = ModelCache(most=2)
    opened = [cache.get(run) for run in runs]
    assert cache.get(runs[2]) is opened[2]
    assert cache.get(runs[1]) is opened[1]
    assert cache.get(runs[0]) is not opened[0]


def test_an_explorer_has_the_name_that_its_run_has_now(trained: Run) -> None:
    trained.rename("Another name")
    explorer = open_explorer(trained.folder)
    assert explorer.name == "Another name"
    assert (len(explorer.paintings), explorer.aspect) == (8, pytest.approx(1.5))
