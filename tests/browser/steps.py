"""What a person does on every second page."""

from __future__ import annotations

from playwright.sync_api import Page


def log_in(page: Page, name: str, password: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click(".login button")
    page.wait_for_selector("#screens")


def give_pin(page: Page, digits: str) -> None:
    """On the keys of the dialogue that is open."""
    for digit in digits:
        page.click(f"#pin-keys button:text-is('{digit}')")
    page.click("#pin-ok")
