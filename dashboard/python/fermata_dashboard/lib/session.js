// Who is signed in. The browser holds a cookie that no script can read; this page holds the token that goes with each change.
import { store } from "./html.js";

const ROUTE = "/api/v1/session";
const SAFE = new Set(["GET", "HEAD"]);

/** null: not known yet; false: nobody; else `{user, tenant, scopes, csrf_token, expires_at}`. */
export const session = store(null);

// Signing in or out in one tab is known in the others.
const others = new BroadcastChannel("fermata.session");
others.onmessage = () => restore();

/** Headers that a request of this method has to carry. */
export function credentials(method) {
  const { csrf_token: token } = session.get() || {};
  return token && !SAFE.has(method) ? { "X-CSRF-Token": token } : {};
}

/** What the server answered shows that nobody is signed in any more. */
export function expired() {
  session.set(false);
}

/** Whether the caller has a scope: read, control or admin. */
export const may = (scope) => Boolean(session.get()?.scopes?.includes(scope));

/** Why the caller may not change what this user started; null: may. Without a user: what is nobody's. */
export function barred(owner) {
  const who = session.get();
  if (!may("control")) return "Your key may look, and change nothing: it lacks the scope control.";
  if (owner === undefined || [who.user, "anonymous"].includes(owner) || may("admin")) return null;
  return `It is ${owner}'s: only ${owner}, or somebody with the scope admin, may do this.`;
}

async function answer(response) {
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.detail ?? `The server answered ${response.status}.`);
  return told;
}

/** Find out whether somebody is signed in; tried again while the server can't be reached. */
export async function restore(wait = 500) {
  try {
    const response = await fetch(ROUTE, { credentials: "same-origin" });
    if (response.status === 401) session.set(false);
    else session.set(await answer(response));
  } catch {
    setTimeout(() => restore(Math.min(8000, wait * 2)), wait);
  }
}

/** Throws an Error that says why not. */
export async function signIn(key) {
  const response = await fetch(ROUTE, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ api_key: key }) });
  if (response.status === 401) throw new Error("This key is not valid. It may have been revoked, or mistyped.");
  session.set(await answer(response));
  others.postMessage("in");
}

export async function signOut() {
  await fetch(ROUTE, { method: "DELETE", headers: credentials("DELETE") }).catch(() => null);
  session.set(false);
  others.postMessage("out");
}

/** The ways to sign in. */
export async function methods() {
  return answer(await fetch(`${ROUTE}/methods`));
}
