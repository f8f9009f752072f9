// Where the beams come from and how far the course has come.

import { byId, make, setText } from "./dom.js";
import { DASH, number } from "./format.js";
import { t } from "./i18n.js";

const INK = { body: "#46596b", beam: "#7aa7ff", text: "#edf2f5" };

let shown = null;

export function showCourse(card) {
  shown = card;
  drawBeams();
  const planned = card.fractions_planned ?? card.fractions_delivered;
  const boxes = Array.from({ length: planned }, (_, n) => make("i", "", { class: n < card.fractions_delivered ? "given" : "due" }));
  byId("fraction-strip").replaceChildren(...boxes);
  const text = t("course.fractions", { delivered: card.fractions_delivered, planned: card.fractions_planned ?? DASH, last: card.last_fraction_date ?? DASH });
  byId("fraction-strip").setAttribute("aria-label", text);
  setText(byId("fraction-text"), text);
}

export function emptyCourse() {
  shown = null;
  byId("fraction-strip")?.replaceChildren();
  setText(byId("fraction-text"), "");
  drawBeams();
}

// Gantry angles as IEC 61217 has them, seen from the foot end of a table at couch angle 0: 0° comes from
// above, 90° from the right of the picture, clockwise.
export function drawBeams() {
  const canvas = byId("beam-view");
  if (!canvas || !canvas.clientWidth) return;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: canvas.clientWidth * ratio, height: canvas.clientHeight * ratio });
  const pen = canvas.getContext("2d");
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) * ratio;
  const [x, y] = [canvas.width / 2, canvas.height / 2];
  const reach = Math.min(x - 3 * rem, y) - 2.2 * rem;
  if (!shown || reach < rem) return;
  drawBody(pen, x, y, reach * 0.42, rem);
  const drawn = shown.beams.filter((beam) => beam.gantry_deg !== null);
  drawn.forEach((beam) => drawBeam(pen, beam, x, y, reach, rem));
}

function drawBody(pen, x, y, radius, rem) {
  pen.strokeStyle = INK.body;
  pen.lineWidth = rem * 0.2;
  pen.beginPath();
  pen.ellipse(x, y, radius, radius * 0.8, 0, 0, 2 * Math.PI);
  pen.stroke();
}

function drawBeam(pen, beam, x, y, reach, rem) {
  const angle = (beam.gantry_deg * Math.PI) / 180;
  const [dx, dy] = [Math.sin(angle), -Math.cos(angle)];
  const from = [x + dx * reach, y + dy * reach];
  const tip = [x + dx * rem * 0.4, y + dy * rem * 0.4];
  pen.strokeStyle = pen.fillStyle = INK.beam;
  pen.lineWidth = rem * 0.45;
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(tip[0] + dx * rem, tip[1] + dy * rem);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(...tip);
  pen.lineTo(tip[0] + dx * 1.4 * rem - dy * 0.7 * rem, tip[1] + dy * 1.4 * rem + dx * 0.7 * rem);
  pen.lineTo(tip[0] + dx * 1.4 * rem + dy * 0.7 * rem, tip[1] + dy * 1.4 * rem - dx * 0.7 * rem);
  pen.fill();
  pen.fillStyle = INK.text;
  pen.font = `600 ${1.55 * rem}px "Noto Sans KR Variable", sans-serif`;
  pen.textAlign = dx > 0.3 ? "right" : dx < -0.3 ? "left" : "center";
  pen.textBaseline = "middle";
  const side = Math.abs(dx) > 0.3;
  pen.fillText(`${beam.name} ${number(beam.gantry_deg)}°`, side ? x + dx * (x - 0.2 * rem) : x, side ? from[1] - 1.4 * rem : from[1] + dy * 1.1 * rem);
}
