// Requests to the panel's server. Every failure becomes an ApiError with one line for people.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const csrfToken = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function exchange(path, options, timeoutMs) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(timeoutMs), cache: "no-store" });
  } catch {
    throw new ApiError(0, "");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new ApiError(response.status, answer.error ?? "");
}

export async function getJson(path, parameters = {}) {
  return (await whole(get(path, parameters), "json")).body;
}

// { body, headers } of a picture, its body a Blob.
export const getPicture = (path, parameters = {}) => whole(get(path, parameters), "blob");

// A connection that ends in the middle of an answer is a failure like any other.
async function whole(asked, kind) {
  const response = await asked;
  try {
    return { body: await response[kind](), headers: response.headers };
  } catch {
    throw new ApiError(0, "");
  }
}

function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return exchange(query ? `${path}?${query}` : path, { headers: { Accept: "application/json" } }, 8000);
}

export async function post(path, body = {}, timeoutMs = 8000) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken };
  return (await whole(exchange(path, { method: "POST", headers, body: JSON.stringify(body) }, timeoutMs), "json")).body;
}
