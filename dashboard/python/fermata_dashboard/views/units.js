// A job's units: errors grouped, what failed first, and one unit in full.
import { html, useEffect, useState } from "../lib/html.js";
import { get, jobPath, request } from "../lib/api.js";
import { FINAL, count, many, spaced } from "../lib/format.js";
import { jobAddress } from "../lib/router.js";
import { Button, Dialog, Empty, Json, Status, Trouble } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const PAGE = 100;

/** A value in one line. */
export const brief = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
};

/** An error without what differs from unit to unit, so that like ones are counted together. */
export const alike = (error) => error.replace(/https?:\/\/\S+/g, "…").replace(/\d+/g, "#");

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    if (row.error === null) continue;
    const key = alike(row.error);
    const group = groups.get(key) ?? { key, example: row.error, units: [] };
    group.units.push(row.unit);
    groups.set(key, group);
  }
  return [...groups.values()].sort((one, other) => other.units.length - one.units.length);
}

export function Units({ job, kind, query, setAsk }) {
  const stages = job.stages.map((stage) => stage.name);
  const stage = stages.includes(query.get("stage")) ? query.get("stage") : stages.at(-1) ?? job.stage;
  const only = query.get("show") ?? "";
  const [rows, setRows] = useState(null);
  const [failures, setFailures] = useState([]);
  const [cursor, setCursor] = useState(null);
  const [error, setError] = useState(null);
  const [open, setOpen] = useState(null);
  const [chosen, setChosen] = useState(new Set());
  const settled = job.counts.succeeded + job.counts.failed;
  const round = `${job.run} ${job.status} ${Math.floor(settled / 50) || settled}`;
  useEffect(() => {
    const ended = new AbortController();
    const read = async () => {
      try {
        const ask = (failed) => get(jobPath(job.id, "results"), { stage, failed, limit: failed ? 500 : PAGE }, ended.signal);
        const [bad, all] = await Promise.all([job.counts.failed ? ask(true) : { results: [] }, only === "failed" ? null : ask(false)]);
        setFailures(bad.results);
        setRows(only === "failed" ? [] : all.results.filter((row) => row.error === null));
        setCursor(all?.next_cursor ?? null);
        setError(null);
      } catch (failure) {
        if (failure.name !== "AbortError") setError(failure);
      }
    };
    read();
    return () => ended.abort();
  }, [job.id, stage, only, round]);
  const more = async () => {
    const page = await get(jobPath(job.id, "results"), { stage, limit: PAGE, cursor });
    setRows([...rows, ...page.results.filter((row) => row.error === null)]);
    setCursor(page.results.length ? page.next_cursor : null);
  };
  const shown = [...failures, ...(rows ?? [])];
  const groups = grouped(failures);
  const over = FINAL.has(job.status) && job.status !== "cancelled";
  const link = (changes) => jobAddress(job.id, { stage: query.get("stage"), show: only, ...changes });
  const toggle = (unit) => {
    const next = new Set(chosen);
    if (!next.delete(unit)) next.add(unit);
    setChosen(next);
  };
  return html`<section aria-label="Units">
    <div class="bar-of">
      ${stages.length > 1 && html`<div class="chips" role="group" aria-label="Stage">${stages.map((name) => html`<a class="chip" href=${link({ stage: name })} aria-current=${name === stage ? "true" : undefined}>${spaced(name)}</a>`)}</div>`}
      <div class="chips grow" role="group" aria-label="Which units"><a class="chip" href=${link({ show: "" })} aria-current=${only ? undefined : "true"}>All settled</a><a class="chip" href=${link({ show: "failed" })} aria-current=${only === "failed" ? "true" : undefined}>Failed</a></div>
      ${chosen.size > 0 && over && html`<${Button} small icon="retry" onClick=${() => setAsk({ units: { stage, numbers: [...chosen], why: "those you chose" } })}>Retry ${many(chosen.size, "unit")}<//>`}
      <${Download} job=${job} stage=${stage} />
    </div>
    <${Trouble} error=${error} />
    ${groups.length > 0 && html`<ul class="groups" aria-label="Errors, the most frequent first">${groups.map((group) => html`<li class="status-failed" key=${group.key}>
      <b class="num tone">${count(group.units.length)}</b><span class="grow break">${group.units.length > 1 ? group.key : group.example}${group.units.length > 1 && html`<span class="muted small">for instance unit ${group.units[0]}: ${group.example}</span>`}</span>
      ${over && html`<${Button} small icon="retry" onClick=${() => setAsk({ units: { stage, numbers: group.units, why: group.key } })}>Retry these<//>`}</li>`)}</ul>`}
    ${rows === null && !error ? html`<p class="muted">Reading…</p>` : shown.length === 0 ? html`<${Empty} icon="jobs" title=${only === "failed" ? "No unit has failed" : "No unit is settled yet"}>${only === "failed" ? "That is how it should be." : "Each unit stands here as soon as it is done."}<//>` : html`
    <div class="panel flush"><div class="body scroll"><table class="units">
      <thead><tr>${over && html`<th><span class="hidden">Choose</span></th>`}<th class="num">Unit</th><th>Status</th><th>Result or error</th></tr></thead>
      <tbody>${shown.map((row) => html`<tr key=${row.unit} class=${row.error === null ? "" : "bad"}>
        ${over && html`<td class="tick"><input type="checkbox" aria-label=${`Choose unit ${row.unit}`} checked=${chosen.has(row.unit)} onChange=${() => toggle(row.unit)} /></td>`}
        <td class="num">${row.unit}</td>
        <td><${Status} of=${row.error === null ? "completed" : "failed"}>${row.error === null ? "Succeeded" : "Failed"}<//></td>
        <td class="wide"><button type="button" class="cell" onClick=${() => setOpen(row)}><span class="clip">${row.error ?? brief(row.value)}</span></button></td>
      </tr>`)}</tbody>
    </table></div>${cursor && rows?.length > 0 && !only && html`<div class="more"><${Button} onClick=${more}>Show more<//></div>`}</div>`}
    ${open && html`<${Dialog} wide title=${`Unit ${open.unit}`} onClose=${() => setOpen(null)}><div class="inside">
      <h2>Unit ${open.unit} <span class="muted">of ${spaced(stage).toLowerCase()}</span></h2>
      <${Status} of=${open.error === null ? "completed" : "failed"}>${open.error === null ? "Succeeded" : "Failed"}<//>
      ${open.error !== null && html`<h3>Error</h3><${Json} value=${open.error} />`}
      ${open.input !== null && open.input !== undefined && html`<h3>Input</h3><${Json} value=${open.input} />`}
      ${open.error === null && html`<h3>Result</h3><${Json} value=${open.value} />`}
      <div class="ends"><${Button} onClick=${() => setOpen(null)}>Close<//></div>
    </div><//>`}
  </section>`;
}

/** The results of a stage as a file. */
function Download({ job, stage }) {
  const address = (format) => `${jobPath(job.id, "results")}?${new URLSearchParams({ stage, format })}`;
  return html`<span class="downloads"><a class="button small" href=${address("csv")} download><${Icon} name="download" />CSV</a><a class="button small" href=${address("jsonl")} download>JSON Lines</a></span>`;
}
