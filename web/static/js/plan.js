// The proton plan at a glance.

import { byId, fit, make, setText } from "./dom.js";
import { DASH, number } from "./format.js";
import { t } from "./i18n.js";

// `notes`: what concerns the patient's data as a whole.
export function showPlan(card, notes) {
  setText(byId("plan-label"), card.label);
  const planned = card.fractions_planned ?? DASH;
  setText(byId("plan-fractions"), t("plan.fractions", { delivered: card.fractions_delivered, planned }));
  byId("plan-delivery").replaceChildren(
    fact("plan.last_fraction", card.last_fraction_date, card.fractions_delivered === 0 ? DASH : null),
    fact("plan.max_dose", card.max_dose_gy === null ? null : `${number(card.max_dose_gy, 1)} ${card.dose_unit}`),
  );
  const dose = card.prescription && `${card.prescription.dose_gy} ${card.dose_unit} · ${card.prescription.target}`;
  byId("plan-approval").replaceChildren(fact("plan.prescription", dose), fact("plan.approval", card.approval));
  showBeams(card);
  showNotes([...notes, ...card.warnings]);
  for (const line of document.querySelectorAll(".plan-head")) fit(line);
}

// What a reader of the plan has to know about its source: a list over the card, one press away.
function showNotes(warnings) {
  const button = byId("notes-button");
  const list = byId("notes");
  list.replaceChildren(...warnings.map((warning) => make("li", warning)));
  button.hidden = warnings.length === 0;
  openNotes(button, list, false);
  button.onclick = () => openNotes(button, list, list.hidden);
}

function openNotes(button, list, open) {
  list.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  setText(button, open ? t("plan.close") : t("plan.notes", { n: list.childElementCount }));
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
  for (const key of ["beam", "gantry", "shifter", "energies", "spots"]) head.append(make("th", t(`beams.${key}`)));
  const rows = card.beams.map((beam) => {
    const row = make("tr");
    for (const cell of beamCells(beam)) row.append(make("td", cell));
    return row;
  });
  byId("beams").replaceChildren(head, ...rows);
}

function beamCells(beam) {
  const couch = beam.couch_deg ? ` ${t("beams.couch", { angle: number(beam.couch_deg) })}` : "";
  const gantry = beam.gantry_deg === null ? DASH : `${number(beam.gantry_deg)}°`;
  const range = beam.energy_min_mev === null ? DASH : `${number(beam.energy_min_mev, 1)}–${number(beam.energy_max_mev, 1)}`;
  const shifters = beam.range_shifters.length ? String(beam.range_shifters.length) : DASH;
  return [`${beam.number} ${beam.name}`, gantry + couch, shifters, `${beam.energies} × ${range}`, String(beam.spots)];
}

export function emptyPlan(text) {
  setText(byId("plan-label"), text);
  setText(byId("plan-fractions"), "");
  showNotes([]);
  byId("plan-delivery").replaceChildren();
  byId("plan-approval").replaceChildren();
  byId("beams").replaceChildren();
}
