"""Imports point down, between the folders and inside each of them. docs/ARCHITECTURE.md draws the same arrows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "neural_art"

# What a folder may import besides itself and the modules at the root.
ARROWS: dict[str, set[str]] = {
    "dataset": set(),
    "samples": set(),
    "models": set(),
    "training": {"models"},
    "explore": {"models", "dataset"},
    "runs": {"explore", "training", "models", "dataset", "samples"},
    "web": {"runs", "explore", "dataset"},
    "cli": {"runs", "explore", "dataset", "models"},
}

# The modules of each folder from the bottom up. A module may import those of the sets before its own.
ORDER: dict[str, list[set[str]]] = {
    "": [
        {"messages", "machine", "shipped", "images"},
        {"errors", "events"},
        {"files", "checks", "processor"},
        {"recipe"},
        {"teaching"},
        {"__init__"},
        {"__main__"},
    ],
    "dataset": [
        {"__init__", "limits", "names", "report", "tones", "scrolls", "duplicates", "zip_names", "zip_parts"},
        {"formats", "squares", "pixels", "damage"},
        {"uploaded_file", "repairs", "tiffs"},
        {"archives", "pages"},
        {"sources"},
        {"decoding"},
        {"prepare"},
        {"copies"},
    ],
    "samples": [
        {"scene"},
        {"brush", "land", "table"},
        {"scenery", "fruit", "props", "bouquet"},
        {"landscapes", "still_lifes"},
        {"__init__"},
    ],
    "models": [
        {"__init__", "pixels", "sampling", "features", "generator"},
        {"discriminator", "encoder", "processors"},
        {"checkpoint"},
        {"enlarger"},
    ],
    "training": [
        {"__init__", "schedule", "device", "state", "cuda_graph", "optimizer", "augment", "losses", "metrics", "means"}
        | {"reptile", "data_parallel"},
        {"crops", "step", "enlarging"},
        {"encoding", "networks", "validation", "batches"},
        {"learner"},
        {"trainer"},
    ],
    "explore": [
        {"__init__", "limits", "position", "latent", "provenance", "turns", "newest", "pace", "preview"},
        {"place"},
        {"explorer"},
        {"lookup", "strip", "film"},
    ],
    "runs": [
        {"__init__", "paths", "digest", "sample_grid", "quotas", "picture_file", "cards", "processors"},
        {"journal", "lock", "uploads", "favourites", "unread"},
        {"desired", "upgrade"},
        {"run", "attempts"},
        {"status", "recorder", "registry", "processes", "models"},
        {"request", "intake", "worker", "pretrain", "standings", "starts", "listing", "leftovers", "visitors"},
        {"supervisor", "copies"},
        {"loan", "lending", "node"},
        {"cluster"},
        {"studio", "teach"},
        {"ready"},
    ],
    "web": [
        {"words", "settings", "proxies", "zero_gpu", "requests", "failures", "repeats", "loading", "theme"}
        | {"components.__init__", "components.base", "tabs.__init__"},
        {"gate"},
        {"answers", "tasks", "api", "labels", "visit", "head"}
        | {
            f"components.{name}"
            for name in (
                "bar",
                "cards",
                "clock",
                "curves",
                "duplicates",
                "facts",
                "folder_picker",
                "messages",
                "rejections",
                "run_list",
                "sample_grid",
                "session",
                "stage",
                "tiles",
                "unit",
                "upload",
            )
        },
        {"wiring", "films"},
        {"serving", "explore", "my_runs", "tabs.data_report", "tabs.data_uploads", "tabs.train_values"},
        {"tabs.film", "tabs.train_film", "tabs.train_question"},
        {"tabs.data", "tabs.train", "tabs.explore"},
        {"page"},
        {"__init__"},
    ],
    "cli": [
        {"__init__", "arguments", "progress"},
        {"dataset", "runs", "painting", "films", "pretraining", "serving", "doctor"},
        {"training", "teaching"},
        {"main"},
    ],
}

TYPES = "TYPE_CHECKING"

# Arrows that single modules may draw besides.
EXCEPTIONS: dict[str, set[str]] = {
    "__init__": set(ARROWS),  # the public names, loaded when they are used
    "__main__": {"cli"},
    "cli.runs": {"web"},
    "cli.serving": {"web"},
    "cli.training": {"web"},
    "cli.doctor": {"web"},
}


def _module(path: Path) -> str:
    """The name of a file's module below ``neural_art``; a folder's ``__init__`` is ``folder.__init__``."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    if parts[0] in ("messages", "words") or (parts[0] == "web" and parts[1] == "words"):
        parts = parts[:-1]  # a folder of catalogues with one module
    return ".".join(parts)


