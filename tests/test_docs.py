"""What the documents say is so."""

import re
import shlex
from pathlib import Path

import pytest

from neural_art.cli.main import _parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
ENGINE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def _front_matter() -> dict[str, str]:
    block = README.split("---\n")[1]
    return {key: value.strip().strip('"') for key, value in (line.split(":", 1) for line in block.splitlines())}


def test_every_module_is_in_the_architecture() -> None:
    modules = [p.relative_to(ROOT / "neural_art").with_suffix("") for p in (ROOT / "neural_art").rglob("*.py")]
    names = [".".join(m.parts).removesuffix(".__init__") for m in modules]
    missing = [name for name in names if name != "__init__" and f"`{name}`" not in ARCHITECTURE]
    assert missing == []


@pytest.mark.parametrize("line", re.findall(r"^    python -m neural_art (.+)$", README, re.M))
def test_every_command_in_the_readme_parses(line: str) -> None:
    assert _parser().parse_args(shlex.split(line, comments=True)).act


def test_the_space_uses_the_gradio_that_is_pinned() -> None:
    card = _front_matter()
    assert f"gradio=={card['sdk_version']}\n" in REQUIREMENTS
    assert card["sdk"] == "gradio"
    assert (ROOT / card["app_file"]).exists()
    assert len(card["short_description"]) <= 60


def test_the_readme_names_the_pins_and_both_commands() -> None:
    for name in ("torch", "torchvision", "gradio"):
        version = re.search(rf"^{name}==(.+)$", REQUIREMENTS, re.M)
        assert version
        assert f"{name} {version[1]}" in README
    assert "pip install -r requirements.txt && python app.py" in README
    assert "pip install -r requirements-dev.txt && pytest" in README


def test_every_setting_is_in_the_readme() -> None:
    source = (ROOT / "neural_art" / "web" / "settings.py").read_text(encoding="utf-8")
    for variable in re.findall(r'"((?:NEURAL_ART|GRADIO)_[A-Z_]+)"', source):
        assert f"`{variable}`" in README, variable


def test_documents_link_to_files_that_exist() -> None:
    for text, folder in ((README, ROOT), (ARCHITECTURE, ROOT / "docs"), (ENGINE, ROOT / "docs")):
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("http") or (folder / target).exists(), target
