// Work that starts by the clock: all schedules, and one of them.
import { html, useState } from "../lib/html.js";
import { get, post, remove } from "../lib/api.js";
import { exactly, many, moment, spaced } from "../lib/format.js";
import { useChanges } from "../lib/changes.js";
import { useKinds } from "../lib/kinds.js";
import { useLive } from "../lib/live.js";
import { usePages } from "../lib/pages.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { HERE, spoken } from "../lib/times.js";
import { HoldFields, holdOf } from "../parts/acts.js";
import { Ask, Button, Empty, Field, Head, Json, Note, Panel, Status, Trouble, When, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { useKeys } from "../parts/keyboard.js";

const ROUTE = "/api/v1/schedules";
const path = (id, verb) => `${ROUTE}/${encodeURIComponent(id)}${verb ? `/${verb}` : ""}`;
const address = (id) => to(`/schedules/${encodeURIComponent(id)}`);
const LOOKS = { started: ["completed", "Started"], skipped: ["cancelled", "Skipped"], failed: ["failed", "Failed"] };
const OVERLAPS = { skip: "a time is skipped", queue: "one job starts after it", allow: "it starts beside it", cancel: "the old job is cancelled" };
const CATCHES = { none: "none is made up for", last: "the last is made up for", all: "all are made up for, a hundred at most" };

function State({ schedule, pill }) {
  if (schedule.paused) return html`<${Status} of="paused" pill=${pill} />`;
  if (!schedule.next.length) return html`<${Status} of="completed" pill=${pill}>No time is left<//>`;
  return html`<${Status} of="pending" pill=${pill}>Waits for its time<//>`;
}

export function Schedules({ query }) {
  const kinds = useKinds();
  const { value, error } = useLive((signal) => get(ROUTE, null, signal), 10_000, []);
  const words = (query.get("q") ?? "").toLowerCase();
  const held = query.get("paused") === "true";
  const rows = (value?.schedules ?? []).filter((one) => (!held || one.paused) && `${one.id} ${one.name} ${one.user} ${one.job.kind}`.toLowerCase().includes(words));
  const put = (changes) => go(to("/schedules", { q: query.get("q"), paused: query.get("paused"), ...changes }), { replace: true });
  return html`<${Head} title="Schedules" sub="Work that starts by the clock, one job for each time.">
      ${barred() ? html`<${Button} kind="primary" icon="start" barred=${barred()}>New schedule<//>` : html`<a class="button primary" href=${to("/start", { when: "schedule" })}><${Icon} name="start" />New schedule</a>`}<//>
    <form class="filters" role="search" aria-label="Schedules" onSubmit=${(event) => event.preventDefault()}><div class="line"><div class="find"><${Icon} name="search" /><label class="hidden" for="q">Search schedules</label><input id="q" type="search" value=${query.get("q") ?? ""} placeholder="Search by name, kind or person" onInput=${(event) => put({ q: event.target.value })} /><kbd aria-hidden="true">/</kbd></div>
      <button type="button" class="chip" aria-pressed=${held} onClick=${() => put({ paused: held ? "" : "true" })}>Paused</button></div></form>
    <${Trouble} error=${error?.status ? error : null} />
    ${value && !rows.length && html`<${Empty} icon="schedules" title=${value.schedules.length ? "No schedule matches" : "No schedules yet"}>A schedule starts the same work again at its times: each night, each quarter of an hour, on the first of the month.<//>`}
    <ul class="cards wide">${rows.map((one) => html`<li key=${one.id}><a class="card" href=${address(one.id)}><span class="bar-of tight"><b class="grow clip">${one.name}</b><${State} schedule=${one} /></span>
      <span>${kinds?.[one.job.kind]?.title ?? spaced(one.job.kind)}, ${spoken(one.expression)} <span class="muted small">${one.timezone}</span></span>
      <span class="muted small num">${one.paused ? "starts nothing while it is paused" : one.next.length ? html`next <${When} at=${one.next[0]} /> (${moment(one.next[0])})` : "no time is left"}; by ${one.user}</span></a></li>`)}</ul>`;
}

export function SchedulePage({ name: id }) {
  const kinds = useKinds();
  useChanges((name) => { if (["created", "completed", "failed"].includes(name)) { again(); } });
  const { value: one, error, again: reread } = useLive((signal) => get(path(id), null, signal), 10_000, [id]);
  const history = usePages(path(id, "history"), { limit: 50 }, "firings");
  const again = () => { reread(); history.again(); };
  const [asking, setAsking] = useState(null);
  const crumb = html`<a class="crumb" href=${to("/schedules")}><${Icon} name="back" />Schedules</a>`;
  const not = one ? barred(one.user) : null;
  const act = async (verb, body, told, tone) => {
    try {
      await post(path(id, verb), body);
      say(told, tone);
      again();
    } catch (failure) {
      say(failure.message, "failed");
    }
  };
  const steer = (able, ask) => { if (not) say(not, "failed"); else if (able) ask(); };
  const resume = () => act("resume", undefined, "Resumed. It goes on with its next time.", "running");
  useKeys({ p: () => one && steer(!one.paused, () => setAsking("pause")), r: () => one && steer(one.paused, resume) }, [one]);
  if (!one) return html`<${Head} title="Schedule" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} />${error?.status === 404 ? html`<${Empty} icon="search" title="There is no such schedule">It may have been deleted, or belong to another tenant.<//>` : html`<${Trouble} error=${error} />`}`;
  const runNow = async () => {
    try {
      const { job_id: job } = await post(path(id, "run"));
      say("Started.", "running");
      go(jobAddress(job));
    } catch (failure) {
      say(failure.message, "failed");
    }
  };
  const title = kinds?.[one.job.kind]?.title ?? spaced(one.job.kind);
  const facts = [["Expression", html`<code>${one.expression}</code>`], ["Time zone", one.timezone], ["From", one.start && exactly(one.start)], ["Until", one.end && exactly(one.end)], ["Spread over", one.window_minutes ? many(one.window_minutes, "minute") : null],
    ["While a job is still open", OVERLAPS[one.overlap]], ["Of times that were missed", CATCHES[one.catch_up]], ["Made by", `${one.user}, ${exactly(one.created_at)}`]];
  return html`<${Head} crumb=${crumb} title=${one.name} sub=${html`<div>${title}, ${spoken(one.expression)} <span class="muted">${one.timezone}</span></div><div class="idline"><span class="mono break">${one.id}</span> · <a href=${to("/jobs", { label: `schedule=${one.id}` })}>its jobs</a></div>`}>
      <${Button} kind="primary" icon="resume" barred=${barred()} onClick=${runNow}>Run now<//>
      ${one.paused ? html`<${Button} icon="resume" barred=${not} onClick=${resume}>Resume<//>` : html`<${Button} icon="pause" barred=${not} onClick=${() => setAsking("pause")}>Pause<//>`}
      <${Button} barred=${barred()} onClick=${() => setAsking("backfill")}>Backfill<//>
      ${!not && html`<a class="button" href=${to("/start", { schedule: one.id })}>Change</a>`}
      <${Button} kind="danger" icon="cancel" barred=${not} onClick=${() => setAsking("delete")}>Delete<//><//>
    <div class="hidden" role="status" aria-live="polite">${one.paused ? "Paused" : one.next.length ? `Next at ${moment(one.next[0])}` : "No time is left"}</div>
    <div class="overview"><div class="stack">
      ${one.paused && html`<${Note} of="paused"><b>Paused by ${one.hold.owner}</b>${one.hold.reason && html` <q class="break">${one.hold.reason}</q>`}<div class="muted small">since ${moment(one.hold.since)}, ${one.hold.until ? `until ${moment(one.hold.until)}` : "until somebody resumes it"}. Its times meanwhile are skipped.</div><//>`}
      <${Panel} title="Next times" id="next" side=${html`<span class="muted small">${one.paused ? "left out while it is paused; " : ""}by your clock, ${HERE}</span>`}>${one.next.length ? html`<ol class="next">${one.next.map((at) => html`<li class="num"><b>${moment(at)}</b> <span class="muted small"><${When} at=${at} /></span></li>`)}</ol>` : html`<p class="muted">No time is left.</p>`}<//>
      <div><h2 class="spaced-below">What became of its times</h2>
      <${Trouble} error=${history.error} />
      ${history.rows && !history.rows.length && html`<${Empty} icon="schedules" title="No time has come yet">Each stands here once it has: with its job, or why there is none.<//>`}
      ${history.rows?.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="History"><table><thead><tr><th>Due</th><th>Outcome</th><th>Job, or why not</th></tr></thead>
        <tbody>${history.rows.map((line) => { const [look, word] = LOOKS[line.outcome]; return html`<tr key=${`${line.due_at}${line.cause}`}><td class="nowrap" title=${`decided ${exactly(line.decided_at)}`}>${moment(line.due_at)}${line.count > 1 && html`<div class="muted small">and ${line.count - 1} more, to ${moment(line.through)}</div>`}</td>
          <td><${Status} of=${look}>${word}<//>${line.cause !== "clock" && html`<div class="muted small">${line.cause === "run" ? "by hand" : "by a backfill"}</div>`}</td><td class="break">${line.job_id ? html`<a class="mono" href=${jobAddress(line.job_id)}>${line.job_id}</a>` : line.reason}</td></tr>`; })}</tbody></table></div>
        ${history.more && html`<div class="more"><${Button} onClick=${history.more}>Show earlier ones<//></div>`}</div>`}</div></div>
      <div class="stack"><${Panel} title="How it runs" id="runs"><dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl><//>
        <${Panel} title="What it starts" id="work"><${Json} value=${one.job.params} /><//></div></div>
    ${asking === "pause" && html`<${Ask} title="Pause this schedule" verb="Pause" onClose=${() => setAsking(null)} act=${async (form) => { await post(path(id, "pause"), holdOf(form)); say("Paused. Jobs that have started go on.", "paused"); again(); }}><p class="muted">It starts nothing until it is resumed. Its times meanwhile are skipped; jobs that have started go on.</p><${HoldFields} /><//>`}
    ${asking === "delete" && html`<${Ask} title="Delete this schedule" verb="Delete" danger onClose=${() => setAsking(null)} act=${async () => { await remove(path(id)); say("Deleted.", "cancelled"); go(to("/schedules")); }}><p class="muted">It starts nothing more. Its jobs stay.</p><//>`}
    ${asking === "backfill" && html`<${Backfill} schedule=${one} onClose=${() => setAsking(null)} onDone=${again} />`}`;
}

/** Start jobs for times that have passed: tried first, then done. */
function Backfill({ schedule, onClose, onDone }) {
  const [tried, setTried] = useState(null);
  const day = (ago) => new Date(Date.now() - ago * 86_400_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const act = async (form) => {
    const body = { from: new Date(form.get("from")).toISOString().replace(/\.\d+Z$/, "Z"), to: new Date(form.get("to")).toISOString().replace(/\.\d+Z$/, "Z") };
    const same = tried && tried.from === body.from && tried.to === body.to;
    const found = await post(path(schedule.id, "backfill"), { ...body, dry_run: !same });
    if (!same) {
      setTried({ ...body, ...found });
      return true;
    }
    say(`${many(found.count, "job")} started.`, "running");
    onDone();
    return false;
  };
  return html`<${Ask} title="Backfill" verb=${tried ? `Start ${many(tried.count, "job")}` : "See what would start"} onClose=${onClose} act=${act}>
    <p class="muted">A job for each time of a span that has passed and has none, a hundred at most.</p>
    <${Field} name="from" label="From"><input id="from" name="from" type="datetime-local" required defaultValue=${day(1)} onInput=${() => setTried(null)} /><//>
    <${Field} name="to" label="To, not with it"><input id="to" name="to" type="datetime-local" required defaultValue=${day(0)} onInput=${() => setTried(null)} /><//>
    ${tried && html`<div class="tried" role="status"><b>${many(tried.count, "job")} would start</b><ul class="told small">${tried.times.slice(0, 30).map((time) => html`<li class="num">${moment(time.due_at)}${time.reason && html` <span class="muted">${time.reason}</span>`}</li>`)}</ul>${tried.times.length > 30 && html`<p class="muted small">and ${tried.times.length - 30} more</p>`}</div>`}<//>`;
}
