// STOP ROBOT: one press, sent until it is confirmed. Without script the form posts by itself.

import { byId, setText } from "./dom.js";
import { t } from "./i18n.js";

const ATTEMPTS = 8;
const ATTEMPT_TIMEOUT_MS = 1500;
const PAUSE_MS = 200;

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

async function stopRobot() {
  if (sending) return;
  sending = true;
  const button = byId("stop");
  button.dataset.state = "sending";
  setText(byId("notice"), t("stop.sending"));
  let confirmed = false;
  for (let n = 0; n < ATTEMPTS && !confirmed; n += 1) {
    confirmed = await attempt();
    if (!confirmed) {
      setText(byId("notice"), t("stop.failed"));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  setText(byId("notice"), t(confirmed ? "stop.confirmed" : "stop.failed"));
  delete button.dataset.state;
  sending = false;
}

export function armStop() {
  byId("stop").addEventListener("pointerdown", stopRobot); // at the press, not at the release
  byId("stop-form").addEventListener("submit", (event) => {
    event.preventDefault(); // keyboard and screen reader come this way
    stopRobot();
  });
}
