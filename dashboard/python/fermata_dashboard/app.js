// The frame: navigation, who is signed in, and the view that the address names.
import { html, render, useEffect, useState, useStore } from "./lib/html.js";
import { connection, get } from "./lib/api.js";
import { useLive } from "./lib/live.js";
import { go, listen, to, usePlace } from "./lib/router.js";
import { may, restore, session, signOut } from "./lib/session.js";
import { Button, Empty, Head, Toasts } from "./parts/basics.js";
import { Icon, Logo } from "./parts/icons.js";
import { Help, help, usePageKeys } from "./parts/keyboard.js";
import { Audit } from "./views/audit.js";
import { BatchPage, Batches } from "./views/batches.js";
import { Bulk } from "./views/bulk.js";
import { JobPage } from "./views/job.js";
import { Jobs } from "./views/jobs.js";
import { Keys } from "./views/keys.js";
import { Records } from "./views/records.js";
import { ReviewPage, Reviews } from "./views/review.js";
import { SchedulePage, Schedules } from "./views/schedules.js";
import { Search } from "./views/search.js";
import { SignIn } from "./views/signin.js";
import { Sources } from "./views/sources.js";
import { Start } from "./views/start.js";
import { System } from "./views/system.js";
import { WebhookPage, Webhooks } from "./views/webhooks.js";

const PLACES = [
  { title: "Work", items: [["/jobs", "jobs", "Jobs"], ["/review", "review", "Review"], ["/start", "start", "Start"], ["/schedules", "schedules", "Schedules", "wide"]] },
  { title: "Documents and tables", items: [["/batches", "batches", "Batches", "wide"], ["/sources", "sources", "Sources", "wide"], ["/search", "search", "Search"], ["/records", "records", "Records", "wide"]] },
  { title: "Operation", items: [["/system", "system", "System"], ["/audit", "audit", "Audit", "wide admin"], ["/keys", "keys", "Keys", "wide admin"], ["/webhooks", "webhooks", "Webhooks", "wide admin"], ["/more", "more", "More", "narrow"]] },
];
const VIEWS = [
  [/^\/(?:jobs)?$/, Jobs],
  [/^\/jobs\/(.+)$/, JobPage],
  [/^\/review$/, Reviews],
  [/^\/review\/(.+)$/, ReviewPage],
  [/^\/start$/, Start],
  [/^\/bulk$/, Bulk],
  [/^\/batches$/, Batches],
  [/^\/batches\/(.+)$/, BatchPage],
  [/^\/sources$/, Sources],
  [/^\/search$/, Search],
  [/^\/records(?:\/(.+))?$/, Records],
  [/^\/schedules$/, Schedules],
  [/^\/schedules\/(.+)$/, SchedulePage],
  [/^\/keys$/, Keys],
  [/^\/webhooks$/, Webhooks],
  [/^\/webhooks\/(.+)$/, WebhookPage],
  [/^\/system$/, System],
  [/^\/audit$/, Audit],
  [/^\/more$/, More],
];

const allowed = ([, , , where = ""]) => !where.includes("admin") || may("admin");

/** What has no room at the foot of a phone. */
function More() {
  const who = useStore(session);
  return html`<${Head} title="More" sub=${`${who.user}, ${who.tenant}`} />
    <ul class="cards">${PLACES.flatMap(({ items }) => items).filter((item) => item[3]?.includes("wide") && allowed(item)).map(([address, icon, text]) => html`<li><a class="card more-card" href=${to(address)}><${Icon} name=${icon} /><b>${text}</b></a></li>`)}</ul>
    <div class="actions spaced"><${Theme} /><${Button} icon="leave" onClick=${signOut}>Sign out<//></div>`;
}

function View({ path, query }) {
  for (const [pattern, Shown] of VIEWS) {
    const found = path.match(pattern);
    if (found) return html`<${Shown} key=${found[0]} name=${found[1] && decodeURIComponent(found[1])} query=${query} />`;
  }
  return html`<${Empty} icon="search" title="There is no such page">The address may be mistyped. <a href=${to("/jobs")}>Go to the jobs</a>.<//>`;
}

function Theme() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "");
  const next = { "": "dark", dark: "light", light: "" }[theme];
  const change = () => {
    setTheme(next);
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    localStorage[next ? "setItem" : "removeItem"]("theme", next);
  };
  const icon = { "": "auto", dark: "moon", light: "sun" }[theme];
  const label = { "": "Theme: as the system's", dark: "Theme: dark", light: "Theme: light" }[theme];
  return html`<${Button} small square kind="quiet" icon=${icon} label=${label} onClick=${change} />`;
}

function Rail({ path, who }) {
  const { value: counted, again } = useLive((signal) => get("/api/v1/jobs/counts", null, signal), 15_000, [who]);
  useEffect(() => { again(); }, [path]);
  const reviews = counted?.counts.waiting_review ?? 0;
  const current = path === "/" ? "/jobs" : path;
  const link = ([address, icon, text, narrow]) => html`<li class=${narrow ?? ""}><a class="to" href=${to(address)} aria-current=${current.startsWith(address) ? "page" : undefined}>
    <${Icon} name=${icon} /><span>${text}</span>${address === "/review" && reviews > 0 && html`<span class="badge" aria-label=${`${reviews} wait`}>${reviews}</span>`}</a></li>`;
  return html`<div class="rail">
    <a class="brand" href=${to("/jobs")}><${Logo} /> Fermata</a>
    <nav aria-label="Main">${PLACES.map(({ title, items }, place) => html`${place > 0 && html`<h2>${title}</h2>`}<ul>${items.filter(allowed).map(link)}</ul>`)}</nav>
    <div class="foot">
      <div class="who"><b>${who.user}</b>${who.tenant}</div>
      <div class="tools">
        <${Theme} />
        <${Button} small square kind="quiet" icon="keyboard" label="Keyboard shortcuts" onClick=${() => help.set(true)} />
        <${Button} small square kind="quiet" icon="leave" label="Sign out" onClick=${signOut} />
      </div>
    </div>
  </div>`;
}

function App() {
  const { path, query } = usePlace();
  const who = useStore(session);
  const reached = useStore(connection);
  usePageKeys({ "?": () => help.set(true), g: () => go(to("/jobs")), n: () => go(to("/start")) });
  useEffect(() => { restore(); }, []);
  if (who === null) return html`<p class="boot">Fermata</p>`;
  if (who === false) return html`<${SignIn} /><${Toasts} />`;
  return html`<a class="skip" href="#main">Skip to the content</a>
    <div class="frame">
      <${Rail} path=${path} who=${who} />
      <div>
        <div role="status">${reached === "away" && html`<div class="offline">The server can't be reached. Trying again; what you see may be old.</div>`}</div>
        <main id="main" tabindex="-1"><${View} path=${path} query=${query} /></main>
      </div>
    </div>
    <${Help} /><${Toasts} />`;
}

listen();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
