"""What the page looks like and how it behaves, against the real suite."""

from __future__ import annotations

import signal

import pytest

SIZES = [(1920, 1080), (1280, 800)]
FIRST_LOAD_BYTES = 300_000
FROM_THREE_METRES = [
    "#patient-name",
    "#patient-id",
    "#patient-born",
    "#allergies",
    "#plan-label",
    "#plan-fractions",
    "#robot-word",
]
"""Cap height 14 mm: 50 px on a 24″ full-HD panel."""

BOXES = """() => [...document.querySelectorAll('button')].filter(b => b.offsetParent).map(b => {
  const r = b.getBoundingClientRect();
  return {id: b.id || b.textContent, width: r.width, height: r.height,
          inside: r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight};
})"""
CAP_HEIGHT_PX = """(selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return pen.measureText('H').actualBoundingBoxAscent;
}"""
CUT_OFF = """() => [...document.querySelectorAll('.identity, .plan-head, .robot-head')]
  .filter(line => line.scrollWidth > line.clientWidth + 1).map(line => line.textContent)"""
SMALLEST_TEXT_PX = """() => Math.min(...[...document.querySelectorAll('body *')]
  .filter(e => e.offsetParent)
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_command_is_on_screen_and_large_enough_for_a_glove(team_page, size, language):
    page = team_page(size=size, language=language)
    page.wait_for_selector("#errand-deliver_tray:enabled")
    boxes = page.evaluate(BOXES)
    least = 72 if size[0] == 1920 else 44
    assert {"stop", "errand-deliver_tray", "cancel", "slice-plus"} <= {box["id"] for box in boxes}
    for box in boxes:
        assert box["inside"], box
        assert min(box["width"], box["height"]) >= least - 0.5, box
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.body.scrollHeight <= innerHeight")


def test_what_matters_is_readable_from_three_metres(team_page):
    page = team_page()
    page.wait_for_selector("#robot[data-stale=false]")
    for selector in FROM_THREE_METRES:
        assert page.evaluate(CAP_HEIGHT_PX, selector) >= 50, selector
    assert page.evaluate(SMALLEST_TEXT_PX) * 0.73 >= 18


def test_logged_out_there_is_stop_and_the_robots_state_but_no_patient(new_page):
    page = new_page()
    page.wait_for_selector("#robot[data-stale=false]")
    assert len(page.inner_text("#robot-word")) > 3
    assert page.is_visible("#stop")
    assert "SIM0001" not in page.content()
    assert "PHANTOM" not in page.content()


def test_a_slice_further_and_the_other_dose_view_show_other_pictures(team_page):
    page = team_page()
    sources = {page.get_attribute("#key-image", "src")}
    for press in (
        "#slice-plus",
        "#views button[data-key=delivered]",
        "#orientations button[data-key=coronal]",
    ):
        before = page.get_attribute("#key-image", "src")
        page.click(press)
        page.wait_for_selector(f"#key-image:not([src='{before}'])")
        sources.add(page.get_attribute("#key-image", "src"))
    assert len(sources) == 4
    assert page.inner_text("#dvh-title").endswith("DELIVERED ESTIMATE (12/35)")


def test_the_language_changes_without_losing_the_patient(team_page):
    page = team_page()
    page.click("#language")
    page.wait_for_selector("text=로봇 정지")
    assert page.inner_text("#patient-id") == "SIM0001"
    page.click("#language")
    page.wait_for_selector("text=STOP ROBOT")


def test_the_first_load_is_small(new_page):
    page = new_page()
    page.wait_for_selector("#link-age:not(:empty)")
    size = page.evaluate(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    assert size <= FIRST_LOAD_BYTES


def test_without_the_link_the_page_keeps_the_last_good_copy_and_says_so(team_page, suite):
    page = team_page()
    info = suite.part("or_robot.info")
    info.send_signal(signal.SIGSTOP)
    try:
        page.wait_for_selector("#alarms li:has-text('No link')")
        page.wait_for_selector("#banner[data-stale=true]")
        assert "LAST GOOD COPY" in page.inner_text("#case-age")
        assert page.inner_text("#patient-id") == "SIM0001"
        page.wait_for_timeout(100)  # a frame, for the layout
        assert page.evaluate(CUT_OFF) == []
        page.wait_for_selector("text=NO DATA")
        assert page.is_disabled("#errand-deliver_tray")
    finally:
        info.send_signal(signal.SIGCONT)
    page.wait_for_selector("#banner[data-stale=false]")
    page.wait_for_selector("#robot[data-stale=false]")