FILES = {_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _split(module: str) -> tuple[str, str]:
    """A module's folder ("" for the root) and its name in there, which may have a folder of its own: "tabs.data"."""
    folder, _, name = module.partition(".")
    return (folder, name) if name else ("", folder)


def _imported_names(path: Path, *, running: bool = False) -> Iterator[str]:
    """Full names that a file imports, wherever in it. ``running``: not for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == TYPES]
    left_out = {inner for node in for_types for inner in ast.walk(node)} if running else set()
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imported_modules(path: Path, *, running: bool = False) -> Iterator[str]:
    """The modules of neural_art that a file imports."""
    for name in _imported_names(path, running=running):
        parts = name.split(".")
        if parts[0] != "neural_art":
            continue
        inside = [".".join(parts[1:end]) for end in range(len(parts), 1, -1)]
        candidates = [each for name in inside for each in (name, f"{name}.__init__")]
        yield next((each for each in candidates if each in FILES), "__init__")


def _level(module: str) -> int:
    folder, name = _split(module)
    return next((level for level, names in enumerate(ORDER[folder]) if name in names), -1)


def test_every_module_has_its_place_and_every_place_a_module() -> None:
    listed = [f"{folder}.{name}".lstrip(".") for folder, sets in ORDER.items() for names in sets for name in names]
    assert sorted(listed) == sorted(FILES)


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module: str) -> None:
    folder, _ = _split(module)
    allowed = ARROWS.get(folder, set()) | EXCEPTIONS.get(module, set())
    running = set(_imported_modules(FILES[module], running=True))
    for imported in _imported_modules(FILES[module]):
        other, _ = _split(imported)
        if other == folder:
            if imported not in running:
                continue  # a part knows the type of the whole that it is made for
            assert _level(imported) < _level(module), f"{module} imports {imported}, which does not lie below it"
        elif other:
            assert other in allowed, f"{module} imports {imported}; {folder or 'the root'} may not import {other}"
        else:
            assert imported != "__main__"


def test_the_arrows_between_folders_have_no_circle() -> None:
    left = dict(ARROWS)
    while left:
        lowest = [folder for folder, arrows in left.items() if not arrows & set(left)]
        assert lowest, f"a circle among {sorted(left)}"
        for folder in lowest:
            del left[folder]


@pytest.mark.parametrize("module", FILES)
def test_only_the_page_imports_gradio(module: str) -> None:
    imported = {name.partition(".")[0] for name in _imported_names(FILES[module])}
    assert "gradio" not in imported or _split(module)[0] == "web"


@pytest.mark.parametrize("module", FILES)
def test_only_what_runs_on_a_cluster_imports_ray(module: str) -> None:
    imported = {name.partition(".")[0] for name in _imported_names(FILES[module])}
    assert "ray" not in imported or module in ("runs.cluster", "runs.node")


@pytest.mark.parametrize("module", FILES)
def test_only_the_command_line_reads_the_environment(module: str) -> None:
    """Besides ``app.py``, outside the package. Passing the environment on to another process is not reading it."""
    if _split(module)[0] == "cli":
        return
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        shown = ast.unparse(node) if isinstance(node, (ast.Subscript, ast.Call)) else ""
        reads = isinstance(getattr(node, "ctx", None), ast.Load) and shown.startswith("os.environ[")
        assert not reads, f"{module} reads {shown}"
        assert not shown.startswith(("os.environ.get(", "os.getenv(")), f"{module} reads {shown}"
