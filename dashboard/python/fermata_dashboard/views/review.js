// Drafts that wait for a decision, and one of them.
import { html, useEffect, useState } from "../lib/html.js";
import { get, jobPath, post } from "../lib/api.js";
import { draftStages, marked, partsOf, wordwise } from "../lib/draft.js";
import { count, many, spaced, subject } from "../lib/format.js";
import { useKinds } from "../lib/kinds.js";
import { useLive } from "../lib/live.js";
import { useChanges } from "../lib/changes.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { Ask, Button, Empty, Field, Head, Note, Status, Trouble, When, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const UNITS = 10;
const DRAWN = 300;
const NAMED = 10_000;

export function Reviews() {
  const kinds = useKinds();
  const streams = useChanges((name, job) => { if (["waiting_review", "approved", "rejected", "cancelled"].includes(name)) again(); });
  const { value, error, again } = useLive((signal) => get("/api/v1/jobs", { status: "waiting_review", limit: 100 }, signal), () => (streams ? 30_000 : 3000), []);
  return html`<${Head} title="Review" sub="Drafts that wait until somebody decides. Waiting costs nothing." />
    <${Trouble} error=${error?.status ? error : null} />
    ${value && !value.jobs.length && html`<${Empty} icon="review" title="Nothing waits for you">A job whose kind asks for a review stops here with its draft.<//>`}
    <ul class="cards">${(value?.jobs ?? []).map((job) => html`<li key=${job.id}><a class="card" href=${to(`/review/${encodeURIComponent(job.id)}`)}>
      <b>${kinds?.[job.kind]?.title ?? spaced(job.kind)}</b><span class="break">${subject(job)}</span>
      <span class="muted small">${many(job.counts.succeeded, "unit")} ready${job.counts.failed ? `, ${job.counts.failed} failed` : ""}; by ${job.user}, waiting since <${When} at=${job.updated_at} /></span>
      <span class="mono muted small">${job.id}</span></a></li>`)}</ul>`;
}

/** Reads the draft of a job, a few units at a time: `{parts, whole, more, error}`. */
function useDraft(job, kind) {
  const [state, setState] = useState({ parts: null, values: [], cursor: null, whole: false, error: null });
  const stages = job && kind ? draftStages(kind, job) : [];
  const key = stages.join();
  useEffect(() => {
    if (!stages.length) return undefined;
    const ended = new AbortController();
    (async () => {
      try {
        const last = stages.at(-1);
        const first = await get(jobPath(job.id, "results"), { stage: last, limit: UNITS }, ended.signal);
        // Rows may lie in an earlier stage, about which the last one only tells problems.
        const tabular = stages.length > 1 && !first.results.some((row) => partsOf(row.unit, row.value).some((part) => part.shape !== "row")) && first.results.every((row) => row.value && "block" in row.value);
        const stage = tabular ? stages.at(-2) : last;
        let told = [];
        if (tabular) {
          for (let cursor = null, page = first; page.results.length;) {
            told = [...told, ...page.results.map((row) => row.value)];
            cursor = page.next_cursor;
            if (!cursor) break;
            page = await get(jobPath(job.id, "results"), { stage: last, limit: 500, cursor }, ended.signal);
          }
        }
        const page = tabular ? await get(jobPath(job.id, "results"), { stage, limit: UNITS }, ended.signal) : first;
        setState({ ...taken(page), stage, told, error: null });
      } catch (error) {
        if (error.name !== "AbortError") setState((before) => ({ ...before, error }));
      }
    })();
    return () => ended.abort();
  }, [job?.id, key]);
  const more = async () => {
    const page = await get(jobPath(job.id, "results"), { stage: state.stage, limit: UNITS * 5, cursor: state.cursor });
    const next = taken(page);
    setState({ ...state, ...next, parts: [...state.parts, ...next.parts] });
  };
  return { ...state, parts: state.parts && marked(state.parts, state.told ?? []), more };
}

function taken(page) {
  const parts = page.results.filter((row) => row.error === null).flatMap((row) => partsOf(row.unit, row.value));
  return { parts, cursor: page.next_cursor, whole: !page.next_cursor || page.results.length < UNITS };
}

export function ReviewPage({ name: id, query }) {
  const kinds = useKinds();
  const { value: job, error, again } = useLive((signal) => get(jobPath(id), null, signal), 5000, [id]);
  const kind = kinds?.[job?.kind];
  const draft = useDraft(job, kind);
  const [left, setLeft] = useState(new Set());
  const [asking, setAsking] = useState(null);
  const only = query.get("show") ?? "";
  const [drawn, setDrawn] = useState(DRAWN);
  const crumb = html`<a class="crumb" href=${to("/review")}><${Icon} name="back" />Review</a>`;
  if (!job || (job.status === "waiting_review" && !draft.parts)) return html`<${Head} title="Review" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} /><${Trouble} error=${error ?? draft.error} />`;
  if (job.status !== "waiting_review") {
    return html`<${Head} title=${kind?.title ?? spaced(job.kind)} crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} />
      <${Empty} icon="check" title="There is nothing to decide here any more">The job is ${job.status.replace("_", " ")}. <a href=${jobAddress(job.id)}>See what became of it</a>.<//>`;
  }
  const able = draft.parts.filter((part) => part.able);
  const chosen = able.filter((part) => !left.has(part.number));
  const troubled = draft.parts.filter((part) => part.problems.length);
  const rows = only === "problems" ? troubled : only === "left" ? able.filter((part) => left.has(part.number)) : draft.parts;
  const all = chosen.length === able.length;
  const toggle = (number) => {
    const next = new Set(left);
    if (!next.delete(number)) next.add(number);
    setLeft(next);
  };
  const decide = async (form) => {
    const reason = form.get("reason").trim();
    const units = asking === "some" ? { units: chosen.map((part) => part.number) } : {};
    await post(jobPath(id, "review"), { decision: asking === "reject" ? "reject" : "approve", ...units, ...(reason && { reason }) });
    say(asking === "reject" ? "Rejected. Nothing of the draft is applied." : "Approved. The job goes on.", asking === "reject" ? "cancelled" : "completed");
    go(jobAddress(id));
    again();
  };
  const noun = draft.parts[0]?.shape === "row" ? "row" : draft.parts[0]?.shape === "group" ? "group" : "change";
  const texts = {
    all: ["Approve all of it", "Approve", `Everything that can be applied will be${draft.whole ? `: ${many(able.length, noun)}` : ", also what is not shown here"}.`],
    some: [`Approve ${many(chosen.length, noun)}`, "Approve these", `The ${many(chosen.length, noun)} that you left ticked ${chosen.length === 1 ? "is" : "are"} applied. ${draft.whole ? `${count(able.length - chosen.length)} ${able.length - chosen.length === 1 ? "is" : "are"} not.` : "What is not shown here is not."}`],
    reject: ["Reject the draft", "Reject", "Nothing of it is applied, and the job ends as cancelled."],
  };
  const shape = draft.parts[0]?.shape;
  return html`<${Head} crumb=${crumb} title=${kind?.title ?? spaced(job.kind)} sub=${html`${subject(job) && html`<span class="break">${subject(job)}</span> · `}<a class="mono" href=${jobAddress(id)}>${id}</a>`}>
      <${Button} kind="danger" icon="cancel" barred=${barred(job.user)} onClick=${() => setAsking("reject")}>Reject<//>
      ${all
        ? html`<${Button} kind="primary" icon="check" disabled=${!able.length && draft.whole} barred=${barred(job.user)} onClick=${() => setAsking("all")}>Approve all<//>`
        : html`<${Button} kind="primary" icon="check" disabled=${!chosen.length || chosen.length > NAMED} barred=${barred(job.user)} onClick=${() => setAsking("some")}>Approve ${count(chosen.length)} of ${count(able.length)}<//>`}
    <//>
    <div class="stack">
      <${Note} of="waiting_review"><b>${many(draft.parts.length, noun)}${draft.whole ? "" : " of more"}</b>, ${troubled.length ? `${many(troubled.length, noun)} with problems` : "none with a problem"}. Untick what should not be applied.<//>
      ${job.counts.failed > 0 && html`<${Note} of="warning">${many(job.counts.failed, "unit")} failed on the way here and ${job.counts.failed === 1 ? "has" : "have"} no part in this draft.<//>`}
      <div class="bar-of"><div class="chips" role="group" aria-label="Show">
        ${[["", "All"], ["problems", `With problems (${troubled.length})`], ["left", `Left out (${left.size})`]].map(([value, text]) => html`<button type="button" class="chip" aria-pressed=${only === value} onClick=${() => go(to(`/review/${encodeURIComponent(id)}`, { show: value }), { replace: true })}>${text}</button>`)}</div>
        <span class="grow"></span><${Button} small onClick=${() => setLeft(new Set())}>Tick all<//><${Button} small onClick=${() => setLeft(new Set(able.map((part) => part.number)))}>Tick none<//></div>
      ${!rows.length ? html`<${Empty} icon="check" title="None of these" />` : shape === "row" ? html`<${Rows} rows=${rows.slice(0, drawn)} left=${left} toggle=${toggle} />` : html`<ul class="drafts">${rows.slice(0, drawn).map((part) => html`<${Part} key=${part.number} part=${part} on=${part.able && !left.has(part.number)} toggle=${() => toggle(part.number)} />`)}</ul>`}
      ${(rows.length > drawn || !draft.whole) && html`<div class="more"><${Button} onClick=${() => { setDrawn(drawn + DRAWN); if (rows.length <= drawn + DRAWN && !draft.whole) draft.more(); }}>Show more<//></div>`}
    </div>
    ${asking && html`<${Ask} title=${texts[asking][0]} verb=${texts[asking][1]} danger=${asking === "reject"} onClose=${() => setAsking(null)} act=${decide}>
      <p class="muted">${texts[asking][2]}</p>
      <${Field} name="reason" label="Reason" hint="It stands in the job's history and in the audit log."><input id="reason" name="reason" maxlength="500" autocomplete="off" autofocus /><//>
    <//>`}`;
}

const cell = (value) => (value === null || value === undefined ? html`<span class="muted">–</span>` : typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value));

function Rows({ rows, left, toggle }) {
  const columns = rows.find((row) => row.values.length)?.columns ?? rows[0].columns;
  return html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Draft"><table>
    <thead><tr><th><span class="hidden">Approve</span></th><th class="num">Row</th>${columns.map((name) => html`<th>${name}</th>`)}<th>Problems</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.number} class=${row.problems.length ? "bad" : left.has(row.number) ? "left" : ""}>
      <td><input type="checkbox" aria-label=${`Approve row ${row.number}`} disabled=${!row.able} checked=${row.able && !left.has(row.number)} onChange=${() => toggle(row.number)} /></td>
      <td class="num">${row.number}</td>
      ${columns.map((name, at) => { const wrong = row.problems.some((problem) => problem.column === name); return html`<td class=${wrong ? "wrongcell" : ""}>${row.values.length ? cell(row.values[at]) : wrong ? html`<span class="status-failed tone">!</span>` : ""}</td>`; })}
      <td class="break problems">${row.problems.map((problem) => html`<div class="status-failed tone small">${problem.column ? html`<b>${problem.column}</b> ` : ""}${problem.message}</div>`)}</td>
    </tr>`)}</tbody></table></div></div>`;
}

function Part({ part, on, toggle }) {
  const alike = part.shape === "group" ? [...new Set((part.why ?? []).flatMap((match) => match.why.map((reason) => reason.method)))] : [];
  return html`<li class=${`panel draft${on ? "" : " left"}`}><label class="check"><input type="checkbox" disabled=${!part.able} checked=${on} onChange=${toggle} />
      <span class="grow"><b class="break">${part.shape === "group" ? `Keep ${part.keep ?? "none of them"}` : part.title}</b><span class="muted small"> no. ${part.number}${alike.length > 0 && `, alike by ${alike.join(", ")}`}</span></span></label>
    ${part.problems.map((problem) => html`<${Status} of="warning">${problem.message}<//>`)}
    ${part.shape === "change" ? html`<dl class="diff">${part.changes.map((change) => html`<dt>${change.field}${change.why?.length ? html`<span class="muted small">${[change.why].flat().join(", ")}</span>` : ""}</dt><dd><${Difference} ...${change} /></dd>`)}${!part.changes.length && html`<dd class="muted">Nothing changes.</dd>`}</dl>`
      : html`<ul class="merge">${Object.entries(part.titles ?? {}).map(([key, title]) => html`<li class=${key === part.keep ? "kept" : "dropped"}><${Status} of=${key === part.keep ? "completed" : "cancelled"}>${key === part.keep ? "Stays" : part.keep ? "Goes" : "Left"}<//><span class="break">${title || key}</span><span class="mono muted small">${key}</span></li>`)}</ul>`}
  </li>`;
}

function Difference({ before, after }) {
  const text = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value, null, 1) : String(value));
  return html`<span class="break">${wordwise(text(before), text(after)).map((one) => ("same" in one ? one.same : "gone" in one ? html`<del>${one.gone}</del>` : html`<ins>${one.come}</ins>`))}</span>`;
}
