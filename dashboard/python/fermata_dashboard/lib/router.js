// The address is the state: every view and every filter can be linked to.
import { store, useStore } from "./html.js";

const PREFIX = "/dashboard";

function here() {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) || "/" : "/";
  return { path, query: new URLSearchParams(search) };
}

const place = store(here());

export const usePlace = () => useStore(place);

/** The address of a view; `query` may hold lists, and empty values are left out. */
export function to(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "" && one !== false) search.append(name, one);
    }
  }
  const text = search.toString();
  return `${PREFIX}${path}${text ? `?${text}` : ""}`;
}

export const jobAddress = (id, query) => to(`/jobs/${encodeURIComponent(id)}`, query);

export function go(address, { replace = false } = {}) {
  if (address === window.location.pathname + window.location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  const before = place.get();
  place.set(here());
  if (!replace && before.path !== place.get().path) {
    window.scrollTo(0, 0);
    document.querySelector("main")?.focus({ preventScroll: true });
  }
}

/** Follow links within the dashboard without loading the page anew. */
export function listen() {
  window.addEventListener("popstate", () => place.set(here()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== window.location.origin) return;
    if (!link.pathname.startsWith(`${PREFIX}/`) || link.pathname.startsWith(`${PREFIX}/assets/`)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
