"""The page's JavaScript: its unit tests (``tests/js``, in Node's own runner) and its linter."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent
ESLINT = ROOT / "node_modules" / "eslint" / "bin" / "eslint.js"
PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
NODE = shutil.which("node", path=PLACES)
"""The Node that came with requirements-dev.txt, or the machine's."""


def _node(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    if NODE is None:
        _lack("Node is missing: pip install -r requirements-dev.txt")
    return subprocess.run([NODE, *arguments], cwd=ROOT, input=stdin, capture_output=True, text=True, encoding="utf-8")


def _eslint(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    if not ESLINT.exists():
        _lack("ESLint is missing: npm ci")
    return _node(ESLINT, "--max-warnings", "0", *arguments, stdin=stdin)


def _lack(missing: str) -> NoReturn:
    """Skips the test, but not where everything must be tested."""
    if os.environ.get("CI") == "true":
        raise RuntimeError(missing)
    pytest.skip(missing)


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "js").glob("*.test.js")), ids=lambda path: path.stem)
def test_the_units_pass(path: Path) -> None:
    done = _node("--test", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_its_units() -> None:
    modules = {path.stem for path in (ROOT / "neural_art" / "web" / "modules").glob("*.js")}
    assert modules == {path.name.removesuffix(".test.js") for path in (ROOT / "tests" / "js").glob("*.test.js")}


def test_the_linter_finds_nothing() -> None:
    done = _eslint("neural_art", "tests/js", "eslint.config.js")
    assert done.returncode == 0, done.stdout + done.stderr


COMPONENT = """
import { same } from '#page/history';
export default function mount({ element, props, trigger, server, watch }) {
  watch('value', async () => { element.textContent = await server.name(same(props.value, 1)); trigger('change'); });
}
"""


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (COMPONENT, None),
        (COMPONENT.replace("mount(", "start("), "no-restricted-syntax"),
        (COMPONENT.replace("textContent", "innerHTML"), "no-restricted-syntax"),
        (COMPONENT.replace("#page/", "../modules/"), "no-restricted-imports"),
        (COMPONENT.replace("'change'", "status"), "no-undef"),
        (COMPONENT.replace("server.name", "server.name == "), "eqeqeq"),
    ],
    ids=["a component", "no mount", "markup", "a path", "a name of the window", "=="],
)
def test_the_linter_knows_what_a_component_is(code: str, rule: str | None) -> None:
    done = _eslint("--format", "json", "--stdin", "--stdin-filename", "neural_art/web/components/any.js", stdin=code)
    (checked,) = json.loads(done.stdout)
    assert [message["ruleId"] for message in checked["messages"]] == ([rule] if rule else [])
