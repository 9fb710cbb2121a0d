"""The findings that the page's tests ask for are those that axe-core makes."""

from collections.abc import Iterator

import pytest
from axe import serious
from browser import Browser, Page

GOOD = """<!doctype html><html lang="en"><title>Hills</title><main><h1>Hills</h1><button>Paint</button>
<p style="color: {colour}; background: #fff">A picture of a hill</p>{more}</main></html>"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_a_page_for_everybody_has_no_findings(page: Page) -> None:
    page.set_content(GOOD.format(colour="#222", more=""))
    assert serious(page) == []


def test_a_finding_says_how_grave_where_and_why(page: Page) -> None:
    page.set_content(GOOD.format(colour="#bbb", more='<button id="keep"><svg></svg></button>'))
    keep, pale = serious(page)
    assert keep.startswith("critical button-name: #keep: Buttons must have discernible text (Fix any")
    assert pale.startswith("serious color-contrast: p: Elements must meet minimum color contrast")
    assert "contrast of 1.91 (foreground color: #bbbbbb, background color: #ffffff" in pale


def test_what_is_inside_a_shadow_is_found(page: Page) -> None:
    page.set_content(GOOD.format(colour="#222", more='<div id="host"></div>'))
    page.evaluate("document.querySelector('#host').attachShadow({mode: 'open'}).innerHTML = '<button></button>'")
    (finding,) = serious(page)
    assert finding.startswith("critical button-name: #host button: ")
