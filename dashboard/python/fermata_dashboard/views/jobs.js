// All jobs, live.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/html.js";
import { get } from "../lib/api.js";
import { FINAL, WORDS, count, holder, lasting, many, millis, percent, spaced, subject } from "../lib/format.js";
import { useChanges } from "../lib/changes.js";
import { JobList } from "../lib/joblist.js";
import { useKinds } from "../lib/kinds.js";
import { useLive } from "../lib/live.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { PauseDialog, may, resume, steer } from "../parts/acts.js";
import { Button, Empty, Head, JobStatus, Progress, Trouble, When, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { useKeys } from "../parts/keyboard.js";

const FAMILIES = { jobs: "Jobs API", batch: "Batches", tasks: "Tasks", processes: "Processes", sources: "Sources" };
const SORTS = { "": "Newest first", progress: "Least done first", failed: "Most failures first", held: "Held the longest first", lasting: "Longest at work first" };
const ROW = 64;
const TAIL = 12; // of an id, shown in any case: ids that were made together begin alike
const SPARE = 8;
const POLLED = 2500, STREAMED = 30_000;
const LOOKED = 4000;
const NAMED = 100;
const SIEVED_AT_MOST = 10_000;

/** What the address asks for: for the server, and what is left to be sieved here. */
export function asked(query) {
  const day = (name, time) => (/^\d{4}-\d\d-\d\d$/.test(query.get(name) ?? "") ? `${query.get(name)}T${time}Z` : query.get(name));
  return {
    filter: {
      status: query.getAll("status"), kind: query.get("kind"), family: query.get("family"), workspace: query.get("workspace"),
      user: query.get("user"), label: query.getAll("label"),
      held: query.get("held"), failed_units: query.get("failed_units"), from: day("from", "00:00:00"), to: day("to", "23:59:59"),
    },
    words: (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean),
    sort: query.get("sort") ?? "",
  };
}

const texts = new WeakMap();

/** What words are looked for in: the same as the server's filter `text` looks in. */
function text(job) {
  const { id, kind, user, error, params, labels, holds } = job;
  const made = () => [id, kind, user, ...Object.entries(labels).map((pair) => pair.join("=")), JSON.stringify(params), error ?? "", ...holds.map((hold) => hold.reason ?? "")].join("\n").toLowerCase();
  if (!texts.has(job)) texts.set(job, made());
  return texts.get(job);
}

const ORDERS = {
  progress: (job) => job.progress + (FINAL.has(job.status) ? 2 : 0),
  failed: (job) => -job.counts.failed,
  held: (job) => Math.min(Infinity, ...job.holds.map((hold) => millis(hold.since))),
  lasting: (job) => -job.active_seconds,
};

export function sieved(jobs, { words, sort }) {
  let rows = jobs;
  if (words.length) rows = rows.filter((job) => { const all = text(job); return words.every((word) => all.includes(word)); });
  if (ORDERS[sort]) rows = [...rows].sort((one, other) => ORDERS[sort](one) - ORDERS[sort](other));
  return rows;
}

function useJobs(filter) {
  const [, draw] = useState(0);
  const key = JSON.stringify(filter);
  const list = useMemo(() => new JobList(filter, () => draw((n) => n + 1)), [key]);
  useEffect(() => () => list.end(), [list]);
  const streams = useChanges((name, job) => { if (name === "job") list.put(job); });
  const { error, value, again } = useLive(async () => { await list.refresh(); return true; }, () => (streams ? STREAMED : POLLED), [list]);
  const before = useRef(streams);
  useEffect(() => {
    if (before.current !== streams) again();
    before.current = streams;
  }, [streams]);
  return { list, error: error ?? list.error, ready: value !== null || list.jobs.length > 0, again };
}

/** Which rows of a long list are in sight. */
function useWindow(element, length) {
  const [range, setRange] = useState([0, 40]);
  useLayoutEffect(() => {
    const look = () => {
      const top = element.current ? -element.current.getBoundingClientRect().top : 0;
      const first = Math.max(0, Math.floor(top / ROW) - SPARE);
      const last = Math.ceil((top + window.innerHeight) / ROW) + SPARE;
      setRange((before) => (before[0] === first && before[1] === last ? before : [first, last]));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => { window.removeEventListener("scroll", look); window.removeEventListener("resize", look); };
  }, [length]);
  return [Math.min(range[0], Math.max(0, length - 1)), Math.min(range[1], length)];
}

function Remark({ job }) {
  const hold = job.holds[0];
  if (hold) return html`<span class="remark clip" title=${`${holder(hold)}${hold.reason ? `: ${hold.reason}` : ""}`}>${holder(hold)}${hold.reason && html`<span class="muted">: ${hold.reason}</span>`}</span>`;
  if (job.error) return html`<span class="remark clip status-failed" title=${job.error}>${job.error}</span>`;
  if (job.status === "running" && job.stages.length > 1) return html`<span class="remark clip muted">Stage ${spaced(job.stage).toLowerCase()}</span>`;
  if (FINAL.has(job.status) && job.active_seconds >= 1) return html`<span class="remark clip muted">${lasting(job.active_seconds)} at work</span>`;
  return html`<span class="remark"></span>`;
}

function Row({ job, place, kind, chosen, choose }) {
  const about = subject(job);
  const { succeeded, failed, total } = job.counts;
  return html`<div class="row" role="row" aria-rowindex=${place + 2} data-place=${place}>
    <span role="cell" class="pickcell"><input type="checkbox" aria-label=${`Choose ${job.id}`} checked=${chosen} onChange=${choose} /></span>
    <span role="cell" class="statecell"><${JobStatus} job=${job} /></span>
    <span role="cell" class="namecell">
      <a class="open" href=${jobAddress(job.id)}><b class="clip">${kind?.title ?? spaced(job.kind)}</b>${about && html`<span class="about clip">${about}</span>`}</a>
      <span class="mono muted split" title=${job.id}><span class="clip">${job.id.slice(0, -TAIL)}</span><span>${job.id.slice(-TAIL)}</span></span>
    </span>
    <span role="cell" class="progresscell">
      <span class="counts num"><b>${percent(job.progress)}</b><span class="muted">${total || FINAL.has(job.status) ? `${count(succeeded + failed)} of ${count(total)}` : "not planned yet"}${failed > 0 && html`, <span class="status-failed tone">${count(failed)} failed</span>`}</span></span>
      <${Progress} job=${job} />
    </span>
    <span role="cell" class="holdcell"><${Remark} job=${job} /></span>
    <span role="cell" class="whencell"><span class="clip">${job.user}</span><span class="muted small"><${When} at=${job.created_at} /></span></span>
  </div>`;
}

function Filters({ query, kinds, filter }) {
  const { kind, user, label, held, failed_units: failed, family, workspace, from, to: before } = filter;
  const countable = !kind && !user && !label.length && !held && !failed;
  const { value: counted } = useLive((signal) => (countable ? get("/api/v1/jobs/counts", { family, workspace, from, to: before }, signal) : null), 5000, [JSON.stringify([family, workspace, from, before, countable])]);
  const counts = (status) => (counted ? html` <span class="num much">${count(counted.counts[status] ?? 0)}</span>` : "");
  const put = (changes) => {
    const next = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
    go(to("/jobs", { ...next, ...changes }), { replace: true });
  };
  const statuses = query.getAll("status");
  const toggle = (status) => put({ status: statuses.includes(status) ? statuses.filter((one) => one !== status) : [...statuses, status] });
  const [more, setMore] = useState(["family", "workspace", "user", "label", "from", "to"].some((name) => query.get(name)));
  const chip = (on, act, children) => html`<button type="button" class="chip" aria-pressed=${on} onClick=${act}>${children}</button>`;
  return html`<form class="filters" role="search" aria-label="Jobs" onSubmit=${(event) => event.preventDefault()}>
    <div class="line">
      <div class="find"><${Icon} name="search" /><label class="hidden" for="q">Search jobs</label>
        <input id="q" type="search" value=${query.get("q") ?? ""} placeholder="Search by id, person, label, parameter, reason or error" onInput=${(event) => put({ q: event.target.value })} /><kbd aria-hidden="true">/</kbd></div>
      <select class="pick" aria-label="Kind" value=${query.get("kind") ?? ""} onChange=${(event) => put({ kind: event.target.value })}>
        <option value="">All kinds</option>${Object.values(kinds ?? {}).map((kind) => html`<option value=${kind.name}>${kind.title}</option>`)}</select>
      <select class="pick" aria-label="Order" value=${query.get("sort") ?? ""} onChange=${(event) => put({ sort: event.target.value })}>${Object.entries(SORTS).map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select>
      <${Button} kind="quiet" aria-expanded=${more} onClick=${() => setMore(!more)}>${more ? "Fewer filters" : "More filters"}<//>
    </div>
    ${more && html`<div class="line">
      <select class="pick" aria-label="Started by" value=${query.get("family") ?? ""} onChange=${(event) => put({ family: event.target.value })}>
        <option value="">Started by any API</option>${Object.entries(FAMILIES).map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select>
      <input class="pick" aria-label="Workspace" placeholder="Workspace" value=${query.get("workspace") ?? ""} onChange=${(event) => put({ workspace: event.target.value.trim() })} />
      <input class="pick" aria-label="Person" placeholder="Person" value=${user ?? ""} onChange=${(event) => put({ user: event.target.value.trim() })} />
      <input class="pick" aria-label="Labels" placeholder="Labels: team=data, night" value=${label.join(", ")} onChange=${(event) => put({ label: event.target.value.split(",").map((one) => one.trim()).filter(Boolean) })} />
      <label class="inline">From <input class="pick" type="date" value=${(query.get("from") ?? "").slice(0, 10)} onChange=${(event) => put({ from: event.target.value })} /></label>
      <label class="inline">to <input class="pick" type="date" value=${(query.get("to") ?? "").slice(0, 10)} onChange=${(event) => put({ to: event.target.value })} /></label>
    </div>`}
    <div class="chips" role="group" aria-label="Status">
      ${chip(!statuses.length && !held && !failed, () => put({ status: [], held: "", failed_units: "" }), "All")}
      ${Object.keys(WORDS).filter((status) => status !== "pausing").map((status) => chip(statuses.includes(status), () => toggle(status), html`${WORDS[status]}${counts(status)}`))}
      ${chip(held === "true", () => put({ held: held ? "" : "true" }), "Held")}
      ${chip(failed === "true", () => put({ failed_units: failed ? "" : "true" }), "With failed units")}
    </div>
  </form>`;
}

export function Jobs({ query }) {
  const kinds = useKinds();
  const wanted = asked(query);
  const { list, error, ready, again } = useJobs(wanted.filter);
  const rows = useMemo(() => sieved(list.jobs, wanted), [list.jobs, JSON.stringify(wanted)]);
  const body = useRef(null);
  const [first, last] = useWindow(body, rows.length);
  const [chosen, setChosen] = useState(new Set());
  const [pausing, setPausing] = useState(null);
  const sieving = wanted.words.length > 0 || wanted.sort;
  const at = () => Number(document.activeElement?.closest?.(".row")?.dataset.place ?? -1);
  const focused = () => rows[at()];

  useEffect(() => {
    if (list.loading || list.whole || !ready) return;
    if (sieving ? list.jobs.length < SIEVED_AT_MOST : last >= rows.length - 20) list.more();
  });
  const inSight = useRef([]);
  inSight.current = rows.slice(first, last);
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) list.look(inSight.current); }, LOOKED);
    return () => clearInterval(timer);
  }, [list]);

  const move = (step) => {
    const next = Math.max(0, Math.min(rows.length - 1, at() + step));
    const top = body.current.getBoundingClientRect().top + window.scrollY + next * ROW;
    if (top < window.scrollY + 80 || top > window.scrollY + window.innerHeight - 140) window.scrollTo(0, top - window.innerHeight / 2);
    requestAnimationFrame(() => requestAnimationFrame(() => body.current.querySelector(`[data-place="${next}"] a.open`)?.focus({ preventScroll: true })));
  };
  const toggle = (job) => {
    const next = new Set(chosen);
    if (!next.delete(job.id)) next.add(job.id);
    setChosen(next);
  };
  const put = (job) => { list.put(job); again(); };
  useKeys({
    j: () => move(1), k: () => move(-1),
    x: () => focused() && toggle(focused()),
    p: () => focused() && steer(focused(), may.pause, "This job can't be paused now.", setPausing),
    r: () => focused() && steer(focused(), may.resume, "This job has no hold of its own.", (job) => resume(job, put)),
  }, [rows, chosen]);

  const known = list.whole ? many(rows.length, "job") : sieving ? `${count(rows.length)} of the newest ${many(list.jobs.length, "job")}` : `more than ${many(rows.length, "job")}`;
  const marked = rows.filter((job) => chosen.has(job.id));
  const named = (jobs, verb) => to("/bulk", { verb, id: jobs.map((job) => job.id) });
  const others = Object.fromEntries([...new Set(query.keys())].filter((name) => !["q", "sort"].includes(name)).map((name) => [name, query.getAll(name)]));
  const sighted = wanted.words.length > 0;
  const all = !sighted ? to("/bulk", others) : rows.length <= NAMED ? named(rows) : null;
  const unable = barred() ?? (sighted && !list.whole ? "Still looking through all jobs." : all === null ? `What is searched for here can be acted on once it is ${NAMED} jobs at most.` : rows.length ? null : "There is none to act on.");
  return html`<${Head} title="Jobs" sub=${html`<span role="status" class="num">${ready ? `${sieving && !list.whole && list.jobs.length < SIEVED_AT_MOST ? "Looking through all jobs: " : ""}${known}` : "Reading…"}</span>`}>
      ${unable ? html`<${Button} barred=${unable}>Act on all of these<//>` : html`<a class="button" href=${all}>Act on all of these</a>`}
      ${barred() ? html`<${Button} kind="primary" icon="start" barred=${barred()}>Start a job<//>` : html`<a class="button primary" href=${to("/start")}><${Icon} name="start" />Start a job</a>`}
    <//>
    <${Filters} query=${query} kinds=${kinds} filter=${wanted.filter} />
    ${marked.length > 0 && html`<div class="marked" role="status"><b>${many(marked.length, "job")} chosen</b>
      ${barred() ? html`<${Button} small barred=${barred()}>Act on these<//>` : [["pause", "Pause"], ["resume", "Resume"], ["retry", "Retry"], ["cancel", "Cancel"]].map(([verb, word]) => html`<a class="button small" href=${named(marked, verb)}><${Icon} name=${verb} />${word}</a>`)}
      <${Button} small kind="quiet" onClick=${() => setChosen(new Set())}>Choose none<//></div>`}
    <${Trouble} error=${error && error.status ? error : null} />
    <div class="jobs" role="table" aria-label="Jobs" aria-rowcount=${list.whole ? rows.length + 1 : -1} aria-busy=${!ready}>
      <div role="rowgroup"><div class="row headings" role="row" aria-rowindex="1">
        <span role="columnheader"><span class="hidden">Choose</span></span><span role="columnheader">Status</span><span role="columnheader">Job</span><span role="columnheader">Progress</span><span role="columnheader">Held, or what to know</span><span role="columnheader">Started</span>
      </div></div>
      <div role="rowgroup" class="rows" ref=${body} style=${{ height: `${rows.length * ROW}px` }}>
        <div class="shift" style=${{ transform: `translateY(${first * ROW}px)` }} role="presentation">
          ${rows.slice(first, last).map((job, place) => html`<${Row} key=${job.id} job=${job} place=${first + place} kind=${kinds?.[job.kind]} chosen=${chosen.has(job.id)} choose=${() => toggle(job)} />`)}
        </div>
      </div>
    </div>
    ${ready && !rows.length && list.whole && ([...query.keys()].length
      ? html`<${Empty} icon="search" title="No job matches"><a href=${to("/jobs")}>Show all jobs</a>, or loosen a filter.<//>`
      : html`<${Empty} icon="jobs" title="No jobs yet"><a href=${to("/start")}>Start the first one</a>: pick a kind, fill in the form, and watch it here.<//>`)}
    ${pausing && html`<${PauseDialog} job=${pausing} onClose=${() => setPausing(null)} onDone=${put} />`}`;
}
