// A job's units: errors grouped, what failed first, and one unit in full.
import { html, useEffect, useState } from "../lib/html.js";
import { get, jobPath } from "../lib/api.js";
import { FINAL, count, exactly, lasting, many, moment, spaced } from "../lib/format.js";
import { jobAddress } from "../lib/router.js";
import { Downloads } from "../parts/download.js";
import { barred } from "../lib/session.js";
import { Icon } from "../parts/icons.js";
import { Button, Dialog, Empty, Json, Status, Trouble } from "../parts/basics.js";

const PAGE = 100;
const SHOWS = { "": "All", failed: "Failed", running: "Running", succeeded: "Succeeded" };
const LOOKS = { succeeded: ["completed", "Succeeded"], failed: ["failed", "Failed"], running: ["running", "Running"] };

/** A value in one line. */
export const brief = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
};

function UnitStatus({ of: status }) {
  const [look, word] = LOOKS[status] ?? ["pending", spaced(status)];
  return html`<${Status} of=${look}>${word}<//>`;
}

export function Units({ job, query, setAsk }) {
  const stages = job.stages.map((stage) => stage.name);
  const stage = stages.includes(query.get("stage")) ? query.get("stage") : stages.at(-1) ?? job.stage;
  const only = query.get("show") ?? "";
  const chunk = query.get("chunk");
  const [known, setKnown] = useState(null);
  const [groups, setGroups] = useState([]);
  const [error, setError] = useState(null);
  const [open, setOpen] = useState(null);
  const [chosen, setChosen] = useState(new Set());
  const { succeeded, failed } = job.counts;
  const step = Math.max(1, Math.floor(job.counts.total / 50));
  const round = `${job.run} ${job.status} ${Math.floor((succeeded + failed) / step)} ${failed}`;
  useEffect(() => {
    const ended = new AbortController();
    const read = async () => {
      try {
        const ask = (status) => get(jobPath(job.id, "units"), { stage, status, chunk, limit: PAGE }, ended.signal);
        const [errors, bad, all] = await Promise.all([
          failed ? get(jobPath(job.id, "errors"), null, ended.signal) : { groups: [] },
          !only && failed ? ask("failed") : { units: [] },
          ask(only || null),
        ]);
        setGroups(chunk === null ? errors.groups.filter((group) => group.stage === stage) : []);
        const seen = new Set(bad.units.map((unit) => unit.unit));
        setKnown({ units: [...bad.units, ...all.units.filter((unit) => !seen.has(unit.unit))], cursor: all.next_cursor });
        setError(null);
      } catch (failure) {
        if (failure.name !== "AbortError") setError(failure);
      }
    };
    const timer = setTimeout(read, known ? 400 : 0);
    return () => { clearTimeout(timer); ended.abort(); };
  }, [job.id, stage, only, chunk, round]);
  const more = async () => {
    const page = await get(jobPath(job.id, "units"), { stage, status: only || null, chunk, limit: PAGE, cursor: known.cursor });
    const seen = new Set(known.units.map((unit) => unit.unit));
    setKnown({ units: [...known.units, ...page.units.filter((unit) => !seen.has(unit.unit))], cursor: page.next_cursor });
  };
  const over = FINAL.has(job.status) && job.status !== "cancelled";
  const link = (changes) => jobAddress(job.id, { stage: query.get("stage"), show: only, chunk, ...changes });
  const toggle = (unit) => {
    const next = new Set(chosen);
    if (!next.delete(unit)) next.add(unit);
    setChosen(next);
  };
  return html`<section aria-label="Units">
    <div class="bar-of">
      ${stages.length > 1 && html`<div class="chips" role="group" aria-label="Stage">${stages.map((name) => html`<a class="chip" href=${link({ stage: name, chunk: null })} aria-current=${name === stage ? "true" : undefined}>${spaced(name)}</a>`)}</div>`}
      <div class="chips grow" role="group" aria-label="Which units">${Object.entries(SHOWS).map(([value, text]) => html`<a class="chip" href=${link({ show: value })} aria-current=${only === value ? "true" : undefined}>${text}</a>`)}</div>
      ${chunk !== null && html`<a class="chip" href=${link({ chunk: null })} aria-current="true" aria-label=${`Chunk ${chunk}; show all chunks`}>Chunk ${chunk}<${Icon} name="cancel" /></a>`}
      ${chosen.size > 0 && over && html`<${Button} small icon="retry" barred=${barred(job.user)} onClick=${() => setAsk({ units: { stage, numbers: [...chosen], count: chosen.size, why: "those you chose" } })}>Retry ${many(chosen.size, "unit")}<//>`}
      <${Downloads} path=${jobPath(job.id, "results")} query=${{ stage: query.get("stage") }} name=${`results of ${job.id}`} />
    </div>
    <${Trouble} error=${error} />
    ${groups.length > 0 && html`<ul class="groups" aria-label="Errors, the most frequent first">${groups.map((group) => html`<li class="status-failed" key=${group.id}>
      <b class="num tone">${count(group.count)}</b><span class="grow break">${group.count > 1 ? group.message : group.example.error}${group.count > 1 && html`<span class="muted small">for instance unit ${group.example.unit}: ${group.example.error}</span>`}</span>
      ${over && html`<${Button} small icon="retry" barred=${barred(job.user)} onClick=${() => setAsk({ units: { group: group.id, count: group.count, why: group.message } })}>Retry these<//>`}</li>`)}</ul>`}
    ${known === null ? !error && html`<p class="muted">Reading…</p>` : known.units.length === 0 ? html`<${Empty} icon="jobs" title=${only === "failed" ? "No unit has failed" : only ? "No unit is like this now" : "No unit is named yet"}>${only === "failed" ? "That is how it should be." : "Each unit stands here as soon as its stage is planned."}<//>` : html`
    <div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Units"><table class="units">
      <thead><tr>${over && html`<th><span class="hidden">Choose</span></th>`}<th class="num">Unit</th><th>Status</th><th>What it is, or what went wrong</th><th class="num">Attempts</th><th class="num">Took</th></tr></thead>
      <tbody>${known.units.map((unit) => html`<tr key=${unit.unit} class=${unit.error === null ? "" : "bad"}>
        ${over && html`<td class="tick"><input type="checkbox" aria-label=${`Choose unit ${unit.unit}`} checked=${chosen.has(unit.unit)} onChange=${() => toggle(unit.unit)} /></td>`}
        <td class="num">${unit.unit}</td><td><${UnitStatus} of=${unit.status} /></td>
        <td class="wide"><button type="button" class="cell" onClick=${() => setOpen(unit)}><span class="clip">${unit.error ?? brief(unit.input)}</span></button></td>
        <td class="num">${unit.attempts || ""}</td><td class="num nowrap">${unit.seconds === null ? "" : unit.seconds < 1 ? `${Math.round(unit.seconds * 1000)} ms` : lasting(unit.seconds)}</td>
      </tr>`)}</tbody>
    </table></div>${known.cursor && html`<div class="more"><${Button} onClick=${more}>Show more<//></div>`}</div>`}
    ${open && html`<${UnitDialog} job=${job} unit=${open} onClose=${() => setOpen(null)} />`}
  </section>`;
}

/** One unit in full: input, result or error, how it ran and what it said. */
function UnitDialog({ job, unit, onClose }) {
  const [whole, setWhole] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    get(jobPath(job.id, `units/${unit.unit}`), { stage: unit.stage }).then(setWhole, setError);
  }, [unit]);
  const shown = whole ?? unit;
  const facts = [["Attempts", shown.attempts], ["Began", shown.started_at && `${moment(shown.started_at)}`], ["Took", shown.seconds !== null && `${shown.seconds} s`], ["Worker", shown.worker], ["Next try", shown.next_attempt_at && exactly(shown.next_attempt_at)]];
  return html`<${Dialog} wide title=${`Unit ${unit.unit}`} onClose=${onClose}><div class="inside">
    <h2>Unit ${unit.unit} <span class="muted">of ${spaced(unit.stage).toLowerCase()}</span></h2>
    <${UnitStatus} of=${shown.status} />
    <dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd class="break">${value}</dd>`)}</dl>
    <${Trouble} error=${error} />
    ${shown.error !== null && html`<h3>Error</h3><${Json} value=${shown.error} />`}
    <h3>Input</h3><${Json} value=${shown.input} />
    ${whole && whole.error === null && whole.status === "succeeded" && html`<h3>Result</h3><${Json} value=${whole.value} />`}
    ${shown.log?.length > 0 && html`<h3>What it said</h3><${Json} value=${shown.log.join("\n")} />`}
    <div class="ends"><${Button} onClick=${onClose}>Close<//></div>
  </div><//>`;
}
