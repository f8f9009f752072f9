// Accounts for the admin: who may log in, as what. A new password is shown once.

import { ApiError, getJson, post } from "./api.js";
import { byId, make, segments, setText } from "./dom.js";
import { t } from "./i18n.js";
import { currentScreen } from "./screens.js";

let loaded = null;
let role = "nurse";
let asked = ""; // the account that a second press would remove

export async function openAccounts() {
  if (!byId("accounts") || currentScreen() !== "accounts") return;
  await attempt(async () => { loaded = await getJson("/api/accounts"); });
  showAccounts();
}

async function attempt(what, done = "") {
  try {
    await what();
    setText(byId("account-note"), done);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    setText(byId("account-note"), error.message ? t("robot.refused", { why: error.message }) : t("robot.unreachable"));
  }
}

async function change(what) {
  asked = "";
  await attempt(what);
  const note = byId("account-note").textContent;
  loaded = await getJson("/api/accounts").catch(() => loaded);
  showAccounts();
  setText(byId("account-note"), note);
}

function tell({ name, password }) {
  return t("accounts.password", { name, password });
}

async function withPassword(path, body) {
  let told = "";
  await change(async () => { told = tell(await post(path, body)); });
  if (told) setText(byId("account-note"), told);
}

export function showAccounts() {
  if (!byId("accounts") || !loaded) return;
  const head = make("tr");
  for (const key of ["name", "role", "password_head", "remove_head"]) head.append(make("th", t(`accounts.${key}`), { scope: "col" }));
  byId("account-table").replaceChildren(head, ...loaded.accounts.map(line));
  const roles = Object.keys(loaded.roles).map((key) => ({ key, label: t(`role.${key}`) }));
  segments(byId("account-role"), roles, role, (chosen) => { role = chosen; showAccounts(); });
  setText(byId("room-facts"), t("accounts.room", { room: loaded.room, key: loaded.key, stations: loaded.stations.join(", ") || "–" }));
}

function line(account) {
  const path = `/api/accounts/${encodeURIComponent(account.name)}`;
  const row = make("tr");
  row.append(make("td", account.name + (account.generated ? ` (${t("accounts.generated")})` : "")));
  const roles = Object.keys(loaded.roles);
  const next = roles[(roles.indexOf(account.role) + 1) % roles.length];
  row.append(cell(t(`role.${account.role}`), () => change(() => post(`${path}/role`, { role: next })), t("accounts.change_role")));
  row.append(cell(t("accounts.new_password"), () => withPassword(`${path}/password`)));
  const sure = asked === account.name;
  row.append(cell(t(sure ? "accounts.really" : "accounts.remove"), () => {
    if (sure) return change(() => post(`${path}/remove`));
    asked = account.name;
    return showAccounts();
  }));
  return row;
}

function cell(text, onPress, title = "") {
  const place = make("td");
  const button = make("button", text, { type: "button", ...(title && { "aria-label": `${text}: ${title}` }) });
  button.addEventListener("click", onPress);
  place.append(button);
  return place;
}

export function armAccounts() {
  byId("account-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("account-name").value;
    withPassword("/api/accounts", { name, role }).then(() => { byId("account-name").value = ""; });
  });
}
