"""A wheel has all that the package needs: installed aside, it trains from the base and finds the enlarger."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
SOURCES = ("neural_art", "checkpoints", "pyproject.toml", "setup.py", "MANIFEST.in", "requirements.txt", "LICENSE")
TOOLS = (
    "package.json",
    "package-lock.json",
    "eslint.config.js",
    "node_modules/eslint/index.js",
    "tests/js/any.test.js",
)
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, so that building leaves nothing in ours."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, folder)
    for name in TOOLS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return folder


def _build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """``pip wheel SOURCE``, without a network."""
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    return subprocess.run(
        [*PIP, "wheel", *offline, "--wheel-dir", str(out), str(source)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built where an earlier build has left a module that is no longer in the source."""
    out = tmp_path_factory.mktemp("wheel")
    stale = checkout / "build" / "lib" / "neural_art" / "renamed_since.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    built = _build(checkout, out)
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("neural_art-*.whl")
    return path


def _content(wheel: Path) -> dict[str, int]:
    """Name -> size of the files of the package in a wheel."""
    with zipfile.ZipFile(wheel) as file:
        return {each.filename: each.file_size for each in file.infolist() if each.filename.startswith("neural_art/")}


def test_the_wheel_has_every_file_of_the_package_and_the_weights_and_nothing_else(checkout: Path, wheel: Path) -> None:
    files = {path.relative_to(checkout): path for path in (checkout / "neural_art").rglob("*") if path.is_file()}
    weights = {"neural_art" / path.relative_to(checkout): path for path in (checkout / "checkpoints").rglob("*.*")}
    expected = {path.as_posix(): file.stat().st_size for path, file in (files | weights).items()}
    assert _content(wheel) == expected
    assert expected["neural_art/checkpoints/base/checkpoint.safetensors"] > 1_000_000


def test_the_tools_of_the_javascript_are_not_packed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = [PurePosixPath(name) for name in file.namelist()]
    assert {name.parts[0].removesuffix(".dist-info") for name in names} == {
        "neural_art",
        "-".join(wheel.name.split("-")[:2]),
    }
    assert PurePosixPath("neural_art/web/modules/history.js") in names


def test_a_source_distribution_builds_the_same_wheel(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    code = f"from setuptools.build_meta import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    packed = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True)
    assert packed.returncode == 0, packed.stderr
    (source,) = tmp_path.glob("*.tar.gz")
    built = _build(source, tmp_path)
    assert built.returncode == 0, built.stderr
    (again,) = tmp_path.glob("*.whl")
    assert _content(again) == _content(wheel)


@pytest.mark.parametrize(
    ("name", "content"),
    [("base/checkpoint.safetensors", b"version https://git-lfs.github.com/spec/v1\n"), ("enlarger.safetensors", None)],
    ids=["a pointer", "missing"],
)
def test_without_its_weights_nothing_is_built(checkout: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    path = checkout / "checkpoints" / name
    aside = path.rename(tmp_path / "aside")
    try:
        if content is not None:
            path.write_bytes(content)
        code = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"
        built = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True)
    finally:
        aside.replace(path)
    assert built.returncode != 0
    assert f"checkpoints/{name} is missing" in built.stderr
    assert list(tmp_path.glob("*.whl")) == []


INSTALLED = """
import sys, neural_art
from neural_art.cli.main import main
from neural_art.errors import SettingsError
from neural_art.models.enlarger import open_enlarger
from neural_art.shipped import ENLARGER
assert neural_art.__file__.startswith(sys.argv[1]), neural_art.__file__
assert open_enlarger(ENLARGER) is not None, ENLARGER
print(SettingsError("unknown-device", value="tpu", known=["cpu"]))
sys.exit(main(["train", "paintings", "--run", "run", "--recipe", "sketch", "--minutes", "0.05"]))
"""


def test_an_installed_wheel_trains_from_the_base_and_finds_the_enlarger(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True)
    (tmp_path / "paintings").mkdir()
    rng = np.random.default_rng(0)
    for number in range(8):
        pixels = rng.integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((96, 72)).save(tmp_path / "paintings" / f"{number}.png")
    done = subprocess.run(
        [sys.executable, "-c", INSTALLED, str(target)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "There is no device called" in done.stdout
    assert "Starting from base on this computer's processor with 8 paintings" in done.stderr
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()
