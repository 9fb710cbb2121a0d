"""Settings of the page out of environment variables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from neural_art import shipped, web
from neural_art.errors import SettingsError
from neural_art.runs.quotas import HOSTED, Quotas
from neural_art.web import Settings

ROOT = Path(__file__).parent.parent


def test_settings_come_from_the_environment() -> None:
    home = Settings.from_environment({})
    assert (home.host, home.port, home.keep_hours, home.at_once) == ("127.0.0.1", 7860, None, None)
    space = Settings.from_environment(
        {"SPACE_ID": "someone/art", "NEURAL_ART_RUNS": "/tmp/x", "GRADIO_SERVER_PORT": "80"}
    )
    assert (space.host, space.port, space.keep_hours, space.runs) == ("0.0.0.0", 80, 24.0, Path("/tmp/x"))
    chosen = Settings.from_environment({"NEURAL_ART_KEEP_HOURS": "1.5", "NEURAL_ART_FILE_MB": "9"}, port=8000)
    assert (chosen.keep_hours, chosen.limits.file_bytes, chosen.port) == (1.5, 9 << 20, 8000)


def test_a_device_is_one_of_those_that_there_are_names_for() -> None:
    assert Settings.from_environment({}).device == "auto"
    assert Settings.from_environment({"NEURAL_ART_DEVICE": "cpu"}).device == "cpu"
    with pytest.raises(SettingsError, match=r"no device called gpu.*auto, cpu, cuda, mps"):
        Settings.from_environment({"NEURAL_ART_DEVICE": "gpu"})


def test_a_space_can_keep_runs_for_ever() -> None:
    assert Settings.from_environment({"SPACE_ID": "x", "NEURAL_ART_KEEP_HOURS": "0"}).keep_hours is None


@pytest.mark.parametrize(
    "environment", [{"SPACE_ID": "x"}, {"NEURAL_ART_HOST": "0.0.0.0"}, {"GRADIO_SERVER_NAME": "::"}]
)
def test_where_strangers_come_they_may_have_less(environment: dict[str, str]) -> None:
    home, hosted = Settings.from_environment({}), Settings.from_environment(environment)
    assert (home.quotas, home.left_hours, home.proxies) == (Quotas(), 24.0, 0)
    assert (hosted.quotas, hosted.left_hours) == (HOSTED, 1.0)
    assert hosted.proxies == ("SPACE_ID" in environment), "a Space is behind a proxy"
    assert Settings.from_environment({"NEURAL_ART_PROXIES": "1"}).quotas == HOSTED, "somebody comes through it"
    assert Settings.from_environment({}, host="192.0.2.1").quotas == HOSTED, "an argument goes before"


def test_every_quota_can_be_set() -> None:
    environment = {
        f"NEURAL_ART_{name}": "3"
        for name in (
            "RUNS_AN_HOUR", "EMPTY_RUNS", "TRAININGS", "TRAINING_MINUTES", "WAITING_MB", "VISITOR_MB", "TASKS",
            "ALL_RUNS", "ALL_TRAININGS", "ALL_TASKS", "FREE_MB",
        )
    }  # fmt: skip
    mb = 3 << 20
    assert Settings.from_environment(environment).quotas == Quotas(
        runs_an_hour=3, empty_runs=3, trainings=3, training_minutes=3, upload_bytes=mb, disk_bytes=mb, tasks=3,
        all_runs=3, all_trainings=3, all_tasks=3, free_bytes=mb,
    )  # fmt: skip
    assert Settings.from_environment({"SPACE_ID": "x", "NEURAL_ART_VISITOR_MB": "0"}).quotas.disk_bytes is None


def test_a_whole_set_may_wait_however_large_it_may_be() -> None:
    settings = Settings.from_environment({"SPACE_ID": "x", "NEURAL_ART_TOTAL_MB": "8000"})
    assert settings.quotas.upload_bytes > settings.limits.total_bytes


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


def test_gradio_finds_the_page_in_app_py_without_serving_it(port: int, tmp_path: Path) -> None:
    environment = {**os.environ, "NEURAL_ART_RUNS": str(tmp_path / "runs"), "GRADIO_TEMP_DIR": str(tmp_path / "up")}
    code = "import app, gradio; assert isinstance(app.demo, gradio.Blocks) and not app.demo.is_running"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=60)
    taken = {**environment, "NEURAL_ART_RUNS": "/proc/nowhere"}
    refused = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=taken, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert "NEURAL_ART_RUNS" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_on_zero_gpu_the_platforms_package_comes_before_pytorch_and_has_the_function_that_trains(
    port: int, tmp_path: Path
) -> None:
    (tmp_path / "spaces.py").write_text(
        "import sys\n"
        "assert 'torch' not in sys.modules\n"
        "wrapped = []\n"
        "def GPU(task, duration): wrapped.append((task.__name__, duration('folder', 60))); return task\n"
        "def gradio_auto_wrap(function): return function\n"
    )
    environment = {
        **os.environ,
        "NEURAL_ART_RUNS": str(tmp_path / "runs"),
        "GRADIO_TEMP_DIR": str(tmp_path / "up"),
        "SPACES_ZERO_GPU": "true",
        "PYTHONPATH": str(tmp_path),
    }
    code = "import app, spaces; assert app.prepared.studio.loan_seconds == 60; print(spaces.wrapped)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[('train_on_loan', 75)]"


def test_a_cluster_is_named_by_an_address_that_ray_knows() -> None:
    for address in ("auto", "ray://head:10001", "10.0.0.5:6379"):
        assert Settings.from_environment({"NEURAL_ART_CLUSTER": address}).cluster == address
    assert Settings.from_environment({}).cluster is None
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"NEURAL_ART_CLUSTER": "http://head"})
    assert refused.value.code == "cluster-address"
