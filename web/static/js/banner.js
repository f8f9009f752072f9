// Who lies here: two identifiers, and what must never be missed.

import { byId, fit, setText } from "./dom.js";
import { personName } from "./format.js";
import { has, t } from "./i18n.js";

const named = (prefix, value) => (has(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : value);

export function showBanner(patient) {
  setText(byId("patient-name"), personName(patient.name) + (patient.sex ? ` (${named("sex", patient.sex)})` : ""));
  setText(byId("patient-id"), patient.patient_id);
  setText(byId("patient-born"), patient.birth_date ?? t("not_recorded"));
  showAllergies(patient.allergies);
  setText(byId("procedure"), patient.procedure ?? t("banner.no_procedure"));
  const side = patient.laterality ? named("laterality", patient.laterality.toLowerCase()) : t("not_recorded");
  setText(byId("laterality"), t("banner.laterality", { side }));
  fitLines();
}

function fitLines() {
  for (const line of document.querySelectorAll(".identity")) fit(line);
}

// Names and birth dates stay whole, whatever makes the banner narrower.
export function armBanner() {
  const banner = document.querySelector(".banner-patient");
  if (banner) new ResizeObserver(fitLines).observe(banner);
}

function showAllergies(allergies) {
  const element = byId("allergies");
  const known = (allergies?.length ?? 0) > 0;
  element.classList.toggle("known", known || allergies === null);
  if (allergies === null) setText(element, `⚠ ${t("banner.allergies_not_recorded")}`);
  else if (!known) setText(element, t("banner.no_allergies"));
  else setText(element, `⚠ ${t("banner.allergies")}: ${allergies.map(allergyText).join(", ")}`);
}

function allergyText(allergy) {
  const high = allergy.severity === "high" ? ` (${t("banner.high")})` : "";
  return allergy.substance + high;
}

export function emptyBanner(text) {
  for (const id of ["patient-id", "patient-born", "allergies", "procedure", "laterality"]) setText(byId(id), "");
  byId("allergies")?.classList.remove("known");
  setText(byId("patient-name"), text);
  fitLines();
}
