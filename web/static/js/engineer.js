// What an engineer looks at first: processes, ages, safety, link.

import { byId, make } from "./dom.js";
import { age } from "./format.js";
import { t } from "./i18n.js";
import { currentScreen } from "./screens.js";

const PING_MS = 2000;
const SILENT_S = 3;

let ping = null;
let pingAt = 0;

function fill(id, head, rows) {
  const table = byId(id);
  const lines = [head, ...rows.map((row) => row.cells)];
  const key = JSON.stringify(lines);
  if (table.dataset.key === key) return;
  table.dataset.key = key;
  const top = make("tr");
  top.append(...head.map((text) => make("th", text, { scope: "col" })));
  const body = rows.map(({ cells, bad }) => {
    const line = make("tr", "", bad ? { class: "bad" } : {});
    line.append(...cells.map((text) => make("td", text)));
    return line;
  });
  table.replaceChildren(top, ...body);
}

async function measure() {
  if (performance.now() - pingAt < PING_MS) return;
  pingAt = performance.now();
  const begin = performance.now();
  try {
    await fetch("/api/live", { cache: "no-store" });
    ping = performance.now() - begin;
  } catch {
    ping = null;
  }
}

export function showEngineer(state, elapsedS) {
  if (!byId("engineer") || currentScreen() !== "engineer") return;
  measure();
  showProcesses(state.diagnostics, elapsedS);
  showAges(state.robot, elapsedS);
  showSafety(state.robot?.value);
  showLink(state, elapsedS);
  fill("source-facts", ["", ""], sourceRows(state.sources, elapsedS, state.now_s));
}

function showProcesses(told, elapsedS) {
  const processes = told?.value.processes ?? [];
  const rows = processes.map((process) => {
    const old = process.age_s + told.age_s + elapsedS;
    const well = process.well && old < SILENT_S;
    const state = old >= SILENT_S ? t("engineer.silent") : process.well ? t("engineer.ok") : process.message || t("engineer.warning");
    const loop = [process.values.loop_mean_ms, process.values.loop_max_ms].filter(Boolean).join(" / ");
    return { bad: !well, cells: [process.name, well ? `✓ ${state}` : `✗ ${state}`, loop, age(old)] };
  });
  fill("processes", [t("engineer.process"), t("engineer.state"), t("engineer.loop"), t("engineer.age")], rows);
}

function showAges(robot, elapsedS) {
  const ages = Object.entries(robot?.value.ages_s ?? {});
  const rows = ages.map(([name, seconds]) => ({ bad: seconds === null, cells: [name, age(seconds === null ? null : seconds + robot.age_s + elapsedS)] }));
  fill("input-ages", [t("engineer.input"), t("engineer.age")], rows);
}

function showSafety(robot) {
  if (!robot) return fill("safety-facts", [t("robot.never")], []);
  const rows = [
    [t("engineer.mode"), t(`mode.${robot.safety_mode}`)],
    [t("engineer.reason"), robot.safety_reason_code || "–"],
    [t("engineer.limit"), `${robot.speed_limit.toFixed(2)} m/s`],
    [t("engineer.speed"), `${robot.speed.toFixed(2)} / ${robot.commanded_speed.toFixed(2)} m/s`],
  ];
  fill("safety-facts", ["", ""], rows.map((cells) => ({ cells })));
}

// Sources of patient data: name, trouble, since when they were heard.
export function sourceRows(told, elapsedS, nowS) {
  return (told?.value.sources ?? []).map((source) => {
    const heard = source.heard_s === null ? t("engineer.not_heard") : age(nowS - source.heard_s + elapsedS);
    return { bad: !source.ok, cells: [source.name, source.ok ? `✓ ${heard}` : `✗ ${source.trouble} · ${heard}`] };
  });
}

function showLink(state, elapsedS) {
  const refused = Object.entries(state.refusals ?? {}).filter(([, count]) => count > 0);
  const rows = [
    [t("engineer.heard"), age(state.link_age_s === null ? null : state.link_age_s + elapsedS)],
    [t("engineer.stop_reaches"), state.stop_reaches_robot ? "✓" : "✗"],
    [t("engineer.answer"), ping === null ? "–" : `${ping.toFixed(0)} ms`],
    ...refused.map(([code, count]) => [t("engineer.refused", { code }), String(count)]),
  ];
  fill("link-facts", ["", ""], rows.map((cells) => ({ cells, bad: cells[1] === "✗" })));
}
