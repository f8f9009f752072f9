// What the robot sees, while somebody looks at its screen; an old picture is never left standing.

import { ApiError, getPicture } from "./api.js";
import { byId, setText } from "./dom.js";
import { t } from "./i18n.js";
import { currentScreen } from "./screens.js";

const PAUSE_MS = 500;
const OLD_MS = 3000;

let looking = false;
let shownAt = 0;

const wanted = () => currentScreen() === "robot" && document.visibilityState === "visible" && !byId("camera-frame").hidden;

export async function followCamera() {
  if (!byId("camera") || looking || !wanted()) return;
  looking = true;
  while (wanted()) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  looking = false;
  blank("");
}

async function look() {
  try {
    const { body } = await getPicture("/api/robot/camera");
    const picture = new Image();
    picture.src = URL.createObjectURL(body);
    await picture.decode();
    show(picture.src);
  } catch (error) {
    if (!(error instanceof ApiError) && error.name !== "EncodingError") throw error;
    if (performance.now() - shownAt > OLD_MS) blank(t("camera.none"));
  }
}

function show(url) {
  const image = byId("camera");
  const before = image.src;
  image.src = url;
  image.hidden = false;
  shownAt = performance.now();
  setText(byId("camera-note"), "");
  if (before) URL.revokeObjectURL(before);
}

function blank(text) {
  const image = byId("camera");
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  image.hidden = true;
  setText(byId("camera-note"), text);
}
