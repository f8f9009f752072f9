// The screens of a panel: the same parts laid out anew. Banner, alarms and STOP ROBOT are on all of them.

import { byId } from "./dom.js";

const HOME = "home";
const buttons = () => [...document.querySelectorAll("#screens [data-screen]")];

export const currentScreen = () => document.body.dataset.screen;

export function armScreens(onChange) {
  for (const button of buttons()) button.addEventListener("click", () => { location.hash = button.dataset.screen; });
  const follow = () => open(location.hash.slice(1), onChange);
  addEventListener("hashchange", () => {
    byId("notice").textContent = "";
    follow();
  });
  follow(); // what the server has written there stays: the answer to a STOP sent without script
}

function open(wanted, onChange) {
  const known = buttons().map((button) => button.dataset.screen);
  const screen = known.includes(wanted) ? wanted : HOME;
  document.body.dataset.screen = screen;
  for (const button of buttons()) {
    if (button.dataset.screen === screen) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  onChange(screen);
}
