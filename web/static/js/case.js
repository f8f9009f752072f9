// The case on screen: one patient version for everything. A mismatch shows nothing old.

import { ApiError, getJson } from "./api.js";
import { emptyBanner, showBanner } from "./banner.js";
import { byId, frameShown, segments, setText, toggles } from "./dom.js";
import { followChart } from "./chart.js";
import { emptyCourse, showCourse } from "./course.js";
import { emptyDvh, showDvh } from "./dvh.js";
import { age, clock } from "./format.js";
import { has, t } from "./i18n.js";
import { LATE_MS, emptyImage, expectImage, showImage } from "./image.js";
import { emptyPlan, showPlan } from "./plan.js";

const ORIENTATIONS = ["axial", "coronal", "sagittal"];
const RETRY_MS = 1500;
const WINDOWS = ["soft_tissue", "brain", "bone"];
const WHOLE = ["planned", "delivered"]; // doses whose pictures are drawn ahead
const FIRST_CHOICE = { plan: 0, view: "planned", orientation: "axial", index: 0, window: WINDOWS[0], hidden: [] };

let shown = null; // { version, copy }
let loading = false;
let retryAt = 0;
let choice = FIRST_CHOICE;
let range = [0, 0];

const plan = () => shown?.copy.value.plans[choice.plan] ?? null;

function clear(text) {
  shown = null;
  emptyBanner(text);
  emptyPlan("");
  emptyCourse();
  emptyDvh();
  emptyImage("");
  for (const id of ["plans", "views", "orientations", "structures"]) byId(id).replaceChildren();
  followChart(null, "");
}

// Called with every live message: compares what is shown with what is true now.
export function followCase(state, nowMs) {
  if (!byId("plan")) return;
  const current = state.case && !state.case.stale && state.link_up ? state.case.value.version : null;
  if (shown && current !== null && shown.version !== current) clear(t("case.changed"));
  const old = shown && !shown.copy.live && state.link_up;
  if ((!shown || old) && !loading && nowMs >= retryAt) loadCase();
}

async function loadCase() {
  loading = true;
  try {
    const copy = await getJson("/api/case");
    if (shown?.version === copy.value.version) {
      shown.copy = copy;
    } else {
      choice = { ...FIRST_CHOICE, view: firstView(copy.value.plans[0]) };
      shown = { version: copy.value.version, copy };
      render();
    }
  } catch (error) {
    retryAt = performance.now() + RETRY_MS;
    if (!shown) clear(error.status === 409 ? t("case.changed") : t("case.unavailable"));
    report(error);
  } finally {
    loading = false;
  }
}

function report(error) {
  if (!(error instanceof ApiError)) throw error;
}

export function showPhase(state) {
  const phase = state.phase;
  setText(byId("phase"), t(phase && !phase.stale ? `phase.${phase.value.phase}` : "phase.unknown"));
}

export function render() {
  if (!shown) return;
  const { patient } = shown.copy.value;
  if (!patient) return noPatient();
  showBanner(patient);
  followChart(patient.patient_id, shown.version);
  const card = plan();
  if (!card) return emptyPlan(t("plan.none"));
  if (card.version !== shown.version || card.patient_id !== patient.patient_id) return clear(t("case.mismatch"));
  loadImage().then(frameShown).then(() => afterImage(card)); // asked for first, shown when the rest stands
  showCard(card);
}

function showCard(card) {
  showPlan(card, shown.copy.value.notes);
  showChoices(card);
  emptyDvh();
}

// The picture is what people wait for: nothing else is asked for before it is there.
function afterImage(card) {
  if (card !== plan()) return;
  const { patient, plan: planUid, version } = asked();
  showCourse(card, { patient, plan: planUid, version });
  loadDvh();
}

function noPatient() {
  const { copy, version } = shown;
  clear(t("banner.nobody"));
  shown = { copy, version };
}

function showChoices(card) {
  const views = card.dose_views.map((view) => ({ key: view.key, label: viewLabel(view, card) }));
  segments(byId("views"), views, choice.view, (view) => choose({ view }), (view) => expect({ view }));
  const { plans } = shown.copy.value;
  byId("plans").hidden = plans.length < 2;
  segments(byId("plans"), plans.map((each, n) => ({ key: n, label: planLabel(each) })), choice.plan, choosePlan, (n) => expect(firstOf(n)));
  toggles(byId("structures"), card.structures, choice.hidden, (hidden) => choose({ hidden }));
  setText(byId("window"), t(`window.${choice.window}`));
  const orientations = ORIENTATIONS.map((name) => ({ key: name, label: t(`image.${name}`) }));
  const turned = (orientation) => ({ orientation, index: 0 });
  segments(byId("orientations"), orientations, choice.orientation, (name) => choose(turned(name)), (name) => expect(turned(name)));
}

function viewLabel(view, card) {
  const key = `view.${view.key}`;
  return has(key) ? t(key, { delivered: card.fractions_delivered, planned: card.fractions_planned ?? "?" }) : view.label;
}

const planLabel = (card) => (card.role === "current" ? card.label : `${card.label} (${t(`plan.role.${card.role.replace(" ", "_")}`)})`);

// A plan that is not followed any more has no planned dose: it is shown as what was delivered.
const firstView = (card) => card?.dose_views[0]?.key ?? FIRST_CHOICE.view;

