"""Imports point down, and only the page knows gradio."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "neural_art"

LAYERS = [  # from the bottom up: the order that the modules have between them, whichever folder they lie in
    {"recipe", "events", "errors"},
    {"models.networks", "models.features", "models.checkpoint", "models.enlarger", "models.winograd", "explore.latent"}
    | {"training.losses", "training.augment", "training.optimizer", "training.step", "training.metrics"}
    | {"training.allocator", "training.cuda_graph"}
    | {"dataset.prepare", "dataset.decoding", "dataset.sources", "dataset.duplicates", "dataset.formats"},
    {"training.trainer", "samples"},
    {"runs.folder", "explore.explorer", "explore.film"},
    {"runs.studio", "runs.worker", "runs.pretrain"},
    {"web"},
    {"cli", "__main__", "__init__"},
    {"dataset", "models", "training", "explore", "runs"},  # the folders themselves hold nothing
]
MODULES = sorted(path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py"))


def _layer(parts: Sequence[str]) -> int:
    """The layer of a module, by its folder's name or by both."""
    both = {parts[0], ".".join(parts[:2])} if parts[1:] != ("__init__",) else {parts[0]}
    return next(level for level, names in enumerate(LAYERS) if both & names)


def _imports(path: Path) -> set[str]:
    """Full names that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down(module: Path) -> None:
    own = _layer(module.parts)
    for name in _imports((PACKAGE / module).with_suffix(".py")):
        parts = name.split(".")
        if parts[0] == "neural_art" and len(parts) > 1 and not parts[1].startswith("__"):
            assert _layer(tuple(parts[1:3])) <= own, f"{module} imports {name}, which lies above it"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_page_imports_gradio(module: Path) -> None:
    if module.parts[0] != "web":
        assert not any(name.split(".")[0] == "gradio" for name in _imports((PACKAGE / module).with_suffix(".py")))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_front_doors_read_the_environment(module: Path) -> None:
    if module.parts[0] != "cli":
        assert "os.environ.get" not in (PACKAGE / module).with_suffix(".py").read_text(encoding="utf-8")
