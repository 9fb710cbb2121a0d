"""What the document's head holds: modules that find each other by name."""

from __future__ import annotations

import base64
import re

from neural_art.web.head import head, modules


def sources() -> dict[str, str]:
    return {name: base64.b64decode(uri.split(",")[1]).decode() for name, uri in modules().items()}


def test_every_module_that_is_imported_is_there() -> None:
    known = sources()
    for name, source in known.items():
        imported = re.findall(r"^import .*? from '([^']+)'", source, re.MULTILINE | re.DOTALL)
        assert set(imported) <= set(known), name


def test_the_modules_are_named_before_the_first_is_run() -> None:
    text = head()
    assert 0 < text.index('type="importmap"') < text.index('import "#page/start"')
    assert text.index("<style>") < text.index("</style>")
    assert "</style>" not in text[text.index("<style>") + 7 : text.rindex("</style>")]
