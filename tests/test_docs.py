"""What the documents say is so."""

import re
import shlex
from pathlib import Path

import pytest

from neural_art.cli.main import build_parser

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "neural_art"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
HOSTING = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}
FOLDERS = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())
NAMES = "|".join(FOLDERS)


def _front_matter() -> dict[str, str]:
    block = README.split("---\n")[1]
    return {key: value.strip().strip('"') for key, value in (line.split(":", 1) for line in block.splitlines())}


def test_every_module_is_in_the_architecture() -> None:
    scripts = [path.name for path in (PACKAGE / "web" / "modules").glob("*.js")]
    assert scripts
    assert [name for name in [*MODULES, *scripts] if f"`{name}`" not in ARCHITECTURE] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_what_is_in_the_package(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for named in re.findall(rf"`((?:{NAMES})(?:\.\w+)+)[^`]*`", text):
        if named.endswith((".py", ".js", ".md", ".json", ".jpg")):
            continue
        parts = named.split(".")
        candidates = [(".".join(parts[:end]), parts[end:]) for end in range(len(parts), 1, -1)]
        module, names = next((each for each in candidates if each[0] in MODULES), (named, []))
        assert module in MODULES, f"{document.name}: {module}"
        name = names[0] if names else ""
        if name:
            source = MODULES[module].read_text(encoding="utf-8")
            assert re.search(rf"^\s*(?:class |def |async def )?{name}\b", source, re.M), (
                f"{document.name}: {module}.{name}"
            )
    for name in re.findall(rf"`(?:neural_art/)?((?:{NAMES})/[\w/.]+)`", text):
        assert (PACKAGE / name).exists(), f"{document.name}: {name}"


@pytest.mark.parametrize("line", re.findall(r"^    python -m neural_art (.+)$", README, re.M))
def test_every_command_in_the_readme_parses(line: str) -> None:
    assert build_parser().parse_args(shlex.split(line, comments=True)).act


def test_the_space_uses_the_gradio_that_is_tested() -> None:
    card = _front_matter()
    assert f"gradio=={card['sdk_version']}\n" in CONSTRAINTS
    assert card["sdk"] == "gradio"
    assert (ROOT / card["app_file"]).exists()
    assert len(card["short_description"]) <= 60


def test_the_readme_names_the_tested_versions_and_both_commands() -> None:
    for name in ("torch", "gradio"):
        version = re.search(rf"^{name}==(.+)$", CONSTRAINTS, re.M)
        assert version
        assert f"{name} {version[1]}" in " ".join(README.split())
    assert "pip install -r requirements.txt -c constraints.txt && python app.py" in README
    assert "pip install -r requirements-dev.txt -c constraints.txt && pytest" in README


def test_every_setting_is_documented() -> None:
    source = (PACKAGE / "web" / "settings.py").read_text(encoding="utf-8")
    variables = re.findall(r'"((?:NEURAL_ART|GRADIO)_[A-Z_]+)"', source)
    assert variables
    assert [variable for variable in variables if f"`{variable}`" not in README + HOSTING] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_links_to_files_that_exist(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        assert target.startswith("http") or (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_wraps_at_100_columns(document: Path) -> None:
    """But for the rows of tables, links, code and what has no space to break at."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    long = [line for line in text.splitlines() if len(line) > 100 and not line.startswith(("|", "    ", "!["))]
    assert [line for line in long if "](http" not in line] == []
