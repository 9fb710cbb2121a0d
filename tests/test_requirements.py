"""What is installed: ranges, an exact set within them, and the container that has it."""

import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from neural_art.web.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def _requirements(name: str) -> dict[str, Requirement]:
    lines = [line.split("  #")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    read = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {each.name: each for each in read}


REQUIRED = _requirements("requirements.txt")
EXACT = {name: str(each.specifier).removeprefix("==") for name, each in _requirements("constraints.txt").items()}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_exact_set_has_all_that_is_required_and_lies_within_the_ranges(name: str) -> None:
    for package, required in _requirements(name).items():
        assert EXACT[package] in required.specifier, package


@pytest.mark.parametrize("version", ["2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.14.1"])
def test_the_pytorch_of_a_platform_may_stay(version: str) -> None:
    """ZeroGPU has one of its own. torchvision would make pip replace it with the newest."""
    assert version in REQUIRED["torch"].specifier
    assert "torchvision" not in REQUIRED


def _stage(name: str) -> dict[str, str]:
    """Instruction -> its last argument, of a target of the Dockerfile and of what it is made from."""
    stages = re.findall(r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.M | re.S)
    ((base, content),) = [(base, content) for base, each, content in stages if each == name]
    below = _stage(base) if base in [each for _, each, _ in stages] else {}
    return below | dict(re.findall(r"^([A-Z]+) +(.*)$", content, re.M))


@pytest.mark.parametrize("target", ["cpu", "cuda"])
def test_a_container_serves_the_page_to_others_as_an_ordinary_user(target: str) -> None:
    stage = _stage(target)
    assert stage["USER"] == "1000"
    assert stage["COPY"].endswith(". .")
    assert json.loads(stage["CMD"]) == ["python", "app.py"]
    environment = dict(
        each.split("=", 1) for each in re.findall(r"\w+=\S+", " ".join(re.findall(r"ENV (.*)", DOCKERFILE)))
    )
    settings = Settings.from_environment(environment)
    assert settings.hosted
    assert settings.runs.is_relative_to(stage["VOLUME"])
    assert str(settings.port) == stage["EXPOSE"]
    assert ("whl/cpu" in stage["RUN"]) == (target == "cpu")


def test_a_container_asks_after_its_page_with_valid_code() -> None:
    command = json.loads(_stage("cpu")["HEALTHCHECK"].split("CMD", 1)[1])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "healthcheck", "exec")


def test_a_container_gets_what_the_page_needs_and_nothing_else() -> None:
    assert IGNORED[0] == "*"
    copied = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert copied == {"app.py", "neural_art", "checkpoints", "requirements.txt", "constraints.txt", "LICENSE"}
    assert [name for name in copied if not (ROOT / name).exists()] == []
