// Numbers, dates and names as people read them. Null and undefined never become a number.

import { currentLanguage, t } from "./i18n.js";

export const DASH = "–";

export function number(value, digits = 0) {
  return value === null || value === undefined ? DASH : value.toFixed(digits);
}

export function age(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH;
  if (seconds < 10) return t("time.seconds", { n: seconds.toFixed(1) });
  if (seconds < 120) return t("time.seconds", { n: Math.round(seconds) });
  if (seconds < 7200) return t("time.minutes", { n: Math.round(seconds / 60) });
  return t("time.hours", { n: Math.round(seconds / 3600) });
}

export function duration(seconds) {
  if (seconds < 60) return t("time.seconds", { n: Math.max(0, Math.round(seconds)) });
  return t("time.minutes_seconds", { m: Math.floor(seconds / 60), s: Math.round(seconds % 60) });
}

export function clock(unixSeconds) {
  const when = new Date(unixSeconds * 1000);
  const time = when.toLocaleTimeString(currentLanguage(), { hour12: false });
  const today = when.toDateString() === new Date().toDateString();
  return today ? time : `${when.toLocaleDateString(currentLanguage())} ${time}`;
}

// DICOM PN: Family^Given^Middle^Prefix^Suffix
export function personName(groups) {
  const spell = (name) => {
    const [family = "", given = "", middle = ""] = name.split("^");
    const rest = [given, middle].filter(Boolean).join(" ");
    return rest ? `${family}, ${rest}` : family;
  };
  const plain = groups.alphabetic ? spell(groups.alphabetic) : "";
  const ideographic = (groups.ideographic ?? "").replaceAll("^", "");
  if (currentLanguage() === "ko" && groups.phonetic) return groups.phonetic.replaceAll("^", "");
  return [plain, ideographic && `(${ideographic})`].filter(Boolean).join(" ");
}
