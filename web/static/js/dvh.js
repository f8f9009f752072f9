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

export async function showDvh(set, viewLabel) {
  shown = set;
  setText(byId("dvh-title"), t("dvh.heading", { unit: set.dose_unit, view: viewLabel }));
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
    stroke: "#a3b3be", font: `500 ${1.55 * rem}px "Noto Sans KR Variable"`,
    grid: { stroke: "#2d3c47", width: 1 }, ticks: { stroke: "#2d3c47", width: 1, size: 0.4 * rem }, gap: 0.2 * rem,
  };
  const series = set.curves.map((curve) => ({ label: curve.structure, stroke: curve.color, width: 0.2 * rem, points: { show: false } }));
  const highest = Math.max(...set.curves.map((curve) => curve.dose_gy.at(-1)));
  const options = {
    width: frame.clientWidth, height: frame.clientHeight, legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: false, range: [0, highest] }, y: { range: [0, 102] } },
    axes: [
      { ...axis, size: 2.5 * rem, space: 3.2 * rem },
      { ...axis, size: 3.8 * rem, space: 2.4 * rem },
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
  setText(byId("dvh-title"), "");
  byId("dvh-plot").replaceChildren();
  byId("dvh-table").replaceChildren();
}

// Follows the frame, whatever changes its size.
export function armDvh() {
  const frame = byId("dvh-plot");
  if (!frame) return;
  new ResizeObserver(() => plot?.setSize({ width: frame.clientWidth, height: frame.clientHeight })).observe(frame);
}
