// Where the beams come from and how far the course has come.

import { ApiError, getJson } from "./api.js";
import { byId, make, setText } from "./dom.js";
import { DASH, number } from "./format.js";
import { t } from "./i18n.js";

const INK = { body: "#8b98a3", target: "#ff5a5a", beam: "#7aa7ff", text: "#edf2f5" };
const HEAD_ON = 0.2; // a beam closer than this to the picture's normal has no direction in the picture

let geometry = null;
let asked = null;

// `what`: patient, plan, version
export async function showCourse(card, what) {
  asked = what;
  showCount(card);
  showViewer(what.patient);
  try {
    const [strip, beams] = await Promise.all(["fractions", "geometry"].map((name) => getJson(`/api/case/${name}`, what)));
    if (asked !== what || [strip, beams].some(({ value }) => value.version !== what.version || value.patient_id !== what.patient)) return;
    showStrip(strip.value, card);
    geometry = beams.value;
    drawBeams();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

// Another system's page about the same patient, opened by a press and by nothing else.
function showViewer(patientId) {
  const link = byId("viewer");
  if (!link) return;
  if (patientId) link.href = link.dataset.address.replaceAll("{patient}", encodeURIComponent(patientId));
  else link.removeAttribute("href");
}

function showCount(card) {
  const text = t("course.fractions", { delivered: card.fractions_delivered, planned: card.fractions_planned ?? DASH, last: card.last_fraction_date ?? DASH });
  setText(byId("fraction-text"), text);
  byId("fraction-strip").setAttribute("aria-label", text);
}

function showStrip(strip, card) {
  const given = strip.days.map((day) => make("i", "", { class: day.state, title: [day.number, day.date].filter(Boolean).join(": ") }));
  const due = Math.max(0, (strip.planned ?? 0) - given.length);
  byId("fraction-strip").replaceChildren(...given, ...Array.from({ length: due }, () => make("i", "", { class: "due" })));
  const incomplete = strip.days.filter((day) => day.state === "incomplete").length;
  if (incomplete) setText(byId("fraction-text"), `${byId("fraction-text").textContent} · ${t("course.incomplete", { n: incomplete })}`);
  else showCount(card);
}

export function emptyCourse() {
  asked = geometry = null;
  showViewer(null);
  byId("fraction-strip")?.replaceChildren();
  setText(byId("fraction-text"), "");
  drawBeams();
}

// Axial plane through the isocentre, seen from the feet as the dose pictures are: x (left) to the right, y (posterior) down.
export function drawBeams() {
  const canvas = byId("beam-view");
  if (!canvas || !canvas.clientWidth) return;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: canvas.clientWidth * ratio, height: canvas.clientHeight * ratio });
  const beams = geometry?.beams.filter((beam) => beam.direction && beam.isocenter_mm) ?? [];
  if (!beams.length) return;
  const pen = canvas.getContext("2d");
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) * ratio;
  const place = fitting(canvas, rem, beams[0].isocenter_mm);
  for (const outline of geometry.outlines) drawOutline(pen, outline, place, rem);
  beams.forEach((beam) => drawBeam(pen, beam, place, rem));
}

function fitting(canvas, rem, [ix, iy]) {
  const points = geometry.outlines.flatMap((outline) => outline.points_mm);
  const reach = Math.max(60, ...points.map(([x, y]) => Math.max(Math.abs(x - ix), Math.abs(y - iy))));
  const half = Math.min(canvas.width / 2 - 7.5 * rem, canvas.height / 2 - 2.6 * rem);
  const scale = Math.max(half, 2 * rem) / reach;
  return { half: Math.max(half, 2 * rem), at: (x, y) => [canvas.width / 2 + (x - ix) * scale, canvas.height / 2 + (y - iy) * scale] };
}

function drawOutline(pen, outline, place, rem) {
  pen.strokeStyle = outline.structure.toLowerCase() === "external" ? INK.body : INK.target;
  pen.lineWidth = rem * 0.18;
  pen.beginPath();
  for (const [x, y] of outline.points_mm) pen.lineTo(...place.at(x, y));
  pen.closePath();
  pen.stroke();
}

function drawBeam(pen, beam, place, rem) {
  const [x, y] = place.at(beam.isocenter_mm[0], beam.isocenter_mm[1]);
  const flat = Math.hypot(beam.direction[0], beam.direction[1]);
  pen.fillStyle = pen.strokeStyle = INK.beam;
  const label = `${beam.name} ${number(beam.gantry_deg)}°`;
  if (flat < HEAD_ON) return note(pen, label, x, y - place.half - 1.2 * rem, "center", rem);
  const [dx, dy] = [beam.direction[0] / flat, beam.direction[1] / flat];
  const from = [x - dx * place.half * 1.12, y - dy * place.half * 1.12];
  const neck = [x - dx * 1.6 * rem, y - dy * 1.6 * rem];
  pen.lineWidth = rem * 0.4;
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...neck);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(neck[0] - dy * 0.6 * rem, neck[1] + dx * 0.6 * rem);
  pen.lineTo(neck[0] + dy * 0.6 * rem, neck[1] - dx * 0.6 * rem);
  pen.fill();
  if (Math.abs(dx) > 0.5) note(pen, label, from[0] - dx * 0.4 * rem, from[1], dx > 0 ? "right" : "left", rem);
  else note(pen, label, from[0], from[1] - dy * 1.2 * rem, "center", rem);
}

function note(pen, text, x, y, align, rem) {
  pen.fillStyle = INK.text;
  pen.font = `600 ${1.55 * rem}px "Noto Sans KR Variable", sans-serif`;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  const width = pen.measureText(text).width;
  const words = width > 7 * rem && align !== "center" ? text.split(/ (?=\S+$)/) : [text];
  words.forEach((word, n) => pen.fillText(word, x, y + (n - (words.length - 1) / 2) * 1.7 * rem));
}
