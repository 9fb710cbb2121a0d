"""Imports point down, and only the page knows gradio."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "neural_art"

LAYERS = [  # from the bottom up, as in docs/ARCHITECTURE.md
    {"recipe", "events", "errors"},
    {"networks", "features", "losses", "augment", "latent", "checkpoint", "optimiser"}
    | {"step", "distance", "allocator", "enlarger", "winograd", "recording"}
    | {"paintings", "pictures", "uploads", "twins", "formats"},
    {"training", "easel"},
    {"run", "explorer", "film"},
    {"studio", "worker", "pretraining"},
    {"web"},
    {"__main__", "__init__"},
]
MODULES = sorted(path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py"))


def _layer(module: str) -> int:
    return next(level for level, names in enumerate(LAYERS) if module in names)


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
    own = _layer(module.parts[0])
    for name in _imports((PACKAGE / module).with_suffix(".py")):
        parts = name.split(".")
        if parts[0] == "neural_art" and len(parts) > 1 and any(parts[1] in names for names in LAYERS):
            assert _layer(parts[1]) <= own, f"{module} imports {name}, which lies above it"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_page_imports_gradio(module: Path) -> None:
    if module.parts[0] != "web":
        assert not any(name.split(".")[0] == "gradio" for name in _imports((PACKAGE / module).with_suffix(".py")))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_front_doors_read_the_environment(module: Path) -> None:
    if module.parts[0] != "__main__":
        assert "os.environ.get" not in (PACKAGE / module).with_suffix(".py").read_text(encoding="utf-8")
