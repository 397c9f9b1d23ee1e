// Receivers that are told of what happens: all of them, and one with what it was sent.
import { html, useState } from "../lib/html.js";
import { get, post, remove } from "../lib/api.js";
import { exactly, many, moment, spaced } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { usePages } from "../lib/pages.js";
import { go, jobAddress, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Ask, Button, Copy, Dialog, Empty, Field, Head, Json, Note, Panel, Status, Trouble, When, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const ROUTE = "/api/v1/webhooks";
const path = (id, verb) => `${ROUTE}/${encodeURIComponent(id)}${verb ? `/${verb}` : ""}`;
const address = (id, query) => to(`/webhooks/${encodeURIComponent(id)}`, query);
const LOOKS = { enabled: ["completed", "Enabled"], failing: ["warning", "Failing"], disabled: ["cancelled", "Disabled"] };
const SENT = { pending: ["pending", "Waits"], delivered: ["completed", "Delivered"], dead: ["failed", "Given up"] };
const SHOWS = { "": "All", pending: "Waiting", dead: "Given up" };
const EVENTS = [["*", "Everything"], ["job.*", "Everything about jobs"], ["job.completed", "A job completed"], ["job.failed", "A job failed"], ["job.timed_out", "A job ran out of time"], ["job.cancelled", "A job was cancelled"], ["job.waiting_review", "A draft waits for review"], ["job.paused", "A job paused"]];
const lines = (text) => text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);
const barred = () => (may("admin") ? null : "Webhooks are managed with the scope admin.");

/** A secret, which is told this once. */
function Told({ secret, onClose }) {
  return html`<${Dialog} title="The secret" onClose=${onClose}><div class="inside"><h2>The secret</h2>
    <${Note} of="warning">It is shown this once. The receiver verifies signatures with it.<//>
    <p class="secret"><code class="break">${secret}</code><${Copy} text=${secret} label="Copy the secret" /></p>
    <div class="ends"><${Button} kind="primary" onClick=${onClose}>I have kept it<//></div></div><//>`;
}

