"""Settings of the page out of environment variables."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from neural_art import shipped, web
from neural_art.errors import SettingsError
from neural_art.web import Settings


def test_settings_come_from_the_environment() -> None:
    home = Settings.from_environment({})
    assert (home.host, home.port, home.keep_hours, home.at_once) == ("127.0.0.1", 7860, None, 1)
    space = Settings.from_environment(
        {"SPACE_ID": "someone/art", "NEURAL_ART_RUNS": "/tmp/x", "GRADIO_SERVER_PORT": "80"}
    )
    assert (space.host, space.port, space.keep_hours, space.runs) == ("0.0.0.0", 80, 24.0, Path("/tmp/x"))
    chosen = Settings.from_environment({"NEURAL_ART_KEEP_HOURS": "1.5", "NEURAL_ART_FILE_MB": "9"}, port=8000)
    assert (chosen.keep_hours, chosen.limits.file_bytes, chosen.port) == (1.5, 9 << 20, 8000)


def test_a_space_can_keep_runs_for_ever() -> None:
    assert Settings.from_environment({"SPACE_ID": "x", "NEURAL_ART_KEEP_HOURS": "0"}).keep_hours is None


def test_new_runs_start_from_the_shipped_base() -> None:
    assert Settings().base == (shipped.BASE if shipped.BASE.exists() else None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEURAL_ART_PORT", "x"), ("NEURAL_ART_PORT", "99999"), ("NEURAL_ART_AT_ONCE", "1.5"),
        ("NEURAL_ART_KEEP_HOURS", "nan"), ("NEURAL_ART_KEEP_HOURS", "-1"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} is '?{value}'?(\.0)?\. Set it to"):
        Settings.from_environment({name: value})


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port} .*NEURAL_ART_PORT") as refused:
            web.serve(Settings(port=port, runs=tmp_path / "runs"))
    assert refused.value.code == "port-unusable"
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


UNUSABLE = {"below a file": "{tmp}/file/folder", "where nobody may write": "/sys/kernel"}


@pytest.mark.parametrize("folder", UNUSABLE.values(), ids=UNUSABLE)
def test_a_folder_of_runs_that_cannot_be_used_is_named(port: int, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    runs = Path(folder.format(tmp=tmp_path))
    with pytest.raises(SettingsError, match="choose another folder with NEURAL_ART_RUNS") as refused:
        web.launch(Settings(port=port, runs=runs))
    assert str(runs) in str(refused.value)


@pytest.mark.parametrize("folder", UNUSABLE.values(), ids=UNUSABLE)
def test_a_folder_of_uploads_that_cannot_be_used_is_named(
    port: int, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    uploads = folder.format(tmp=tmp_path)
    monkeypatch.setenv("GRADIO_TEMP_DIR", uploads)
    with pytest.raises(SettingsError, match="with GRADIO_TEMP_DIR") as refused:
        web.launch(Settings(port=port, runs=tmp_path / "runs"))
    assert uploads in str(refused.value)
