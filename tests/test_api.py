"""The named endpoints, asked by a program through gradio_client."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import torch
from disks import full_disk
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from page_server import UNKNOWN, write_paintings, write_untrained
from PIL import Image

from neural_art import web


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page's runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def address(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        threads = torch.get_num_threads()
        page = web.launch(web.Settings(port=port, runs=runs, base=None))
        yield f"http://127.0.0.1:{port}/"
        page.close()
        torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """Twelve wide paintings and a text, in a zip."""
    folder = tmp_path_factory.mktemp("zipped")
    paintings = write_paintings(folder / "hills", drawn_paintings)
    with zipfile.ZipFile(folder / "hills.zip", "w") as made:
        for picture in sorted(paintings.rglob("*.png")):
            made.write(picture, picture.relative_to(folder))
        made.writestr("hills/notes.txt", "not a picture")
    return folder / "hills.zip"


@pytest.fixture(scope="module")
def run(client: Client, zipped: Path, runs: Path) -> str:
    """A run that was made through the endpoint, with an untrained model put into its folder."""
    made = client.predict(handle_file(str(zipped)), "Hills", api_name="/create")
    assert made["paintings"] == 12
    assert made["class_counts"] == {"dawn": 6, "dusk": 6}
    (rejected,) = made["rejections"]
    assert rejected["name"] == "hills/notes.txt"
    assert rejected["code"].startswith("rejection.")
    assert rejected["reason"].endswith(".")
    write_untrained(runs / made["run"] / "checkpoint.safetensors")
    return str(made["run"])


def test_only_the_good_endpoints_are_public(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/create", "/train", "/status", "/stop", "/paint", "/delete"}


def test_a_run_has_a_status(client: Client, run: str) -> None:
    status = client.predict(run, api_name="/status")
    assert (status["id"], status["name"], status["paintings"]) == (run, "Hills", 12)


def test_a_picture_comes_as_a_file(client: Client, run: str) -> None:
    described = client.view_api(return_format="dict", print_info=False)["named_endpoints"]["/paint"]["returns"]
    assert [each["component"] for each in described] == ["Image"]
    path = client.predict(run, {"seed": 7, "truncation": 0.7}, 2, api_name="/paint")
    with Image.open(path) as picture:
        assert picture.size == (192, 128)
        assert json.loads(picture.info["neural_art"])["position"]["seed"] == 7


@pytest.mark.parametrize("id", [UNKNOWN, "../runs", "", "x/../../y"])
def test_an_unknown_run_is_refused_with_one_sentence(client: Client, run: str, id: str) -> None:
    for endpoint, more in (
        ("/status", []),
        ("/stop", []),
        ("/delete", []),
        ("/paint", [{}, 1]),
        ("/train", [1, "sketch", 0]),
    ):
        with pytest.raises(AppError, match=r"There is no such run here\. It may have been deleted; start a new one\."):
            client.predict(id, *more, api_name=endpoint)


def test_a_wrong_value_is_refused_in_words(client: Client, run: str) -> None:
    with pytest.raises(AppError, match="truncation"):
        client.predict(run, {"truncation": 99}, 1, api_name="/paint")
    with pytest.raises(AppError, match="recipe"):
        client.predict(run, 1, "fresco", 0, api_name="/train")


def test_a_run_is_deleted(client: Client, zipped: Path) -> None:
    made = client.predict(handle_file(str(zipped)), "", api_name="/create")["run"]
    client.predict(made, api_name="/delete")
    with pytest.raises(AppError, match="no such run"):
        client.predict(made, api_name="/status")


def test_files_of_the_server_are_not_served(address: str, run: str, runs: Path) -> None:
    for wanted in ("/etc/passwd", runs / run / "run.json"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}gradio_api/file={wanted}")
        assert refused.value.code in (403, 404)


@pytest.mark.parametrize(("language", "sentence"), [("en", "The disk is full."), ("zh-CN", "磁盘已满")])
def test_an_upload_that_finds_no_room_is_told_so(address: str, language: str, sentence: str) -> None:
    sent = {"files": ("hill.png", bytes(1000))}
    with full_disk(100):
        answer = httpx.post(f"{address}gradio_api/upload", files=sent, headers={"Accept-Language": language})
    assert (answer.status_code, answer.text[: len(sentence)]) == (507, sentence)
    assert httpx.post(f"{address}gradio_api/upload", files=sent).status_code == 200
