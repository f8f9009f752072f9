// Texts by language, from the same files the server reads.

const LANGUAGES = ["en", "ko"];
let language = document.documentElement.lang;
let texts = {};
let english = {};

export const currentLanguage = () => language;
export const otherLanguage = () => LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
export const has = (key) => key in texts;

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// [key, English text] of all whose key begins so: what the robot's own words are known by.
export const templates = (start) => Object.entries(english).filter(([key]) => key.startsWith(start));

const load = async (name) => (await fetch(`/static/i18n/${name}.json`)).json();

export async function useLanguage(wanted) {
  texts = await load(wanted);
  english = wanted === "en" ? texts : await load("en");
  language = wanted;
  document.documentElement.lang = wanted;
  document.cookie = `language=${wanted}; path=/; max-age=31536000; samesite=strict`;
  for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
}
