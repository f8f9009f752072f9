// The room's screen: joins live state, case, map and commands.

import { armAccounts, openAccounts, showAccounts } from "./accounts.js";
import { armBanner } from "./banner.js";
import { armCase, caseAlarms, followCase, render, showCaseAge, showPhase } from "./case.js";
import { PRIORITY_MARKS, byId, make, setText } from "./dom.js";
import { followCamera } from "./camera.js";
import { armPatient, openPatient, showChart, showSources } from "./chart.js";
import { followChecklist, showChecklist } from "./checklist.js";
import { armDvh } from "./dvh.js";
import { showEngineer } from "./engineer.js";
import { age } from "./format.js";
import { currentLanguage, otherLanguage, t, useLanguage } from "./i18n.js";
import { Live } from "./live.js";
import { currentSite, drawMap, loadSite } from "./map.js";
import { armRobot, showErrands, showRobot } from "./robot.js";
import { armLock, showLock } from "./lock.js";
import { drawBeams } from "./course.js";
import { armScreens } from "./screens.js";
import { armStop, recallStop, stopUnderWay } from "./stop.js";

const SERVER_SILENT_S = 3;
const REFRESH_MS = 250;
const room = document.body.dataset.room;

armStop(); // first of all, and without waiting for texts

let message = null;
let receivedAt = 0;
let siteAsked = false;
let live = null;

async function loadMap() {
  if (siteAsked || document.body.dataset.viewRobot !== "true") return;
  siteAsked = true;
  try {
    await loadSite();
  } catch {
    setTimeout(() => { siteAsked = false; }, 2000); // the robot may not have told its map yet
  }
  showErrands(currentSite(), room);
}

function showAlarms(alarms) {
  const told = [
    ...alarms.map(({ key, priority }) => ({ text: t(`alarm.${key}`), priority })),
    ...caseAlarms().map((text) => ({ text, priority: "medium" })),
  ];
  const items = told.map(({ text, priority }) => make("li", `${PRIORITY_MARKS[priority]} ${text}`, { class: priority }));
  const list = byId("alarms");
  if (list.textContent !== items.map((item) => item.textContent).join("")) list.replaceChildren(...items);
}

function refresh() {
  if (!message || !live) return;
  const { state, session } = message;
  const elapsedS = (performance.now() - receivedAt) / 1000;
  const reachable = elapsedS < SERVER_SILENT_S;
  const silent = reachable ? [] : [{ key: "server", priority: "medium" }];
  showAlarms([...silent, ...state.alarms]);
  showLock(session, state.now_s);
  showRobot(state, elapsedS, session, reachable);
  showEngineer(state, elapsedS);
  showSources(state, elapsedS);
  showPhase(state);
  showCaseAge(state, elapsedS, reachable);
  const linkAge = state.link_age_s === null ? null : state.link_age_s + elapsedS;
  setText(byId("link-age"), t(state.link_up && reachable ? "foot.link" : "foot.link_down", { age: age(linkAge) }));
  const robot = state.robot;
  drawMap(robot?.value ?? null, !robot || robot.age_s + elapsedS > robot.max_age_s);
}

function onMessage(next) {
  const loggedOut = message?.session && !next.session;
  if (loggedOut || (!next.session && document.body.dataset.viewRobot === "true")) {
    if (!stopUnderWay()) location.reload(); // else the next message does: first the stop's answer
    return;
  }
  message = next;
  receivedAt = performance.now();
  followCase(next.state, receivedAt);
  followChecklist(next.state, !next.session?.locked);
  loadMap();
  refresh();
}

function onSlept(ms) {
  receivedAt = Math.min(receivedAt, performance.now() - ms);
  refresh();
}

async function changeLanguage() {
  await useLanguage(otherLanguage());
  byId("language").lang = otherLanguage();
  showErrands(currentSite(), room);
  render();
  showChecklist();
  showChart();
  showAccounts();
  refresh();
}

await useLanguage(currentLanguage());
armRobot();
armBanner();
armCase();
armDvh();
showErrands(null, room);
armAccounts();
armPatient();
armLock();
armScreens(() => { drawBeams(); openAccounts(); openPatient(); followCamera(); refresh(); });
recallStop();
byId("language").addEventListener("click", changeLanguage);
addEventListener("resize", () => { render(); drawBeams(); refresh(); });
addEventListener("visibilitychange", followCamera);
live = new Live(onMessage, onSlept);
setInterval(refresh, REFRESH_MS);
