"""Every screen, for everybody who has it: both languages, three sizes, every command there."""

from __future__ import annotations

import re

import pytest

from or_robot.panel.pages import SCREENS
from or_robot.panel.roles import ROLES
from or_robot.share import share
from tests.browser.steps import give_pin, log_in

SIZES = {(1920, 1080): 72, (1280, 800): 44, (1024, 768): 44}
"""Least side of a touch target, px: 20 mm on a 24″ full-HD panel, never under 44."""
SCREENS_OF = {
    role: [name for name, needed in SCREENS.items() if needed is None or needed in permissions]
    for role, permissions in ROLES.items()
}
COVERING = ["surgeon", "engineer", "admin"]
"""Between them these roles have every screen."""

PLACES = """() => [...document.querySelectorAll('button, input')]
  .filter(b => b.offsetParent && !b.closest('.scrolls'))
  .map(b => {
    const r = b.getBoundingClientRect();
    const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
    return {what: b.id || b.textContent, width: r.width, height: r.height,
            inside: r.left >= 0 && r.top >= 0 && r.right <= innerWidth + .5
                    && r.bottom <= innerHeight + .5,
            framed: !b.closest('.card')
                    || r.right <= b.closest('.card').getBoundingClientRect().right + .5,
            free: top === b || b.contains(top),
            whole: b.tagName === 'INPUT' || b.scrollWidth <= b.clientWidth + 1};
})"""
SMALLEST_TEXT_REM = """() => Math.min(...[...document.querySelectorAll('body *')]
  .filter(e => e.offsetParent)
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize)))
  / parseFloat(getComputedStyle(document.documentElement).fontSize)"""
