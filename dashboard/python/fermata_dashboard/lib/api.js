// Every request to the API, and what can go wrong with one.
import { store } from "./html.js";
import { credentials, expired } from "./session.js";

/** "live", or "away" while the server can't be reached. */
export const connection = store("live");

export class ApiError extends Error {
  constructor(status, message, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Headers that a request of this method needs beside its own. */
export function headersFor(method, more = {}) {
  return { ...credentials(method), ...more };
}

function address(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, one);
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

function wording(status, body) {
  const detail = body?.detail ?? body?.error ?? body?.message;
  if (Array.isArray(detail)) return detail.map((one) => `${(one.loc ?? []).slice(1).join(".")}: ${one.msg}`).join("; ");
  if (detail) return String(detail);
  return status === 429 ? "Too many requests; try again in a minute." : `The server answered ${status}.`;
}

/** The answer to a request, as the browser has it. Throws ApiError; status 0 means that the server can't be reached. */
export async function request(method, path, { query, body, headers, signal } = {}) {
  let response;
  try {
    response = await fetch(address(path, query), {
      method,
      signal,
      credentials: "same-origin",
      headers: headersFor(method, { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.set("away");
    throw new ApiError(0, "The server can't be reached.");
  }
  if ([502, 503, 504].includes(response.status)) connection.set("away");
  else connection.set("live");
  if (response.ok || response.status === 304) return response;
  const told = await response.json().catch(() => null);
  if (response.status === 401) expired();
  throw new ApiError(response.status, wording(response.status, told), told);
}

const json = async (...asked) => (await request(...asked)).json();

export const get = (path, query, signal) => json("GET", path, { query, signal });
export const post = (path, body, headers) => json("POST", path, { body, headers });
export const patch = (path, body) => json("PATCH", path, { body });
export const remove = (path) => json("DELETE", path);

/** The path of a job's route. */
export const jobPath = (id, verb) => `/api/v1/jobs/${encodeURIComponent(id)}${verb ? `/${verb}` : ""}`;
