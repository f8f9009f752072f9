// A panel left alone locks its commands; what is shown stays. The PIN of who is logged in opens it again.

import { ApiError, post } from "./api.js";
import { byId, make, setText } from "./dom.js";
import { t } from "./i18n.js";

const TOUCH_EVERY_MS = 20_000;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "C", "0", "⌫"];

let session = null;
let since = 0; // server time of the last change made here: messages from before it are old news
let touchedAt = 0;
let digits = "";
let purpose = "unlock"; // or "choose"

export function showLock(current, nowS) {
  if (nowS < since) return;
  show(current);
}

function show(current) {
  session = current;
  const locked = !!current?.locked;
  if (locked && !isLocked() && byId("pin")?.open) byId("pin").close();
  document.body.dataset.locked = String(locked);
  setText(byId("lock"), t(locked ? "lock.unlock" : "lock.lock"));
}

export const isLocked = () => document.body.dataset.locked === "true";

function touch() {
  const now = performance.now();
  if (!session || session.locked || now - touchedAt < TOUCH_EVERY_MS) return;
  touchedAt = now;
  post("/api/session/touch").catch(() => {}); // the lock comes earlier then, which is the safe side
}

async function pressLock() {
  if (!session) return;
  if (!session.has_pin) return session.locked ? document.querySelector(".foot-right form").submit() : ask("choose");
  if (session.locked) return ask("unlock");
  ({ now_s: since } = await post("/api/session/lock"));
  show({ ...session, locked: true });
}

function ask(what) {
  purpose = what;
  digits = "";
  setText(byId("pin-title"), t(`pin.${what}`));
  setText(byId("pin-note"), "");
  showDigits();
  byId("pin").showModal();
}

function showDigits() {
  byId("pin-shown").textContent = "●".repeat(digits.length) || "–";
  byId("pin-ok").disabled = digits.length < 4;
}

function press(key) {
  if (key === "C") digits = "";
  else if (key === "⌫") digits = digits.slice(0, -1);
  else if (digits.length < 8) digits += key;
  showDigits();
}

async function give() {
  const pin = digits;
  digits = "";
  showDigits();
  try {
    ({ now_s: since } = await post(purpose === "choose" ? "/api/session/pin" : "/api/session/unlock", { pin }));
    byId("pin").close();
    show(purpose === "choose" ? { ...session, has_pin: true } : { ...session, locked: false });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    setText(byId("pin-note"), error.status === 423 ? t("pin.wrong") : error.message || t("robot.unreachable"));
  }
}

export function armLock() {
  if (!byId("lock")) return;
  byId("pin-keys").replaceChildren(
    ...KEYS.map((key) => {
      const button = make("button", key, { type: "button" });
      button.addEventListener("click", () => press(key));
      return button;
    }),
  );
  byId("lock").addEventListener("click", pressLock);
  byId("pin-ok").addEventListener("click", give);
  byId("pin-cancel").addEventListener("click", () => byId("pin").close());
  byId("pin").addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("⌫");
    else if (event.key === "Enter" && !byId("pin-ok").disabled) give();
    else return;
    event.preventDefault();
  });
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touch, { passive: true });
}
