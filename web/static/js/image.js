// Dose on CT: one picture at a time, its neighbours fetched ahead, all of the version on screen.

import { ApiError, get } from "./api.js";
import { byId, setText } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = 64;
const pictures = new Map(); // key → Promise of { url, facts }
let wanted = "";

function key(what) {
  return [what.version, what.patient, what.plan, what.view, what.orientation, what.index, what.window ?? "", what.structures ?? "*"].join("|");
}

async function fetchPicture(what) {
  const response = await get("/api/case/image", what);
  const facts = JSON.parse(decodeURIComponent(response.headers.get("X-Image")));
  if (facts.version !== what.version || facts.patient_id !== what.patient) throw new ApiError(409, t("case.changed"));
  const url = URL.createObjectURL(await response.blob());
  const decoder = new Image();
  decoder.src = url;
  await decoder.decode(); // off the main thread, before it is shown
  return { url, facts };
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
  pictures.get(name)?.then(({ url }) => URL.revokeObjectURL(url), () => {});
  pictures.delete(name);
}

// Shows a picture and gives its facts; null when something else was wanted in the meantime.
export async function showImage(what) {
  wanted = key(what);
  const { url, facts } = await picture(what);
  if (wanted !== key(what)) return null;
  const image = byId("key-image");
  image.src = url;
  image.alt = facts.caption;
  image.hidden = false;
  setText(byId("image-note"), "");
  prefetch(what, facts);
  return facts;
}

function prefetch(what, facts) {
  if ("window" in what || "structures" in what) return; // drawn when asked for, not ahead
  for (const index of [what.index + 1, what.index - 1]) {
    if (index >= facts.prepared_range[0] && index <= facts.prepared_range[1]) picture({ ...what, index }).catch(() => {});
  }
}

export function emptyImage(text) {
  wanted = "";
  for (const name of [...pictures.keys()]) forget(name);
  const image = byId("key-image");
  image.hidden = true;
  image.removeAttribute("src");
  image.alt = "";
  setText(byId("image-note"), text);
  setText(byId("slice-label"), "");
}
