"""A patient with two plans: the card of one never stands beside the picture of the other."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from or_robot.bench.link_pixels import add_second_plan, open_panel, two_plan_panel
from or_robot.info.service import InformationService
from or_robot.link.keys import ensure_default_keys
from or_robot.share import share

WATCH = """() => {
  window.frames_seen = [];
  const look = () => {
    const picture = document.getElementById('key-image');
    frames_seen.push([document.getElementById('plan-label').textContent,
                      picture.hidden ? '' : picture.src]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

FIRST_PLAN = "async () => (await (await fetch('/api/case')).json()).value.plans[0].plan_uid"


@pytest.fixture(scope="module")
def two_plan_page(browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("two_plans")
    ensure_default_keys(home)
    service = InformationService(home / "info")
    try:
        service.import_paths([share("simulation", "cases", "skull_base_pbs")])
    finally:
        service.close()
    password = add_second_plan(home)
    with two_plan_panel(home) as panel:
        page = open_panel(browser, panel.url, password)
        page.set_default_timeout(20_000)
        yield page
        page.context.close()


def choose_other(page):
    """Presses the other plan, and watches every frame; its label, and the picture before."""
    other = page.locator("#plans [aria-pressed=false]")
    label = other.inner_text().split(" (")[0]
    before = page.get_attribute("#key-image", "src")
    page.evaluate(WATCH)
    other.click()
    page.wait_for_selector(f"#plan-label:text-is('{label}')")
    return label, before


def pairs(page):
    return {tuple(pair) for pair in page.evaluate("() => frames_seen")}


def test_card_and_picture_change_in_one_frame(two_plan_page):
    page = two_plan_page
    label, before = choose_other(page)
    page.wait_for_selector(f"#key-image:not([src='{before}'])")
    seen = pairs(page)
    assert (label, before) not in seen
    assert len(seen) == 2  # the old pair and the new one


def test_a_late_picture_leaves_no_other_plans_picture_beside_the_card(two_plan_page):
    page = two_plan_page
    first = page.evaluate(FIRST_PLAN)
    held = []

    def hold(route):
        """Pictures of all but the plan that is shown first."""
        plan = parse_qs(urlsplit(route.request.url).query)["plan"]
        if plan == [first]:
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/case/image?*", hold)
    page.reload()
    page.wait_for_selector("#key-image:not([hidden])")
    label, before = choose_other(page)
    page.wait_for_selector("#key-image", state="hidden")
    assert page.inner_text("#image-note") == "The picture is on its way …"
    assert (label, before) not in pairs(page)
    assert held
    page.unroute("**/api/case/image?*")  # lets go of what was held
    page.wait_for_selector("#key-image:not([hidden])")
    assert page.inner_text("#image-note") == ""