export function Webhooks() {
  const { value, error, again } = useLive((signal) => get(ROUTE, null, signal), may("admin") ? 10_000 : null, []);
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState(null);
  const create = async (form) => {
    const events = [...form.getAll("event"), ...lines(form.get("more"))];
    const body = { name: form.get("name").trim(), url: form.get("url").trim(), events, kinds: lines(form.get("kinds")), format: form.get("format") };
    setMade(await post(ROUTE, body));
    again();
  };
  return html`<${Head} title="Webhooks" sub="Receivers that are told of what happens, by signed requests."><${Button} kind="primary" icon="start" barred=${barred()} onClick=${() => setAsking(true)}>Create a webhook<//><//>
    <${Trouble} error=${error?.status ? error : null} />
    ${value && !value.webhooks.length && html`<${Empty} icon="webhooks" title="No webhooks yet">A program of yours, or a channel in Slack, hears of jobs that fail, end or wait for a review.<//>`}
    <ul class="cards wide">${(value?.webhooks ?? []).map((one) => html`<li key=${one.id}><a class="card" href=${address(one.id)}><span class="bar-of tight"><b class="grow clip">${one.name}</b><${Status} of=${LOOKS[one.state][0]}>${LOOKS[one.state][1]}<//></span>
      <span class="mono small break">${one.url}</span><span class="muted small">${one.events.join(", ") || "only jobs that name it"}${one.kinds.length ? `, of ${one.kinds.join(", ")}` : ""}; by ${one.user}</span></a></li>`)}</ul>
    ${asking && html`<${Ask} title="Create a webhook" verb="Create" onClose=${() => setAsking(false)} act=${create}>
      <${Field} name="name" label="Name"><input id="name" name="name" required maxlength="128" autocomplete="off" autofocus placeholder="Failures to the team" /><//>
      <${Field} name="url" label="Address" hint="Https, and public."><input id="url" name="url" type="url" required autocomplete="off" placeholder="https://hooks.example.com/fermata" aria-describedby="url-hint" /><//>
      <fieldset class="plain"><legend class="label">Of what it hears</legend>${EVENTS.map(([event, text]) => html`<label class="check"><input type="checkbox" name="event" value=${event} defaultChecked=${event === "job.failed"} /><span>${text} <span class="mono muted small">${event}</span></span></label>`)}</fieldset>
      <${Field} name="more" label="Other types" hint="With commas, as schedule.*"><input id="more" name="more" autocomplete="off" aria-describedby="more-hint" /><//>
      <${Field} name="kinds" label="Only of these kinds" hint="With commas; none: of any."><input id="kinds" name="kinds" autocomplete="off" aria-describedby="kinds-hint" /><//>
      <${Field} name="format" label="As"><select id="format" name="format"><option value="json">The event as JSON</option><option value="slack">A message that Slack shows</option></select><//><//>`}
    ${made && html`<${Told} secret=${made.secret} onClose=${() => { setMade(null); go(address(made.id)); }} />`}`;
}

export function WebhookPage({ name: id, query }) {
  const state = query.get("state") ?? "";
  const { value: one, error, again: reread } = useLive((signal) => get(path(id), null, signal), 5000, [id]);
  const { value: newest, again: readSent } = useLive((signal) => get(path(id, "deliveries"), { state, limit: 50 }, signal), 4000, [id, state]);
  const older = usePages(path(id, "deliveries"), { state, limit: 50 }, "deliveries");
  const [asking, setAsking] = useState(null);
  const [secret, setSecret] = useState(null);
  const [open, setOpen] = useState(null);
  const crumb = html`<a class="crumb" href=${to("/webhooks")}><${Icon} name="back" />Webhooks</a>`;
  if (!one) return html`<${Head} title="Webhook" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} />${error?.status === 404 ? html`<${Empty} icon="search" title="There is no such webhook">It may have been deleted, or belong to another tenant.<//>` : html`<${Trouble} error=${error} />`}`;
  const act = async (verb, body, told, tone = "completed") => {
    try {
      const answer = await post(path(id, verb), body);
      say(typeof told === "function" ? told(answer) : told, tone);
      reread();
      readSent();
      older.again();
    } catch (failure) {
      say(failure.message, "failed");
    }
  };
  const known = new Set((newest?.deliveries ?? []).map((sent) => sent.id));
  const sent = newest ? [...newest.deliveries, ...(newest.next_cursor ? (older.rows ?? []).filter((line) => !known.has(line.id)) : [])] : null;
  const [look, word] = LOOKS[one.state];
  return html`<${Head} crumb=${crumb} title=${one.name} sub=${html`<div class="mono break">${one.url}</div>`}>
      <${Button} kind="primary" barred=${barred()} onClick=${() => act("test", undefined, "A test is on its way; it stands below.", "running")}>Send a test<//>
      ${one.state === "disabled" ? html`<${Button} icon="resume" barred=${barred()} onClick=${() => act("enable", undefined, "Enabled.")}>Enable<//>` : html`<${Button} icon="pause" barred=${barred()} onClick=${() => setAsking("disable")}>Disable<//>`}
      <${Button} barred=${barred()} onClick=${() => setAsking("secret")}>New secret<//>
      <${Button} kind="danger" icon="cancel" barred=${barred()} onClick=${() => setAsking("delete")}>Delete<//><//>
    <div class="halves">
      <${Panel} title="How it is" id="how"><div class="stack"><${Status} of=${look} pill>${word}<//>
        ${one.state === "disabled" && html`<p>${one.disabled_reason ? html`<q>${one.disabled_reason}</q> ` : ""}<span class="muted">since ${moment(one.disabled_at)}</span></p>`}
        ${one.state === "failing" && html`<p>${many(one.failures, "attempt")} failed since <${When} at=${one.failing_since} />. What waits is tried again${one.resting_until ? html`, not before ${moment(one.resting_until)}` : ""}.</p>`}</div><//>
      <${Panel} title="Of what it hears" id="hears"><dl class="facts">${[["Events", one.events.join(", ") || "only of jobs that name it"], ["Kinds", one.kinds.join(", ")], ["Workspaces", one.workspaces.join(", ")], ["Labels", Object.entries(one.labels).map((pair) => pair.join("=")).join(", ")], ["As", one.format], ["Made by", `${one.user}, ${exactly(one.created_at)}`], ["Secret before", one.old_secret_until && `signs too until ${moment(one.old_secret_until)}`]].filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl><//></div>
    <div class="bar-of spaced"><h2>What it was sent</h2><div class="chips grow" role="group" aria-label="State">${Object.entries(SHOWS).map(([value, text]) => html`<a class="chip" href=${address(id, { state: value })} aria-current=${state === value ? "true" : undefined}>${text}</a>`)}</div>
      ${state === "dead" && sent?.length > 0 && html`<${Button} small icon="retry" barred=${barred()} onClick=${() => act("deliveries/resend", {}, (answer) => `${many(answer.count, "delivery", "deliveries")} sent again${answer.more ? "; more are left" : ""}.`, "running")}>Send all again<//>`}</div>
    ${sent && !sent.length && html`<${Empty} icon="webhooks" title=${state ? "None is like this" : "Nothing yet"}>${state === "dead" ? "That is how it should be." : "Each event that it is told of stands here, with its attempts."}<//>`}
    ${sent?.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Deliveries"><table><thead><tr><th>When</th><th>Event</th><th>State</th><th>Attempts</th><th><span class="hidden">Acts</span></th></tr></thead>
      <tbody>${sent.map((line) => { const [looks, words] = SENT[line.state]; const last = line.attempts.at(-1); return html`<tr key=${line.id}><td class="nowrap" title=${exactly(line.at)}>${moment(line.at)}</td><td><button type="button" class="cell" onClick=${() => setOpen(line)}><span>${line.type}</span></button>${line.job_id && html`<a class="mono small break" href=${jobAddress(line.job_id)}>${line.job_id}</a>`}</td>
        <td><${Status} of=${looks}>${words}<//>${line.reason && html`<div class="small muted break">${line.reason}</div>`}${line.next_attempt_at && html`<div class="small muted">again <${When} at=${line.next_attempt_at} /></div>`}</td>
        <td class="num-left">${line.attempts.length}${last && html`<div class="small muted break">${last.status ?? last.error}</div>`}</td>
        <td>${line.state === "dead" && html`<${Button} small icon="retry" barred=${barred()} onClick=${() => act(`deliveries/${encodeURIComponent(line.id)}/resend`, undefined, "Sent again.", "running")}>Send again<//>`}</td></tr>`; })}</tbody></table></div>
      ${older.more && html`<div class="more"><${Button} onClick=${older.more}>Show earlier ones<//></div>`}</div>`}
    ${open && html`<${Sent} webhook=${id} line=${open} onClose=${() => setOpen(null)} />`}
    ${asking === "disable" && html`<${Ask} title="Disable this webhook" verb="Disable" onClose=${() => setAsking(null)} act=${async (form) => { const reason = form.get("reason").trim(); await post(path(id, "disable"), reason ? { reason } : undefined); say("Disabled.", "cancelled"); reread(); readSent(); }}><p class="muted">It hears of nothing more, and what waits is given up; that may be sent again later.</p><${Field} name="reason" label="Reason"><input id="reason" name="reason" maxlength="500" autocomplete="off" autofocus /><//><//>`}
    ${asking === "secret" && html`<${Ask} title="A new secret" verb="Make it" onClose=${() => setAsking(null)} act=${async () => { setSecret((await post(path(id, "secret"))).secret); reread(); }}><p class="muted">The one before signs beside it for a day, so that the receiver can change.</p><//>`}
    ${asking === "delete" && html`<${Ask} title="Delete this webhook" verb="Delete" danger onClose=${() => setAsking(null)} act=${async () => { await remove(path(id)); say("Deleted.", "cancelled"); go(to("/webhooks")); }}><p class="muted">It is sent nothing more, and what it was sent is not shown any more.</p><//>`}
    ${secret && html`<${Told} secret=${secret} onClose=${() => setSecret(null)} />`}`;
}

/** One delivery in full: each attempt, and the event. */
function Sent({ webhook, line, onClose }) {
  const { value } = useLive((signal) => get(path(webhook, `deliveries/${encodeURIComponent(line.id)}`), null, signal), null, [line.id]);
  return html`<${Dialog} wide title=${line.type} onClose=${onClose}><div class="inside"><h2>${spaced(line.type)}</h2><p class="mono small break">${line.id}</p>
    <ol class="told">${line.attempts.map((one) => html`<li class="num">${exactly(one.at)}, ${one.seconds} s: ${one.status ?? one.error}</li>`)}</ol>
    ${value && html`<${Json} value=${value.event} />`}<div class="ends"><${Button} onClick=${onClose}>Close<//></div></div><//>`;
}
