// Dose on CT: one picture at a time, its neighbours fetched ahead, all of the version on screen.

import { ApiError, getPicture } from "./api.js";
import { byId, make, setText } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = 64;
const IDLE_MS = 500;
export const LATE_MS = 100; // later than this, what is chosen and the picture of something else do not stand side by side
const pictures = new Map(); // key → Promise of { element, facts }
let wanted = "";
let onScreen = ""; // the series of the picture that is shown

function key(what) {
  return [what.version, what.patient, what.plan, what.view, what.orientation, what.index, what.window ?? "", what.structures ?? "*"].join("|");
}

// All slices of one dose in one orientation: a slice says itself where it is.
const series = (what) => key({ ...what, index: 0 });

async function fetchPicture(what) {
  const { body, headers } = await getPicture("/api/case/image", what);
  const facts = JSON.parse(decodeURIComponent(headers.get("X-Image")));
  if (facts.version !== what.version || facts.patient_id !== what.patient) throw new ApiError(409, t("case.changed"));
  const element = make("img", "", { id: "key-image", elementtiming: "key-image", alt: facts.caption });
  element.src = URL.createObjectURL(body);
  await element.decode().catch(() => { throw new ApiError(0, ""); }); // off the main thread, before it is shown
  return { element, facts };
}

function picture(what) {
  const name = key(what);
  if (!pictures.has(name)) {
    const promise = fetchPicture(what);
    promise.catch(() => pictures.delete(name));
    pictures.set(name, promise);
    if (pictures.size > KEPT) forget(pictures.keys().next().value);
  }
  return pictures.get(name);
}

function forget(name) {
  pictures.get(name)?.then(({ element }) => URL.revokeObjectURL(element.src), () => {});
  pictures.delete(name);
}

// It will most likely be wanted in a moment.
export function expectImage(what) {
  picture(what).catch(() => {}); // who shows it says why there is none
}

// Shows a picture and gives its facts; null when something else was wanted in the meantime.
// `next`: what may be asked for after it, the likeliest first.
export async function showImage(what, next) {
  wanted = key(what);
  const late = setTimeout(() => { if (wanted === key(what) && onScreen !== series(what)) conceal(); }, LATE_MS);
  const { element, facts } = await picture(what).finally(() => clearTimeout(late));
  if (wanted !== key(what)) return null;
  element.hidden = false;
  onScreen = series(what);
  byId("key-image").replaceWith(element); // the decoded one itself: another would be decoded again
  setText(byId("image-note"), "");
  if (!("window" in what || "structures" in what)) prefetch(what, facts, next); // others are drawn when asked for
  return facts;
}

// One after the other while nothing else is to be done, until something else is wanted.
async function prefetch(what, facts, next) {
  const [first, last] = facts.prepared_range;
  const slices = [what.index + 1, what.index - 1].filter((index) => index >= first && index <= last);
  for (const each of [...slices.map((index) => ({ ...what, index })), ...next]) {
    await idle();
    if (wanted !== key(what)) return;
    await picture(each).catch(() => {});
  }
}

const idle = () => new Promise((resolve) => { requestIdleCallback(resolve, { timeout: IDLE_MS }); });

function conceal() {
  onScreen = "";
  byId("key-image").hidden = true;
  setText(byId("image-note"), t("image.coming"));
  setText(byId("slice-label"), "");
}

export function emptyImage(text) {
  wanted = onScreen = "";
  for (const name of [...pictures.keys()]) forget(name);
  const nothing = make("img", "", { id: "key-image", alt: "" });
  nothing.hidden = true;
  byId("key-image").replaceWith(nothing);
  setText(byId("image-note"), text);
  setText(byId("slice-label"), "");
}
