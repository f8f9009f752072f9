// What the robot says of an errand, in the language of the screen. It speaks English, in phrases
// joined by "; ", ": ", ", " or put in brackets; a phrase that no text knows stays as it was said.

import { currentLanguage, t, templates } from "./i18n.js";

const JOINTS = /(; |: |, | \(|\))/;
let places = new Map();
let phrases = null;

// Stations by their name and by their English label, with their labels in every language.
export function namePlaces(stations) {
  places = new Map(stations.flatMap((each) => [[each.name, each.label], [each.label.en, each.label]]));
}

export function said(detail) {
  if (currentLanguage() === "en" || !detail) return detail ?? "";
  return detail.split(JOINTS).map((part) => (JOINTS.test(part) ? part : phrase(part))).join("");
}

function phrase(text) {
  phrases ??= templates("said.").map(([key, template]) => [key, pattern(template)]);
  for (const [key, wording] of phrases) {
    const found = wording.exec(text);
    if (found) return t(key, { ...found.groups, place: place(found.groups?.place) });
  }
  return text;
}

const place = (name) => places.get(name)?.[currentLanguage()] ?? name;

function pattern(template) {
  const literal = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`);
}
