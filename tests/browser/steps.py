"""What a person does on every second page, and what stands between it and the server."""

from __future__ import annotations

from playwright.sync_api import Page, Route, WebSocketRoute


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


class Bed:
    """Keeps what the server sends while the computer sleeps."""

    def __init__(self) -> None:
        self.asleep = False
        self.sent: list[tuple[WebSocketRoute, str | bytes]] = []
        self.polled: list[Route] = []

    def connection(self, to_page: WebSocketRoute) -> None:
        def keep(message: str | bytes) -> None:
            self.sent.append((to_page, message))
            if not self.asleep:
                self.deliver()

        to_page.connect_to_server().on_message(keep)

    def poll(self, route: Route) -> None:
        self.polled.append(route)
        if not self.asleep:
            self.wake()

    def deliver(self) -> None:
        while self.sent:
            to_page, message = self.sent.pop(0)
            to_page.send(message)

    def wake(self) -> None:
        self.asleep = False
        self.deliver()
        while self.polled:
            self.polled.pop(0).continue_()
