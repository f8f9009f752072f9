// STOP ROBOT: one press, sent until it is confirmed. Without script the form posts by itself.

import { byId, setText } from "./dom.js";
import { t } from "./i18n.js";

const ATTEMPTS = 8;
const ATTEMPT_TIMEOUT_MS = 1500;
const PAUSE_MS = 200;
const TOLD_MS = 15000;
const TOLD = "stop-told";

let sending = false;

async function attempt() {
  try {
    const response = await fetch("/api/robot/stop", {
      method: "POST",
      headers: { Accept: "application/json" },
      keepalive: true,
      signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
    });
    return response.ok;
  } catch {
    return false;
  }
}

function tell(told) {
  setText(byId("notice"), t(told));
  try {
    sessionStorage.setItem(TOLD, JSON.stringify({ told, at: Date.now() }));
  } catch {
    // full or forbidden: only a page loaded anew does not know of it; the stop goes on
  }
}

function lastTold() {
  try {
    return JSON.parse(sessionStorage.getItem(TOLD) ?? "{}");
  } catch {
    return {}; // a browser that forbids storage still gets the whole screen
  }
}

async function stopRobot() {
  if (sending) return;
  sending = true;
  const first = attempt(); // before anything else: nothing may delay or prevent it
  const button = byId("stop");
  button.dataset.state = "sending";
  tell("stop.sending");
  let confirmed = false;
  for (let n = 0; n < ATTEMPTS && !confirmed; n += 1) {
    confirmed = await (n === 0 ? first : attempt());
    if (!confirmed) {
      setText(byId("notice"), t("stop.failed"));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  tell(confirmed ? "stop.confirmed" : "stop.failed");
  delete button.dataset.state;
  sending = false;
}

export function stopUnderWay() {
  return sending;
}

// A page loaded anew, as at a session's end, goes on sending or says what became of the stop.
export function recallStop() {
  const { told, at } = lastTold();
  if (!told || Date.now() - at > TOLD_MS) return;
  if (told === "stop.sending") stopRobot();
  else setText(byId("notice"), t(told));
}

export function armStop() {
  byId("stop").addEventListener("pointerdown", stopRobot); // at the press, not at the release
  byId("stop-form").addEventListener("submit", (event) => {
    event.preventDefault(); // keyboard and screen reader come this way
    stopRobot();
  });
}
