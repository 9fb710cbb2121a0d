"""Gradio's upload, which is open to everybody, behind the gate: the real thing, asked without a browser."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import gradio as gr
import pytest
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from neural_art.runs.quotas import Quotas
from neural_art.runs.studio import Studio
from neural_art.web.gate import Gate, choose_cache, visitor_of

UPLOAD = "/gradio_api/upload"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def client_of(
    cache: Path, *, proxies: int = 0, address: str = "192.0.2.1", largest: int | None = None, **quotas: Any
) -> TestClient:
    studio = Studio(cache.parent / "runs", quotas=Quotas(**quotas), start=False)
    gate = Middleware(Gate, visitors=studio.visitors, cache=cache, proxies=proxies)
    with gr.Blocks() as page:
        gr.HTML("")
    page.max_file_size = largest  # as launch() sets it
    app = gr.routes.App.create_app(page, app_kwargs={"middleware": [gate]})
    return TestClient(app, client=(address, 4711))


def send(client: TestClient, size: int = 1000, name: str = "a.png", **headers: str) -> Any:
    return client.post(UPLOAD, files={"files": (name, io.BytesIO(bytes(size)))}, headers=headers)


def test_an_upload_comes_in_and_is_counted(cache: Path) -> None:
    client = client_of(cache, upload_bytes=3000)
    answer = send(client)
    assert answer.status_code == 200
    (path,) = answer.json()
    assert Path(path).stat().st_size == 1000
    assert [send(client, name=f"{number}.png").status_code for number in range(3)] == [200, 429, 429]
    Path(path).unlink()  # it was taken
    assert send(client, name="b.png").status_code == 200


def test_a_refusal_is_a_sentence_in_the_reader_s_language_and_nothing_is_written(cache: Path) -> None:
    client = client_of(cache, upload_bytes=500)
    answer = send(client)
    assert answer.status_code == 429
    assert answer.headers["x-error-code"] == "run.too-many-uploads"
    assert answer.text.startswith("Your files that wait to be checked")
    assert send(client, **{"Accept-Language": "zh-CN,zh;q=0.9"}).text.startswith("您等待检查的文件")
    assert list(cache.iterdir()) == []


def test_a_full_disk_is_said_before_anything_is_received(cache: Path) -> None:
    answer = send(client_of(cache, free_bytes=1 << 60))
    assert (answer.status_code, answer.headers["x-error-code"]) == (507, "storage.disk-full")
    assert list(cache.iterdir()) == []


def test_a_request_says_how_large_it_is(cache: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"--x\r\nContent-Disposition: form-data; name=files; filename=a.png\r\n\r\n"
        yield bytes(5000)
        yield b"\r\n--x--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for path in (UPLOAD, "/gradio_api/component_server"):
        answer = client_of(cache).post(path, content=pieces(), headers=kind)
        assert (answer.status_code, answer.headers["x-error-code"]) == (411, "run.request-without-size")
    assert list(cache.iterdir()) == []


def test_files_do_not_come_in_by_another_way(cache: Path) -> None:
    """Gradio writes files that are sent to a component, too, and reads them into memory."""
    files = {"files": ("a.png", io.BytesIO(bytes(33 << 20)))}
    answer = client_of(cache).post("/gradio_api/component_server", files=files)
    assert (answer.status_code, answer.headers["x-error-code"]) == (413, "run.request-too-large")


def test_files_that_gradio_receives_and_does_not_name_are_counted(cache: Path) -> None:
    client = client_of(cache, upload_bytes=10_000)
    answer = client.post(UPLOAD, files={"other": ("a.png", io.BytesIO(bytes(8000)))})
    assert (answer.status_code, answer.json()) == (200, [])
    assert sum(path.stat().st_size for path in cache.iterdir()) == 8000
    assert send(client, 3000).status_code == 429


def test_a_file_that_is_too_large_is_removed_and_not_counted(cache: Path) -> None:
    client = client_of(cache, largest=5000, upload_bytes=10_000)
    assert send(client, 8000).status_code == 413
    assert list(cache.iterdir()) == []
    assert send(client, 4000).status_code == 200


def test_what_was_received_of_an_upload_that_broke_off_is_counted(cache: Path) -> None:
    """Gradio leaves its part of the file there."""
    client = client_of(cache, upload_bytes=10_000)
    head = b"--x\r\nContent-Disposition: form-data; name=files; filename=a.png\r\n\r\n"
    scope = {
        "type": "http", "method": "POST", "path": UPLOAD, "raw_path": UPLOAD.encode(), "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("192.0.2.1", 1), "server": ("test", 80),
        "headers": [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"9000")],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": head + bytes(5000), "more_body": True}, {"type": "http.disconnect"}]

    async def break_off() -> None:
        async def receive() -> Any:
            return messages.pop(0)

        async def send(_message: Any) -> None:
            pass

        with contextlib.suppress(ClientDisconnect):
            await client.app(scope, receive, send)

    anyio.run(break_off)
    assert sum(path.stat().st_size for path in cache.iterdir()) == 5000
    assert [send(client, size).status_code for size in (6000, 2000)] == [429, 200]


def test_one_visitor_s_uploads_do_not_count_for_another(cache: Path) -> None:
    client = client_of(cache, proxies=1, address="10.0.0.1", upload_bytes=2000)
    first, second = ({"X-Forwarded-For": f"1.2.3.4, 203.0.113.{number}"} for number in (1, 2))
    assert [send(client, 1000 + index, **first).status_code for index in range(2)] == [200, 429]
    assert send(client, 900, **second).status_code == 200
    assert send(client, 900, **{"X-Forwarded-For": "9.9.9.9, 203.0.113.1"}).status_code == 429


def test_everything_else_passes(cache: Path) -> None:
    client = client_of(cache, free_bytes=1 << 60)
    assert client.get("/config").status_code == 200
    assert client.get(UPLOAD).status_code == 405


def test_a_visitor_is_known_by_gradio_s_request_too() -> None:
    given = gr.Request(client={"host": "10.0.0.1"}, headers={"x-forwarded-for": "1.2.3.4, 203.0.113.9"})
    assert [visitor_of(given, proxies) for proxies in (0, 1)] == ["10.0.0.1", "203.0.113.9"]
    assert visitor_of(None, 0) == "unknown"


def test_gradios_folder_is_our_own_unless_somebody_chose_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    environment = {"GRADIO_TEMP_DIR": ""}
    own = choose_cache(environment)
    assert own.parent == tmp_path
    assert own.name != "gradio"
    assert own.stat().st_mode & 0o077 == 0, "nobody else looks in"
    assert environment == {"GRADIO_TEMP_DIR": str(own)}
    environment = {"GRADIO_TEMP_DIR": str(tmp_path / "chosen" / "one")}
    assert choose_cache(environment) == tmp_path / "chosen" / "one"


def test_a_folder_that_somebody_else_put_in_its_place_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    own = choose_cache({})
    own.rmdir()
    own.symlink_to(tmp_path / "theirs")
    assert choose_cache({}).resolve().parent == tmp_path
    assert choose_cache({}).resolve() != tmp_path / "theirs"
