"""What axe-core finds wrong with a page, for those who see, hear or move otherwise. No tests."""

from __future__ import annotations

from typing import Any

from browser import Page

GRAVE = ("serious", "critical")
"""The impacts of findings that keep somebody from using the page."""


def serious(page: Page) -> list[str]:
    """The serious and critical findings on what ``page`` shows now, one a line: impact, rule, where, what to do.

    Colours are those of the moment: let transitions end first.
    """
    from axe_playwright_python.sync_playwright import Axe  # here: without a browser, whoever imports this is skipped

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [_line(rule, node) for rule in found for node in rule["nodes"] if _impact(rule, node) in GRAVE]


def _impact(rule: dict[str, Any], node: dict[str, Any]) -> str:
    return node["impact"] or rule["impact"]


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    """``serious color-contrast: #id > b: Elements must meet ... (Fix any of the following: ...)``"""
    selector = " ".join(part if isinstance(part, str) else " ".join(part) for part in node["target"])
    why = " ".join(node["failureSummary"].split())
    return f"{_impact(rule, node)} {rule['id']}: {selector}: {rule['help']} ({why})"
