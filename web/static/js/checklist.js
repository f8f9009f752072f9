// The surgical safety checklist: one press an item, with initials and time; it moves the phase of the procedure.

import { ApiError, getJson, post } from "./api.js";
import { byId, make, setText } from "./dom.js";
import { clock } from "./format.js";
import { t } from "./i18n.js";

let form = null; // phases, items, may_not_apply
let shown = null; // Checklist
let loading = false;
let note = "";
let live = false;

export async function followChecklist(state, usable) {
  if (!byId("checklist")) return;
  const heard = state.checklist?.value;
  if (heard && shown && heard.revision >= shown.revision) shown = heard;
  live = usable && state.link_up && !!state.checklist && !state.checklist.stale;
  if (!form) await load();
  show();
}

async function load() {
  if (loading) return;
  loading = true;
  try {
    const { checklist, ...rest } = await getJson("/api/checklist");
    form = rest;
    shown = checklist;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  } finally {
    loading = false;
  }
}

async function change(path, body) {
  try {
    shown = await post(`/api/checklist/${path}`, { revision: shown.revision, ...body });
    note = "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    note = error.message ? t("robot.refused", { why: error.message }) : t("robot.unreachable");
    form = null; // what somebody else did is asked for anew
    await load();
  }
  show();
}

function confirm(item, answer) {
  const initials = byId("initials").value.trim();
  if (initials.length < 2) {
    note = t("checklist.initials_first");
    show();
    return byId("initials").focus();
  }
  return change("confirm", { item, answer, initials });
}

export function showChecklist() {
  if (byId("checklist") && form && shown) show();
}

function show() {
  if (!form || !shown) return;
  const answered = new Map(shown.confirmations.map((one) => [one.item, one]));
  showPhases();
  const key = JSON.stringify([shown, live, document.documentElement.lang]);
  const parts = byId("checklist-parts");
  if (parts.dataset.key !== key) {
    parts.dataset.key = key;
    parts.replaceChildren(...Object.entries(form.items).map(([phase, items]) => part(phase, items, answered)));
  }
  showSteps(answered);
  setText(byId("checklist-note"), note);
}

function showPhases() {
  const steps = form.phases.map((phase) => {
    const step = make("li", t(`phase.${phase}`));
    if (phase === shown.phase) step.setAttribute("aria-current", "step");
    return step;
  });
  byId("phases").replaceChildren(...steps);
}

function part(phase, items, answered) {
  const now = phase === shown.phase;
  const box = make("div", "", { class: now ? "part now" : "part" });
  const done = items.filter((item) => answered.has(item)).length;
  box.append(make("h2", `${t(`phase.${phase}`)} ${done}/${items.length}`));
  box.append(...items.map((item) => row(item, now, answered.get(item))));
  return box;
}

function row(item, now, given) {
  const line = make("div", "", { class: given ? "check given" : "check" });
  const button = make("button", "", { type: "button", "aria-pressed": String(!!given), "data-item": item });
  button.append(make("span", t(`check.${item}`)));
  if (given) {
    const answer = given.answer === "done" ? "✓" : t("checklist.not_applicable");
    button.append(make("small", `${answer} ${given.initials} ${clock(given.stamp_s)}`));
  }
  button.disabled = !(now && live && shown.patient_id);
  button.addEventListener("click", () => confirm(item, "done"));
  line.append(button);
  if (form.may_not_apply.includes(item)) {
    const skip = make("button", t("checklist.not_applicable"), { type: "button", class: "skip", "data-skip": item });
    skip.disabled = button.disabled;
    skip.addEventListener("click", () => confirm(item, "not_applicable"));
    line.append(skip);
  }
  return line;
}

function showSteps(answered) {
  const at = form.phases.indexOf(shown.phase);
  const next = form.phases[(at + 1) % form.phases.length];
  const back = at < 0 ? null : form.phases[(at + form.phases.length - 1) % form.phases.length];
  const open = (form.items[shown.phase] ?? []).filter((item) => !answered.has(item)).length;
  step(byId("phase-next"), next, "checklist.next", live && open === 0);
  step(byId("phase-back"), back, "checklist.back", live && back !== null);
}

function step(button, phase, key, enabled) {
  button.hidden = phase === null;
  if (phase === null) return;
  setText(button, t(key, { phase: t(`phase.${phase}`) }));
  button.disabled = !enabled;
  button.onclick = () => change("advance", { phase });
}
