// The robot: its state in one word, its errand, its commands.

import { ApiError, post } from "./api.js";
import { PRIORITY_MARKS, byId, fit, make, setText } from "./dom.js";
import { age, duration } from "./format.js";
import { has, t } from "./i18n.js";
import { said } from "./said.js";

const WORD_ALARMS = { fault: "fault", stopped: "stopped", lost: "lost", protective: "protective", resume: "resume", no_data: "no_robot" };
const ENDED = new Set(["done", "failed", "cancelled"]);

const pressed = new Map(); // errand → id of the press that is not answered yet: a second press is the same errand
let openTask = null;

// A random UUID; crypto.randomUUID is missing on plain http.
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-a$4-$5");
}

export function notice(text) {
  setText(byId("notice"), text);
}

function explain(error) {
  if (!(error instanceof ApiError)) throw error;
  return error.message ? t("robot.refused", { why: error.message }) : t("robot.unreachable");
}

async function command(button, path, body, confirmation) {
  button.dataset.busy = "true";
  try {
    await post(path, body);
    notice(confirmation);
  } catch (error) {
    notice(explain(error));
  } finally {
    delete button.dataset.busy;
  }
}

async function errand(button) {
  const name = button.dataset.errand;
  if (!pressed.has(name)) pressed.set(name, newId());
  await command(button, "/api/robot/errands", { errand: name, id: pressed.get(name) }, t("robot.sent"));
  pressed.delete(name);
}

export function armRobot() {
  for (const button of document.querySelectorAll("[data-errand]")) button.addEventListener("click", () => errand(button));
  byId("cancel")?.addEventListener("click", (event) => {
    if (openTask) command(event.currentTarget, `/api/robot/tasks/${openTask}/cancel`, {}, t("robot.cancelled"));
  });
  byId("reset")?.addEventListener("click", (event) => command(event.currentTarget, "/api/robot/reset", {}, t("robot.reset_done")));
  byId("resume")?.addEventListener("click", (event) => command(event.currentTarget, "/api/robot/resume", {}, t("robot.resumed")));
}

export function showErrands(site, room) {
  for (const button of document.querySelectorAll("[data-errand]")) {
    setText(button, t(`errand.${button.dataset.errand}`, { room }));
    button.dataset.possible = String(site?.errands.includes(button.dataset.errand) ?? false);
  }
}

export function showRobot(state, elapsedS, session, reachable) {
  const robot = state.robot;
  const ageS = robot && robot.age_s + elapsedS;
  const stale = !robot || ageS > robot.max_age_s;
  const word = stale ? "no_data" : state.word;
  const alarm = state.alarms.find((a) => a.key === WORD_ALARMS[word]);
  const priority = stale ? "medium" : (alarm?.priority ?? "");
  for (const id of ["robot-word", "robot-symbol"]) byId(id).dataset.priority = priority;
  setText(byId("robot-word"), t(`robot.word.${word}`));
  setText(byId("robot-symbol"), PRIORITY_MARKS[priority] ?? "");
  byId("robot").dataset.stale = String(stale);
  setText(byId("robot-age"), robot ? t("age", { age: age(ageS) }) : t("robot.never"));
  setText(byId("robot-reason"), stale ? t("robot.no_data_reason") : reason(robot.value, state));
  fit(byId("robot-word").parentElement);
  showTask(state.tasks, elapsedS);
  showCommands(state, stale, session, reachable);
}

function reason(robot, state) {
  const key = `reason.${robot.safety_reason_code}`;
  const parts = [];
  if (robot.safety_reason_code) parts.push(has(key) ? t(key) : robot.safety_reason);
  else if (state.word === "driving" || state.word === "slow") {
    parts.push(t("robot.speed", { now: robot.speed.toFixed(2), limit: robot.speed_limit.toFixed(2) }));
  }
  if (robot.battery !== null) parts.push(t("robot.battery", { percent: Math.round(robot.battery * 100) }));
  return parts.join(" · ");
}

function showTask(tasks, elapsedS) {
  if (!byId("task")) return;
  const list = tasks?.value.tasks ?? [];
  const open = list.filter((each) => !ENDED.has(each.state));
  const task = open[0] ?? list[0];
  openTask = task && !ENDED.has(task.state) ? task.request.id : null;
  byId("task").dataset.state = task?.state ?? "none";
  byId("task").dataset.taskId = task?.request.id ?? "";
  setText(byId("task-what"), task ? taskName(task.request) + more(open.length - 1) : t("task.none"));
  setText(byId("task-state"), task ? t(`task.state.${task.state}`) : "");
  setText(byId("task-left"), task && openTask ? left(task, elapsedS) : said(task?.detail));
  showQueue(list, elapsedS);
}

// Everything asked of the robot: what runs, what waits, what ended last.
function showQueue(list, elapsedS) {
  const rows = list.map((task, n) => {
    const ended = ENDED.has(task.state);
    const row = make("li", "", { class: ended ? "ended" : "open" });
    const detail = (!ended && left(task, elapsedS)) || said(task.detail);
    row.append(
      make("b", ended ? "" : String(n + 1)),
      make("span", `${taskName(task.request)} · ${task.request.room}`),
      make("span", t(`task.state.${task.state}`)),
      make("span", detail, { class: "detail" }),
    );
    return row;
  });
  const queue = byId("queue");
  if (queue.textContent !== rows.map((row) => row.textContent).join("")) queue.replaceChildren(...rows);
}

const more = (n) => (n > 0 ? ` ${t("task.more", { n })}` : "");

function taskName(request) {
  const key = `item.${request.item || request.kind}`;
  return has(key) ? t(key) : request.item || t(`item.${request.kind}`);
}

function left(task, elapsedS) {
  const parts = [];
  if (task.time_remaining !== null) parts.push(t("task.time", { time: duration(task.time_remaining - elapsedS) }));
  if (task.distance_remaining !== null) parts.push(`${task.distance_remaining.toFixed(0)} m`);
  return parts.join(" · ") || said(task.detail);
}

function showCommands(state, stale, session, reachable) {
  if (!byId("errands")) return;
  const may = (permission) => reachable && state.link_up && !stale && !session?.locked && (session?.permissions.includes(permission) ?? false);
  const robot = state.robot?.value;
  const resumeRequired = !!(robot?.resume_required || state.tasks?.value.resume_required);
  const recovering = !stale && !!(robot?.reset_required || resumeRequired);
  byId("recovery").hidden = !recovering;
  byId("errands").hidden = recovering;
  byId("reset").disabled = !(may("reset_stop") && robot?.reset_required);
  byId("resume").disabled = !(may("resume_robot") && resumeRequired && !robot?.reset_required);
  byId("cancel").disabled = !(may("command_robot") && openTask);
  for (const button of document.querySelectorAll("[data-errand]")) {
    button.disabled = !(may("command_robot") && button.dataset.possible === "true");
  }
}
