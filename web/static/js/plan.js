// The proton plan at a glance.

import { byId, fit, make, setText } from "./dom.js";
import { DASH, number } from "./format.js";
import { t } from "./i18n.js";

export function showPlan(card) {
  setText(byId("plan-label"), card.label);
  const planned = card.fractions_planned ?? DASH;
  setText(byId("plan-fractions"), t("plan.fractions", { delivered: card.fractions_delivered, planned }));
  fit(byId("plan-label").parentElement);
  const dose = card.prescription && `${card.prescription.dose_gy} ${card.dose_unit} · ${card.prescription.target}`;
  byId("plan-facts").replaceChildren(
    fact("plan.prescription", dose),
    fact("plan.last_fraction", card.last_fraction_date, card.fractions_delivered === 0 ? DASH : null),
    fact("plan.approval", card.approval),
    fact("plan.max_dose", card.max_dose_gy === null ? null : `${number(card.max_dose_gy, 1)} ${card.dose_unit}`),
  );
  showBeams(card);
  setText(byId("plan-warnings"), card.warnings.length ? `${t("plan.warnings", { n: card.warnings.length })}: ${card.warnings[0]}` : "");
}

function fact(key, value, otherwise = null) {
  const row = make("div");
  row.append(make("span", t(key), { class: "label" }));
  if (value !== null && value !== undefined) row.append(make("span", value));
  else if (otherwise !== null) row.append(make("span", otherwise));
  else row.append(make("span", t("not_recorded"), { class: "not-recorded" }));
  return row;
}

function showBeams(card) {
  const head = make("tr");
  for (const key of ["beam", "angles", "shifter", "energies", "mev", "spots"]) head.append(make("th", t(`beams.${key}`)));
  const rows = card.beams.map((beam) => {
    const row = make("tr");
    for (const cell of beamCells(beam)) row.append(make("td", cell));
    return row;
  });
  byId("beams").replaceChildren(head, ...rows);
}

function beamCells(beam) {
  const angle = (value) => (value === null ? DASH : `${number(value)}°`);
  const range = beam.energy_min_mev === null ? DASH : `${number(beam.energy_min_mev, 1)}–${number(beam.energy_max_mev, 1)}`;
  const shifters = beam.range_shifters.length ? String(beam.range_shifters.length) : DASH;
  return [`${beam.number} ${beam.name}`, `${angle(beam.gantry_deg)} / ${angle(beam.couch_deg)}`, shifters, String(beam.energies), range, String(beam.spots)];
}

export function emptyPlan(text) {
  setText(byId("plan-label"), text);
  setText(byId("plan-fractions"), "");
  setText(byId("plan-warnings"), "");
  byId("plan-facts").replaceChildren();
  byId("beams").replaceChildren();
}