const firstOf = (number) => ({ ...FIRST_CHOICE, plan: number, view: firstView(shown.copy.value.plans[number]) });

// The picture of what a finger is on.
function expect(change) {
  if (shown) expectImage(wantedImage({ ...choice, ...change }));
}

function choosePlan(number) {
  const card = shown?.copy.value.plans[number];
  if (!card) return;
  choice = firstOf(number);
  if (card.version !== shown.version) return render(); // which shows nothing then
  const picture = loadImage();
  // Card and picture in one frame: sooner there than one after the other, and no card beside the picture of another.
  Promise.race([picture, pause(LATE_MS)]).then(() => { if (card === plan()) showCard(card); });
  picture.then(frameShown).then(() => afterImage(card));
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function choose(change) {
  const card = plan();
  if (!card) return;
  const viewChanged = "view" in change && change.view !== choice.view;
  choice = { ...choice, ...change };
  loadImage().then(frameShown).then(() => { if (viewChanged && card === plan()) loadDvh(); });
  showChoices(card);
  if (viewChanged) emptyDvh();
}

function asked(wish = choice) {
  const card = shown.copy.value.plans[wish.plan];
  return { patient: card.patient_id, plan: card.plan_uid, view: wish.view, version: shown.version };
}

const wantedImage = (wish) => ({ ...asked(wish), orientation: wish.orientation, index: wish.index, ...style(wish) });

// Only what differs from the prepared pictures: those are the fast ones.
function style({ window, hidden, plan: number }) {
  const chosen = {};
  if (window !== WINDOWS[0]) chosen.window = window;
  const { structures } = shown.copy.value.plans[number];
  if (hidden.length) chosen.structures = structures.filter((name) => !hidden.includes(name)).join("\n");
  return chosen;
}

// One press away, besides the slices to both sides: the other doses, orientations and plans.
function likelyNext() {
  const { orientation, index } = choice;
  const here = asked();
  const views = plan().dose_views.map(({ key: view }) => view).filter((view) => WHOLE.includes(view) && view !== choice.view);
  const plans = shown.copy.value.plans.filter((card) => card !== plan() && WHOLE.includes(firstView(card)));
  return [
    ...views.map((view) => ({ ...here, orientation, index, view })),
    ...ORIENTATIONS.filter((name) => name !== orientation).map((name) => ({ ...here, orientation: name, index: 0 })),
    ...plans.map((card) => ({ ...here, plan: card.plan_uid, view: firstView(card), orientation: FIRST_CHOICE.orientation, index: FIRST_CHOICE.index })),
  ];
}

async function loadImage() {
  try {
    const facts = await showImage(wantedImage(choice), likelyNext());
    if (!facts) return;
    range = facts.index_range;
    const position = t("image.slice", { mm: facts.slice_position_mm.toFixed(0).replace("-", "−"), n: signed(facts.index) });
    setText(byId("slice-label"), position);
    showStepButtons();
  } catch (error) {
    emptyImage(t("image.unavailable", { why: error.message }));
    report(error);
  }
}

// What a person must settle before the data is trusted: beside the other alarms, as long as it holds.
export const caseAlarms = () => shown?.copy.value.alarms ?? [];

const signed = (n) => (n === 0 ? t("image.key_slice") : n > 0 ? `+${n}` : `−${-n}`);

function showStepButtons() {
  byId("slice-minus").disabled = choice.index <= range[0];
  byId("slice-plus").disabled = choice.index >= range[1];
}

async function loadDvh() {
  const what = asked();
  emptyDvh();
  try {
    const { value } = await getJson("/api/case/dvh", what);
    const current = shown?.version === what.version && choice.view === what.view;
    if (current && value.version === what.version && value.patient_id === what.patient) await showDvh(value, viewLabel({ key: what.view, label: value.view_label }, plan()));
  } catch (error) {
    report(error);
  }
}

export function stepSlice(step) {
  const index = choice.index + step;
  if (shown && index >= range[0] && index <= range[1]) choose({ index });
}

// Old looks old: dated, and greyed once the information behind it cannot be asked.
export function showCaseAge(state, elapsedS, reachable) {
  if (!byId("plan") || !shown) return;
  const caseAge = state.case && state.case.age_s + elapsedS;
  const old = !reachable || !state.link_up || caseAge === null || caseAge > state.case.max_age_s;
  const note = old ? t("case.last_good", { when: clock(shown.copy.fetched_s) }) : "";
  for (const id of ["banner", "plan", "images", "dvh", "course", "chart"]) Object.assign(byId(id).dataset, { stale: String(old), note });
  setText(byId("case-age"), note || t("age", { age: age(caseAge) }));
}

export function armCase() {
  if (!byId("plan")) return;
  byId("slice-minus").addEventListener("click", () => stepSlice(-1));
  byId("slice-plus").addEventListener("click", () => stepSlice(1));
  byId("window").addEventListener("click", () => choose({ window: WINDOWS[(WINDOWS.indexOf(choice.window) + 1) % WINDOWS.length] }));
  swipe(byId("images").querySelector("figure"));
}

function swipe(area) {
  let start = null;
  area.addEventListener("pointerdown", (event) => { start = event.clientY; });
  area.addEventListener("pointerup", (event) => {
    const moved = start === null ? 0 : event.clientY - start;
    if (Math.abs(moved) > area.clientHeight * 0.08) stepSlice(moved < 0 ? 1 : -1);
    start = null;
  });
}
