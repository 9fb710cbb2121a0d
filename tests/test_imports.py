"""What importing a part of the package loads: nothing slow where it is not needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from neural_art.events import Failed
from neural_art.messages import Message
from neural_art.recipe import Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run

ROOT = Path(__file__).parent.parent
SLOW = ("torch", "torchvision", "gradio")


def _loaded_by(code: str) -> set[str]:
    """The modules that a new process has loaded after ``code``."""
    lines = [code, "import sys", "print('|'.join(sys.modules), file=sys.stderr)"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.strip().splitlines()[-1].split("|"))


@pytest.fixture(scope="module")
def explorer_modules() -> set[str]:
    return _loaded_by("import neural_art.explore.explorer, neural_art.explore.film")


def test_the_package_loads_nothing_but_itself() -> None:
    loaded = _loaded_by("import neural_art; neural_art.Recipe(); neural_art.NeuralArtError; dir(neural_art)")
    assert not {*SLOW, "numpy", "PIL"} & loaded


def test_help_loads_nothing_that_takes_long() -> None:
    code = "from neural_art.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not {*SLOW, "numpy", "PIL", "tqdm"} & _loaded_by(code)


def test_the_status_of_a_run_loads_no_pytorch(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "Sisley")
    run.set_recipe(Recipe())
    set_desired_state(run, "training", 5)
    Journal(run).append(Failed(step=3, seconds=2.0, reason=Message("storage.disk-full")))
    loaded = _loaded_by(f"from neural_art.cli.main import main; assert main(['status', {str(run.folder)!r}]) == 0")
    assert not set(SLOW) & loaded


@pytest.mark.parametrize(
    "module",
    [
        "runs.run",
        "runs.status",
        "runs.listing",
        "cli.runs",
        "runs.request",
        "runs.desired",
        "dataset.prepare",
        "samples",
    ],
)
def test_what_needs_no_pytorch_loads_none(module: str) -> None:
    assert not set(SLOW) & _loaded_by(f"import neural_art.{module}")


def test_the_page_is_there_before_pytorch() -> None:
    loaded = _loaded_by("import neural_art.web.page")
    assert "gradio" in loaded
    assert not {"torch", "torchvision"} & loaded


def test_exploring_loads_no_training(explorer_modules: set[str]) -> None:
    assert "torch" in explorer_modules
    assert not {name for name in explorer_modules if name.startswith(("neural_art.training", "neural_art.runs"))}


def test_everything_but_the_page_can_be_loaded_without_gradio() -> None:
    modules = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "neural_art").rglob("*.py")]
    names = sorted(
        ".".join(module.parts) for module in modules if "web" not in module.parts and module.name != "__main__"
    )
    loaded = _loaded_by(f"import {', '.join(names)}")
    assert "neural_art.training.trainer" in loaded
    assert "gradio" not in loaded


def test_the_public_names_are_where_they_say() -> None:
    code = "import neural_art; [getattr(neural_art, name) for name in neural_art.__all__]"
    assert "gradio" not in _loaded_by(code)
