// One job: how far it is, why it stands still, and what can be done about it.
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { get, jobPath, post } from "../lib/api.js";
import { FINAL, count, dollars, exactly, follows, lasting, local, many, millis, moment, percent, rate as spoken, relative, spaced, standing, subject } from "../lib/format.js";
import { useJob } from "../lib/followed.js";
import { useKinds } from "../lib/kinds.js";
import { useLive, useNow } from "../lib/live.js";
import { jobAddress, to } from "../lib/router.js";
import { barred, may as permitted } from "../lib/session.js";
import { Acts, Warning, resume, useSteering } from "../parts/acts.js";
import { Button, Copy, Empty, Head, JobStatus, Json, Note, Panel, Progress, Status, Trouble, When, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { History } from "../parts/history.js";
import { Told } from "../parts/told.js";
import { Timeline } from "../parts/timeline.js";
import { Units } from "./units.js";

const TABS = [["units", "Units"], ["timeline", "Timeline"], ["history", "History"], ["parameters", "Parameters"]];
const CHECKPOINTS = { pre_execution: "before its first unit", unit: "between two units", stage: "between two stages", pre_completion: "before it sums up" };

export function JobPage({ name: id, query }) {
  const { job, events, error, put, rate } = useJob(id);
  const kind = useKinds()?.[job?.kind];
  const [ask, setAsk] = useState(null);
  const tab = query.get("tab") ?? "units";
  useSteering(job, put, () => setAsk("pause"));
  const crumb = html`<a class="crumb" href=${to("/jobs")}><${Icon} name="back" />Jobs</a>`;
  if (!job) {
    if (!error) return html`<${Head} title="Job" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} />`;
    return html`<${Head} title="Job" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} />
      ${error.status === 404 ? html`<${Empty} icon="search" title="There is no such job">It may belong to another tenant, or the address may be mistyped.<//>` : html`<${Trouble} error=${error} />`}`;
  }
  const about = subject(job);
  return html`
    <${Head} crumb=${crumb} title=${kind?.title ?? spaced(job.kind)} sub=${html`
        ${about && html`<div class="break">${about}</div>`}
        <${Labels} labels=${job.labels} />
        <div class="idline"><span class="mono break">${job.id}</span><${Copy} text=${job.id} label="Copy the id" /><span class="small">by ${job.user}, <${When} at=${job.created_at} />${job.run > 1 ? `, run ${job.run}` : ""}</span></div>`}>
      <${Acts} job=${job} kind=${kind} onDone=${put} ask=${ask} setAsk=${setAsk} again=${to("/start", { like: job.id })} />
    <//>
    <div class="hidden" role="status" aria-live="polite">${`Job ${standing(job).replace("_", " ")}, ${percent(job.progress)}`}</div>
    <div class="overview">
      <div class="stack">
        <${Advance} job=${job} rate=${rate} kind=${kind} />
        <${Cost} job=${job} />
        ${job.notify.length > 0 && html`<${Told} job=${job} />`}
        <${Warning} job=${job} />
        ${job.error && html`<${Note} of=${job.status === "cancelled" ? "cancelled" : "failed"}><span class="break">${job.error}</span><//>`}
        ${job.status === "waiting_review" && html`<div class="note status-waiting_review"><${Icon} name="waiting_review" /><div class="grow"><b>A draft waits for your decision.</b> Nothing is applied before somebody approves it.</div><a class="button small primary" href=${to(`/review/${encodeURIComponent(job.id)}`)}>Review it</a></div>`}
      </div>
      <${Why} job=${job} put=${put} />
    </div>
    <nav class="tabs" aria-label="About this job">${TABS.map(([value, title]) => html`<a href=${jobAddress(id, { tab: value === "units" ? "" : value })} aria-current=${tab === value ? "page" : undefined}>${title}</a>`)}</nav>
    ${tab === "units" && html`<${Units} job=${job} kind=${kind} query=${query} setAsk=${setAsk} />`}
    ${tab === "timeline" && html`<${Timeline} job=${job} events=${events} query=${query} />`}
    ${tab === "history" && html`<${History} events=${events} />`}
    ${tab === "parameters" && html`<${Parameters} job=${job} />`}`;
}

/** The labels, each leading to the jobs that have it. */
function Labels({ labels }) {
  const pairs = Object.entries(labels ?? {});
  if (!pairs.length) return null;
  return html`<ul class="tags" aria-label="Labels">${pairs.map(([name, value]) => { const text = value ? `${name}=${value}` : name; return html`<li><a href=${to("/jobs", { label: text })}>${text}</a></li>`; })}</ul>`;
}

/** About what it has cost so far, read again as it moves on. */
function Cost({ job }) {
  const over = FINAL.has(job.status);
  const { value: cost, again } = useLive((signal) => get(jobPath(job.id, "cost"), null, signal), standing(job) === "running" ? 5000 : null, [job.id, standing(job), job.run]);
  useEffect(() => { again(); }, [over, job.stage]);
  if (!cost) return null;
  const share = (amount) => `${Math.round((amount / cost.dollars) * 100)} %`;
  const ahead = !over && cost.projected_dollars !== null && cost.projected_dollars > cost.dollars * 1.01;
  return html`<details class="panel cost"><summary><span class="muted">${over ? "It cost about" : "So far it cost about"}</span> <b class="num">${dollars(cost.dollars)}</b>${ahead && html`<span class="muted num">, at the end about ${dollars(cost.projected_dollars)}</span>`}${job.status === "paused" && html`<span class="muted">, and nothing while it waits</span>`}</summary>
    <div class="inside"><dl class="facts">${cost.services.map(({ service, dollars: amount }) => html`<dt>${service}</dt><dd class="num">${dollars(amount)} <span class="muted">${share(amount)}</span></dd>`)}<dt>Workers</dt><dd class="num">${lasting(cost.worker_seconds)}</dd>
      ${job.counts.succeeded + job.counts.failed > 0 && html`<dt>A million units like these</dt><dd class="num">${dollars((cost.dollars / (job.counts.succeeded + job.counts.failed)) * 1e6)}</dd>`}</dl>
    <p class="muted small">An estimate by AWS's public prices in us-east-1, from what the job has done. What others charge, such as a language model, and keeping the results are not in it.</p></div></details>`;
}

/** Progress, stages, speed. */
function Advance({ job, rate, kind }) {
  const now = useNow();
  const { succeeded, failed, remaining, total } = job.counts;
  const running = standing(job) === "running";
  const planned = job.stages.every((stage) => stage.planned) && job.stages.length;
  const left = running && rate && planned && remaining ? remaining / rate : null;
  const read = useRef({ job: null, at: 0 });
  if (read.current.job !== job) read.current = { job, at: now };
  const active = job.active_seconds + (running || standing(job) === "pausing" ? Math.max(0, now - read.current.at) / 1000 : 0);
  const stages = kind?.stages ?? job.stages;
  const place = stages.findIndex((stage) => stage.name === job.stage);
  return html`<section class="panel advance" aria-label="Progress">
    <div class="top"><${JobStatus} job=${job} pill /><span class="big num">${percent(job.progress)}${job.status === "waiting_review" && html` <span class="muted">of the draft</span>`}</span></div>
    <${Progress} job=${job} tall />
    <dl class="figures">
      <div><dt>Succeeded</dt><dd class="num">${count(succeeded)}</dd></div>
      <div><dt>Failed</dt><dd class=${`num${failed ? " tone status-failed" : ""}`}>${count(failed)}</dd></div>
      <div><dt>Left</dt><dd class="num">${planned || total ? html`${count(remaining)}<span class="muted"> of ${count(total)}</span>` : html`<span class="muted">not planned yet</span>`}</dd></div>
      <div><dt>At work</dt><dd class="num">${active < 1 && !FINAL.has(job.status) ? "–" : lasting(active)}</dd></div>
      <div><dt>${FINAL.has(job.status) ? "Throughput" : "Throughput now"}</dt><dd class="num">${rate && (running || FINAL.has(job.status)) ? spoken(rate) : "–"}</dd></div>
      <div><dt>${FINAL.has(job.status) ? "Ended" : "Time left"}</dt><dd class="num">${FINAL.has(job.status) ? html`<${When} at=${job.finished_at} />` : left !== null ? `about ${lasting(left)}` : running ? "not known yet" : "stands still"}</dd></div>
    </dl>
    ${stages.length > 1 && html`<ol class="steps" aria-label="Stages">${stages.map((stage, at) => {
      const begun = job.stages.find((one) => one.name === stage.name);
      const state = job.status === "completed" || at < place ? "done" : at === place && !(job.status === "waiting_review") ? "now" : at === place ? "waits" : "ahead";
      return html`<li class=${state} aria-current=${state === "now" ? "step" : undefined}><b>${spaced(stage.name)}</b><span class="muted small">${begun && (begun.units || begun.planned) && !(state === "waits" && !begun.units) ? many(begun.units, "unit") : stage.review ? "after a review" : "not planned yet"}</span></li>`;
    })}</ol>`}
  </section>`;
}

/** What the job waits for, who holds it, and what became of a pause. */
function Why({ job, put }) {
  const key = `${job.status} ${job.updated_at} ${job.holds.length}`;
  const over = FINAL.has(job.status);
  const { value: why, again } = useLive((signal) => get(jobPath(job.id, "why"), null, signal), over ? null : 3000, [job.id, over]);
  useEffect(() => { again(); }, [key]);
  return html`<section class="panel why" aria-labelledby="why">
    <header><h2 id="why" class="grow">${over ? "How it ended" : standing(job) === "running" ? "What it is doing" : "Why it waits"}</h2></header>
    <div class="body">
      <p class="sentence" role="status">${why ? local(why.sentence) : html`<span class="muted">Asking…</span>`}</p>
      ${job.checkpoint && html`<p class="muted small">It stands ${CHECKPOINTS[job.checkpoint] ?? job.checkpoint} (${job.checkpoint}).</p>`}
      ${job.holds.map((hold) => html`<${Held} key=${hold.scope} hold=${hold} job=${job} put=${put} />`)}
      <${Receipt} job=${job} />
      ${over && job.result && html`<dl class="facts outcome">${Object.entries(job.result).filter(([, value]) => typeof value !== "object").slice(0, 8).map(([name, value]) => html`<dt>${spaced(name)}</dt><dd class="num">${typeof value === "number" ? count(value) : String(value)}</dd>`)}</dl>`}
    </div>
  </section>`;
}

function Held({ hold, job, put }) {
  const now = useNow();
  const release = async () => {
    if (own) return resume(job, put);
    try {
      await post(hold.scope === "system" ? "/api/v1/system/processing/resume" : `/api/v1/sources/${encodeURIComponent(hold.scope.split(":")[1])}/resume`);
      say("Released.", "running");
    } catch (error) {
      say(error.status === 403 ? "Your key may not release this: it needs the scope admin." : error.message, "failed");
    }
    return null;
  };
  const own = hold.scope === "job" || hold.scope.startsWith("after:");
  const not = own ? barred(job.user) : hold.scope === "system" && !permitted("admin") ? "The whole system is released by somebody with the scope admin." : barred();
  const scope = hold.scope === "job" ? "This job" : hold.scope === "system" ? "The whole system" : `Source ${hold.scope.split(":")[1]}`;
  if (hold.scope.startsWith("after:")) {
    const first = hold.scope.slice(6);
    return html`<div class="held status-pending"><div class="grow">It starts after <a class="mono break" href=${jobAddress(first)}>${first}</a>${job.on_failure !== "hold" && html`<span class="muted small">If that one does not complete, it ${job.on_failure === "start" ? "starts all the same" : "is cancelled"}.</span>`}</div><${Button} small barred=${not} onClick=${release}>Start anyway<//></div>`;
  }
  return html`<div class="held status-paused">
    <div class="grow"><b>${scope}</b> held by <b>${hold.owner === "automatic" ? "Fermata itself" : hold.owner}</b>
      ${hold.reason && html`<q class="break">${hold.reason}</q>`}
      <span class="muted small num" title=${exactly(hold.since)}>for ${lasting(Math.max(0, now - millis(hold.since)) / 1000)}${hold.until ? html`, ends <span title=${exactly(hold.until)}>${relative(hold.until, now)}</span> (${moment(hold.until)})` : ", until somebody releases it"}</span>
    </div>
    <${Button} small barred=${not} onClick=${release}>Release<//>
  </div>`;
}

/** A pause as it comes about: asked for, the units in hand ending, at rest. */
function Receipt({ job }) {
  const { pause } = job;
  if (!pause || follows(job)) return null;
  const took = pause.quiesced_at ? (millis(pause.quiesced_at) - millis(pause.asked_at)) / 1000 : null;
  const step = (state, title, text) => html`<li class=${state}><b>${title}</b><span class="muted small num">${text}</span></li>`;
  return html`<div class="receipt"><h3>${pause.ended_at ? "Its last pause" : "The pause"}</h3><ol class="steps upright">
    ${step("done", "Asked for", moment(pause.asked_at))}
    ${step(pause.quiesced_at || pause.ended_at ? "done" : "now", "Units in hand end", pause.in_flight ? `up to ${many(pause.in_flight, "unit")} ran` : "none ran")}
    ${pause.ended_at && !pause.quiesced_at ? null : step(pause.quiesced_at ? "done" : "ahead", "At rest", pause.quiesced_at ? `${moment(pause.quiesced_at)}${took >= 1 ? `, after ${lasting(took)}` : ", at once"}` : "not yet")}
    ${pause.ended_at && step("done", pause.quiesced_at ? "Resumed" : "Withdrawn", moment(pause.ended_at))}
  </ol></div>`;
}

function Parameters({ job }) {
  const facts = [["Kind", job.kind], ["Workspace", job.workspace], ["Started by", `${job.user}, by the API "${job.family}"`], ["Source", job.source], ["Labels", Object.entries(job.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(", ")], ["After", job.after?.length ? job.after.map((id) => html`<div><a class="mono break" href=${jobAddress(id)}>${id}</a></div>`) : null], ["If one of those does not complete", job.after?.length ? { hold: "it stays held", start: "it starts all the same", cancel: "it is cancelled" }[job.on_failure] : null], ["Chunks at a time", job.limit], ["Seconds at work, at most", job.timeout],
    ["Paused at a share of failures", job.max_failed_share], ["Priority", job.priority], ["Units a minute", job.rate && `${count(job.rate)}${job.rate_key ? `, shared as ${job.rate_key}` : ""}`], ["Created", exactly(job.created_at)], ["Started", exactly(job.started_at)],
    ["Ended", exactly(job.finished_at)], ["At work", lasting(job.active_seconds)], ["Paused or in review", job.idle_seconds ? lasting(job.idle_seconds) : null], ["Trace", job.trace]];
  return html`<div class="halves">
    <${Panel} title="Parameters" id="params"><${Json} value=${job.params} /><//>
    <div class="stack"><${Panel} title="How it runs" id="runs"><dl class="facts">${facts.filter(([, value]) => value !== null && value !== "" && value !== undefined).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl><//>
    ${job.result !== null && html`<${Panel} title="Result" id="result"><${Json} value=${job.result} /><//>`}</div>
  </div>`;
}
