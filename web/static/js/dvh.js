// Dose-volume curves by uPlot, and the figures people ask for beside them.

import { byId, make, setText } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";

let plot = null;
let shown = null;

async function loadPlot() {
  const module = await import("/vendor/uplot/uPlot.esm.js");
  return module.default;
}

export async function showDvh(set) {
  shown = set;
  showTable(set);
  let Plot;
  try {
    Plot = await loadPlot();
  } catch {
    setText(byId("dvh-plot"), t("dvh.no_plot"));
    return;
  }
  if (shown === set) drawCurves(Plot, set);
}

function drawCurves(Plot, set) {
  plot?.destroy();
  const frame = byId("dvh-plot");
  frame.replaceChildren();
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const axis = {
    stroke: "#a3b3be", font: `500 ${1.55 * rem}px "Noto Sans KR Variable"`, labelFont: `500 ${1.55 * rem}px "Noto Sans KR Variable"`,
    grid: { stroke: "#2d3c47", width: 1 }, ticks: { stroke: "#2d3c47", width: 1 },
  };
  const series = set.curves.map((curve) => ({ label: curve.structure, stroke: curve.color, width: 0.2 * rem, points: { show: false } }));
  const highest = Math.max(...set.curves.map((curve) => curve.dose_gy.at(-1)));
  const options = {
    width: frame.clientWidth, height: frame.clientHeight, legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: false, range: [0, highest] }, y: { range: [0, 102] } },
    axes: [
      { ...axis, label: `${set.dose_unit} · ${set.view_label}`, size: 2.2 * rem, labelSize: 2.2 * rem, space: 4 * rem },
      { ...axis, size: 4.2 * rem, space: 2.4 * rem, values: (_plot, values) => values.map((value) => `${value}%`) },
    ],
    series: [{}, ...series],
  };
  const tables = set.curves.map((curve) => [curve.dose_gy, curve.volume_percent]);
  plot = new Plot(options, Plot.join(tables), frame);
}

function showTable(set) {
  const head = make("tr");
  for (const text of [t("dvh.structure"), t("dvh.mean"), "D95", "D2"]) head.append(make("th", text));
  const rows = set.curves.map((curve) => {
    const row = make("tr");
    const name = make("td", curve.structure);
    const swatch = make("span", "", { class: "swatch" });
    swatch.style.background = curve.color;
    name.prepend(swatch);
    row.append(name, ...[curve.mean_gy, curve.d95_gy, curve.d2_gy].map((gy) => make("td", number(gy, 1))));
    return row;
  });
  byId("dvh-table").replaceChildren(head, ...rows);
}

export function emptyDvh() {
  shown = null;
  plot?.destroy();
  plot = null;
  byId("dvh-plot").replaceChildren();
  byId("dvh-table").replaceChildren();
}

export function resizeDvh() {
  if (plot && shown) showDvh(shown);
}