AXE = share("web").resolve() / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => (await axe.run(document)).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`)"""


def show(page, screen):
    page.click(f"#screens [data-screen={screen}]")
    page.wait_for_selector(f"body[data-screen={screen}]")
    page.evaluate("document.fonts.ready.then(() => true)")


def test_the_roles_here_have_every_screen():
    assert {name for role in COVERING for name in SCREENS_OF[role]} == set(SCREENS)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("role", COVERING)
def test_every_command_of_every_screen_is_there_and_fits_a_glove(role_page, role, language):
    page = role_page(role, language=language)
    for screen in SCREENS_OF[role]:
        show(page, screen)
        for (width, height), least in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            where = (screen, width)
            places = page.evaluate(PLACES)
            assert "stop" in {place["what"] for place in places}
            for place in places:
                assert all(place[what] for what in ("inside", "framed", "free", "whole")), (
                    *where,
                    place,
                )
                assert min(place["width"], place["height"]) >= least - 0.5, (*where, place)
            assert page.evaluate(SMALLEST_TEXT_REM) >= 1.5, where
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), where


@pytest.mark.parametrize("role", COVERING)
def test_axe_finds_nothing_serious(role_page, role):
    assert AXE.exists(), "make setup fetches axe-core"
    page = role_page(role)
    page.evaluate(AXE.read_text())
    found = {}
    for screen in SCREENS_OF[role]:
        show(page, screen)
        found[screen] = page.evaluate(RUN_AXE)
    assert not any(found.values()), found


def test_logged_out_axe_finds_nothing_serious(new_page):
    page = new_page()
    page.wait_for_selector("#robot[data-stale=false]")
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN_AXE) == []


def test_the_checklist_moves_the_phase_with_initials_and_time(role_page):
    page = role_page("nurse")
    show(page, "checklist")
    for phase in ("turnover", "set_up", "sign_in"):
        page.click("#phase-next:enabled")
        page.wait_for_selector(f"#phases li[aria-current]:nth-child({ORDER[phase]})")
    page.click("[data-item=allergy]")
    assert page.inner_text("#checklist-note")  # initials first
    page.fill("#initials", "AB")
    page.click("[data-item=allergy]")
    page.wait_for_selector(".check.given [data-item=allergy] small:has-text('AB')")
    assert page.is_disabled("#phase-next")
    items = page.eval_on_selector_all(
        ".part.now [data-item]", "all => all.map(one => one.dataset.item)"
    )
    for item in items:
        page.click(f"[data-item={item}]")
        page.wait_for_selector(f".check.given [data-item={item}]")
    page.click("#phase-next:enabled")
    page.wait_for_selector(f"#phases li[aria-current]:nth-child({ORDER['time_out']})")
    page.wait_for_selector("#phase:text-is('Time out')")


ORDER = {"turnover": 1, "set_up": 2, "sign_in": 3, "time_out": 4}


def test_locked_the_commands_wait_and_the_stop_does_not(role_page):
    page = role_page("nurse")
    page.wait_for_selector("#errand-deliver_tray:enabled")
    page.click("#lock")
    give_pin(page, "2580")
    page.wait_for_selector("#pin:not([open])", state="attached")
    page.click("#lock")
    page.wait_for_selector("body[data-locked=true]")
    assert page.is_disabled("#errand-deliver_tray")
    assert page.is_visible("#patient-id")
    assert page.is_enabled("#stop")
    page.click("#lock")
    give_pin(page, "2580")
    page.wait_for_selector("body[data-locked=false]")
    page.wait_for_selector("#errand-deliver_tray:enabled")


def test_the_admin_makes_an_account_that_logs_in(role_page, new_page):
    page = role_page("admin")
    show(page, "accounts")
    page.fill("#account-name", "mina")
    page.click("#account-role [data-key=surgeon]")
    page.click("#account-form .primary")
    page.wait_for_selector("#account-note:has-text('mina')")
    password = page.inner_text("#account-note").split()[-1]
    other = new_page()
    log_in(other, "mina", password)


def test_the_engineer_sees_every_process(role_page):
    page = role_page("engineer")
    show(page, "engineer")
    for process in ("gateway", "navigation", "perception", "safety", "tasks"):
        page.wait_for_selector(f"#processes td:text-is('{process}')")


def test_the_record_shows_allergies_first_and_where_each_item_comes_from(role_page):
    page = role_page("surgeon")
    page.wait_for_selector("#key-image:not([hidden])")
    show(page, "patient")
    page.wait_for_selector("#chart-allergies li:has-text('Penicillin') small:has-text('FHIR')")
    assert page.inner_text("#chart .chart-column >> nth=0").startswith("Allergies")
    page.wait_for_selector("#chart-timeline li:has-text('Fraction')")


def test_structures_and_window_are_chosen_on_the_proton_screen(role_page):
    page = role_page("physicist")
    page.wait_for_selector("#key-image:not([hidden])")
    show(page, "proton")
    page.wait_for_selector("#fraction-strip i.delivered >> nth=11")
    for press in ("#structures [data-key=Brainstem]", "#window"):
        before = page.get_attribute("#key-image", "src")
        page.click(press)
        page.wait_for_selector(f"#key-image:not([src='{before}'])")
    assert page.get_attribute("#structures [data-key=Brainstem]", "aria-pressed") == "false"


def test_a_finger_on_a_choice_already_asks_for_its_picture(role_page):
    page = role_page("physicist")
    page.wait_for_selector("#key-image:not([hidden])")
    show(page, "proton")
    before = page.get_attribute("#key-image", "src")
    page.click("#structures [data-key=Brainstem]")  # such pictures are not fetched ahead
    page.wait_for_selector(f"#key-image:not([src='{before}'])")
    page.hover("#orientations [data-key=coronal]")
    with page.expect_request(lambda request: "orientation=coronal" in request.url):
        page.mouse.down()
    assert page.get_attribute("#orientations [data-key=coronal]", "aria-pressed") == "false"
    page.mouse.up()
    page.wait_for_selector("#orientations [data-key=coronal][aria-pressed=true]")


def test_a_picture_that_is_late_leaves_none_of_something_else_standing(role_page):
    page = role_page("physicist")
    page.wait_for_selector("#key-image:not([hidden])")
    show(page, "proton")
    held = []
    page.route(re.compile(r"/api/case/image\?.*window="), lambda route: held.append(route))
    page.click("#window")
    page.wait_for_selector("#key-image", state="hidden")
    assert page.inner_text("#image-note") == "The picture is on its way …"
    for route in held:
        route.continue_()
    page.wait_for_selector("#key-image:not([hidden])")
    assert page.inner_text("#image-note") == ""


def test_the_patient_leaves_and_comes_back_by_two_identifiers(role_page):
    page = role_page("nurse")
    page.wait_for_selector("#patient-id:text-is('SIM0001')")
    born = page.inner_text("#patient-born")
    show(page, "patient")
    page.click("#clear-room:enabled")
    page.click("#clear-room")  # the second press
    page.wait_for_selector("#patient-name:text-is('No patient in this room')")
    assert "SIM0001" not in page.inner_text("body")
    token = page.get_attribute("meta[name=csrf-token]", "content")
    wrong = {"patient_id": "SIM0001", "birth_date": "1999-12-31"}
    answer = page.request.post("/api/case/admit", data=wrong, headers={"X-CSRFToken": token})
    assert answer.status == 409
    assert not page.inner_text("#patient-id")
    page.fill("#admit-id", "SIM0001")
    page.fill("#admit-born", born)
    page.click("#admit button >> nth=0")
    page.wait_for_selector("#patient-id:text-is('SIM0001')")
