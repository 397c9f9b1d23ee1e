// The whole: is it held, how is it, what happened.
import { html, useState } from "../lib/html.js";
import { get, post, remove } from "../lib/api.js";
import { WORDS, bytes, count, exactly, lasting, many, millis, spaced } from "../lib/format.js";
import { useChanges } from "../lib/changes.js";
import { useLive, useNow } from "../lib/live.js";
import { go, jobAddress, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { HoldFields, holdOf } from "../parts/acts.js";
import { Ask, Button, Empty, Head, Note, Panel, Status, Trouble, When, say } from "../parts/basics.js";

const SYSTEM = "/api/v1/system/processing";
const TYPES = { pause: "Pauses", resume: "Resumes", health_change: "Health", task_failed: "Failed jobs", recovery: "Recovery" };
const LOOKS = { pause: "paused", resume: "running", health_change: "warning", task_failed: "failed", recovery: "completed" };
const COUNTED = ["running", "pending", "paused", "waiting_review"];
const QUEUES = { default: "Units of work", express: "Quick work", ocr: "Reading images" };

export function System({ query }) {
  const type = query.get("type") ?? "";
  const now = useNow();
  const [asking, setAsking] = useState(null);
  const streams = useChanges((name) => { if (name === "system") { again(); readEvents(); readHealth(); } });
  const pace = (ms) => () => (streams ? ms * 6 : ms);
  const { value: status, again } = useLive((signal) => get(`${SYSTEM}/status`, null, signal), pace(3000), []);
  const { value: events, error, again: readEvents } = useLive((signal) => get(`${SYSTEM}/events`, { event_type: type, limit: 200, about: true }, signal), pace(5000), [type]);
  const { value: health, again: readHealth } = useLive((signal) => get(`${SYSTEM}/events`, { event_type: "health_change", limit: 1 }, signal), 10_000, []);
  const { value: counted } = useLive((signal) => get("/api/v1/jobs/counts", null, signal), 5000, []);
  const { value: whole } = useLive((signal) => get("/api/v1/system", null, signal), 5000, []);
  const { value: scheduled } = useLive((signal) => get("/api/v1/schedules", null, signal), 60_000, []);
  const resume = async () => {
    try {
      await post(`${SYSTEM}/resume`);
      say("Processing goes on.", "running");
      again();
    } catch (failure) {
      say(failure.message, "failed");
    }
  };
  const pause = async (form) => {
    await post(`${SYSTEM}/pause`, holdOf(form));
    say("Everything is held. Units in hand end.", "paused");
    again();
  };
  const barred = may("admin") ? null : "The whole is held and released with the scope admin.";
  const open = counted ? COUNTED.reduce((sum, name) => sum + (counted.counts[name] ?? 0), 0) : null;
  const sick = health?.[0] && !/normal|well|over|again/i.test(health[0].reason ?? "") ? health[0] : null;
  return html`<${Head} title="System" sub="All processing of the tenant.">
      ${status && (status.paused ? html`<${Button} kind="primary" icon="resume" barred=${barred} onClick=${resume}>Resume all processing<//>` : html`<${Button} icon="pause" barred=${barred} onClick=${() => setAsking("pause")}>Pause all processing<//>`)}
    <//>
    <div class="halves">
      <${Panel} title="Processing" id="processing"><div class="stack">
        ${status && (status.paused ? html`<${Status} of="paused" pill>Everything is held<//><p>${status.reason ? html`<q>${status.reason}</q> ` : ""}<span class="muted">for ${lasting(Math.max(0, now - millis(status.paused_at)) / 1000)}</span></p><p class="muted small">Nothing new starts. What is submitted is accepted and waits. A job's or source's own pause stays when this one goes.</p>`
          : html`<${Status} of="running" pill>Processing<//><p class="muted small">Nothing holds the whole. Single jobs and sources may be held all the same.</p>`)}
        ${sick ? html`<${Note} of="warning">${sick.reason} <span class="muted small">(<${When} at=${sick.created_at} />)</span><//>` : html`<p class="small"><${Status} of="completed">No trouble is known<//></p>`}
      </div><//>
      <${Panel} title="Open jobs" id="open"><dl class="figures four">${COUNTED.map((name) => {
        return html`<div><dt><${Status} of=${name} /></dt><dd class="num"><a href=${to("/jobs", { status: name })} aria-label=${`${counted?.counts[name] ?? 0} jobs: ${WORDS[name]}`}>${counted ? count(counted.counts[name] ?? 0) : "–"}</a></dd></div>`;
      })}</dl><//>
      <${Panel} title="Queues and workers" id="queues">${whole === null ? null : whole.queues === null ? html`<p class="muted small">They are the whole stack's, of all its tenants, so they are shown with the scope admin.</p>`
        : html`<table class="small-table"><thead><tr><th>For</th><th class="num">Waiting</th><th class="num">In hand</th></tr></thead><tbody>${whole.queues.map((queue) => html`<tr key=${queue.name}><td>${QUEUES[queue.name] ?? spaced(queue.name)} <span class="mono muted small">${queue.name}</span></td><td class="num">${count(queue.waiting)}</td><td class="num">${count(queue.in_flight)}</td></tr>`)}</tbody></table>
          <p class="muted small">Messages of the whole stack, about. Each in hand keeps one worker busy.</p>`}<//>
      <${Panel} title="Limits" id="limits">${whole && html`<dl class="facts wide">${[["Open jobs", open, whole.limits.open_jobs], ["Schedules", scheduled?.schedules.length ?? null, whole.limits.schedules], ["Requests a minute", null, whole.limits.requests_per_minute], ["Units of a job", null, whole.limits.units_per_job], ["Chunks of a job at a time", null, whole.limits.lanes]].map(([name, used, most]) => html`<dt>${name}</dt><dd class="num">${used !== null && most !== null ? `${count(used)} of ` : ""}${most === null ? html`<span class="muted">no limit${used !== null ? `, ${count(used)} now` : ""}</span>` : count(most)}</dd>`)}<dt>Size of a request</dt><dd class="num">${bytes(whole.limits.body_bytes)}</dd><dt>Version</dt><dd>${whole.version}</dd></dl>`}<//>
    </div>
    <div class="bar-of spaced"><h2>Events</h2><div class="chips grow" role="group" aria-label="Type">${[["", "All"], ...Object.entries(TYPES)].map(([value, text]) => html`<button type="button" class="chip" aria-pressed=${type === value} onClick=${() => go(to("/system", { type: value }), { replace: true })}>${text}</button>`)}</div>
      ${events?.length > 0 && html`<${Button} small barred=${barred} onClick=${() => setAsking("clear")}>Clear<//>`}</div>
    <${Trouble} error=${error?.status ? error : null} />
    ${events && !events.length && html`<${Empty} icon="system" title="Nothing has happened">Pauses and resumes of the whole, troubles, failed jobs and repairs stand here.<//>`}
    ${events?.length > 0 && html`<ol class="history">${[...events].reverse().map((event) => html`<li key=${event.id} class=${`status-${LOOKS[event.event_type]}`}><${Status} of=${LOOKS[event.event_type]}>${spaced(event.event_type)}<//><span class="grow break">${event.about ? html`${/^(batch|tasks|processes|sources|jobs):/.test(event.about) ? html`<a class="mono" href=${jobAddress(event.about)}>${event.about}</a>` : html`<span class="mono">${event.about}</span>`}${event.reason ? ": " : ""}` : ""}${event.reason ?? ""}${event.database_name !== "default" ? html` <span class="muted small">in ${event.database_name}</span>` : ""}</span><time class="muted small num" datetime=${event.created_at} title=${exactly(event.created_at)}><${When} at=${event.created_at} /></time></li>`)}</ol>`}
    ${asking === "pause" && html`<${Ask} title="Pause all processing" verb="Pause everything" onClose=${() => setAsking(null)} act=${pause}><p class="muted">No unit of any job of the tenant starts until this is released. Units in hand end and count; nothing is lost.</p><${HoldFields} /><//>`}
    ${asking === "clear" && html`<${Ask} title="Clear the events" verb="Clear" danger onClose=${() => setAsking(null)} act=${async () => { const { deleted } = await remove(`${SYSTEM}/events`); say(`${many(deleted, "event")} removed.`); readEvents(); }}><p class="muted">All of them go, of all workspaces. The audit log is another thing and stays.</p><//>`}`;
}
