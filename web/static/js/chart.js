// The patient's record, every item with its source; the room's schedule; bringing a patient into the room.

import { ApiError, getJson, post } from "./api.js";
import { byId, make, setText } from "./dom.js";
import { sourceRows } from "./engineer.js";
import { DASH } from "./format.js";
import { t } from "./i18n.js";
import { currentScreen } from "./screens.js";

const LISTS = ["allergies", "problems", "implants", "medications", "team", "consents"];
const SVG = "http://www.w3.org/2000/svg";

let shown = null; // PatientChart
let wanted = null; // { patient, version }
let asked = false; // the room is emptied at the second press

// Which patient the screen shows; null clears it.
export function followChart(patient, version) {
  if (!byId("chart")) return;
  const key = patient ? { patient, version } : null;
  if (JSON.stringify(key) === JSON.stringify(wanted)) return;
  wanted = key;
  shown = null;
  showChart();
  openPatient();
}

export async function openPatient() {
  if (!byId("chart") || currentScreen() !== "patient") return;
  asked = false;
  loadSchedule();
  if (!wanted || shown) return;
  const mine = wanted;
  try {
    const { value } = await getJson("/api/case/chart", mine);
    if (wanted !== mine || value.version !== mine.version || value.patient_id !== mine.patient) return;
    shown = value;
    showChart();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

export function showChart() {
  if (!byId("chart")) return;
  for (const name of LISTS) {
    byId(`chart-${name}`).replaceChildren(...(shown ? items(shown[name]) : []));
  }
  byId("chart-conflicts").replaceChildren(...(shown?.conflicts ?? []).map((text) => make("li", text)));
  byId("chart-conflicts").previousElementSibling.hidden = !shown?.conflicts.length;
  showLabs(shown?.labs ?? []);
  const events = [...(shown?.timeline ?? [])].reverse();
  byId("chart-timeline").replaceChildren(...events.map(event));
  showClear();
}

function items(list) {
  if (list === null) return [make("li", t("not_recorded"), { class: "not-recorded" })];
  if (!list.length) return [make("li", t("chart.none"))];
  return list.map((item) => {
    const line = make("li", [item.text, item.detail, item.level].filter(Boolean).join(" · "));
    line.append(make("small", item.origins.map(origin).join(", ")));
    return line;
  });
}

const day = (time) => (time ?? "").slice(0, 10);
const origin = ({ source, recorded }) => [source, day(recorded)].filter(Boolean).join(" ");

function event({ when, kind, text, source }) {
  const line = make("li");
  line.append(make("b", day(when)), make("span", `${t(`event.${kind}`)}: ${text}`), make("small", source));
  return line;
}

function showLabs(labs) {
  const rows = labs.map((series) => {
    const newest = series.values.at(-1);
    const row = make("tr", "", newest?.flag ? { class: "bad" } : {});
    const range = series.low === null && series.high === null ? DASH : `${series.low ?? ""}–${series.high ?? ""}`;
    const flag = newest?.flag ? ` ${newest.flag}` : "";
    const value = newest ? `${newest.text}${flag}` : DASH;
    row.append(make("td", series.name), make("td", `${value} ${series.unit ?? ""}`), make("td", range));
    const trend = make("td");
    trend.append(sparkline(series));
    row.append(trend, make("td", day(newest?.taken) || DASH));
    return row;
  });
  const head = make("tr");
  for (const key of ["analyte", "value", "range", "trend", "taken"]) head.append(make("th", t(`chart.${key}`), { scope: "col" }));
  byId("chart-labs").replaceChildren(...(rows.length ? [head, ...rows] : [make("caption", t("not_recorded"))]));
}

// All values of an analyte, oldest left; the band is the range of reference.
function sparkline({ values, low, high, name }) {
  const numbers = values.map(({ value }) => value).filter((value) => value !== null);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${name}: ${numbers.join(", ")}`);
  if (!numbers.length) return svg;
  const all = [...numbers, low, high].filter((value) => value !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const y = (value) => 27 - (24 * (value - least)) / (most - least || 1);
  if (low !== null || high !== null) {
    const top = y(high ?? most);
    svg.append(shape("rect", { x: 0, width: 100, y: top, height: Math.max(0, y(low ?? least) - top), class: "range" }));
  }
  const x = (n) => (numbers.length === 1 ? 50 : 4 + (92 * n) / (numbers.length - 1));
  svg.append(shape("polyline", { points: numbers.map((value, n) => `${x(n)},${y(value)}`).join(" ") }));
  svg.append(shape("circle", { cx: x(numbers.length - 1), cy: y(numbers.at(-1)), r: 3 }));
  return svg;
}

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// How old what the sources say is.
export function showSources(state, elapsedS) {
  if (!byId("source-line") || currentScreen() !== "patient") return;
  const rows = sourceRows(state.sources, elapsedS, state.now_s).map(({ cells }) => cells.join(" "));
  setText(byId("source-line"), rows.length ? `${t("engineer.sources")}: ${rows.join(" · ")}` : "");
}

async function loadSchedule() {
  try {
    const { entries } = await getJson("/api/case/schedule");
    byId("schedule").replaceChildren(...entries.map(entry));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    byId("schedule").replaceChildren(make("li", t("case.unavailable")));
  }
}

function entry({ start, text, state, patient_id: patient }) {
  const line = make("li", "", { "data-state": state });
  const time = (start ?? "").slice(11, 16) || DASH;
  line.append(make("b", time), make("span", text ?? t("banner.no_procedure")));
  line.append(make("small", [t(`schedule.${state.replace(" ", "_")}`), patient].filter(Boolean).join(" · ")));
  return line;
}

async function change(path, body, done) {
  try {
    await post(path, body);
    setText(byId("room-note"), done);
    byId("admit").reset();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    setText(byId("room-note"), error.message ? t("robot.refused", { why: error.message }) : t("robot.unreachable"));
  }
  asked = false;
  showClear();
  loadSchedule();
}

function showClear() {
  const button = byId("clear-room");
  if (!button) return;
  setText(button, t(asked ? "room.really_clear" : "room.clear"));
  button.disabled = !wanted;
}

export function armPatient() {
  byId("admit")?.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const identifiers = { patient_id: byId("admit-id").value.trim(), birth_date: byId("admit-born").value.trim() };
    change("/api/case/admit", identifiers, t("room.admitted"));
  });
  byId("clear-room")?.addEventListener("click", () => {
    if (asked) return change("/api/case/clear", {}, t("room.cleared"));
    asked = true;
    return showClear();
  });
}
