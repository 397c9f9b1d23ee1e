// Chunks in words: one in full, and all as a table.
import { html, useMemo, useState } from "../lib/html.js";
import { standingOf } from "../lib/chunks.js";
import { count, exactly, lasting, many, millis, moment, spaced } from "../lib/format.js";
import { jobAddress } from "../lib/router.js";
import { Button, Status } from "./basics.js";

const SHOWN = 200;

/** What kinds of standing there are: the word for each, and the look of its status. */
export const KINDS = {
  lost: { word: "Lost its worker", look: "failed" },
  waiting: { word: "Between two tries", look: "pausing" },
  running: { word: "Running", look: "running" },
  back: { word: "Given back", look: "pending" },
  ahead: { word: "Not begun", look: "pending" },
  flawed: { word: "Done, some units failed", look: "warning" },
  done: { word: "Done", look: "completed" },
  left: { word: "Left undone", look: "cancelled" },
  never: { word: "Never begun", look: "cancelled" },
};

const range = ({ first, last }) => (first === last ? `unit ${count(first)}` : `units ${count(first)} to ${count(last)}`);

/** How long it has been under way; null: it has not begun. */
const took = (chunk) => (chunk.status === "done" && chunk.started_at ? Math.max(0, millis(chunk.settled_at) - millis(chunk.started_at)) / 1000 : null);
const brief = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : lasting(seconds));

/** A chunk in one line. */
export function phrase(chunk, over) {
  const { failed, remaining, total } = chunk.counts, kind = standingOf(chunk, over), seconds = took(chunk);
  return `Chunk ${chunk.chunk} of ${spaced(chunk.stage).toLowerCase()}, ${range(chunk)}: ${KINDS[kind].word.toLowerCase()}${remaining ? `, ${count(total - remaining)} of ${count(total)} settled` : ""}${failed ? `, ${count(failed)} failed` : ""}${seconds === null ? "" : `, ${brief(seconds)}`}`;
}

export const Swatch = ({ kind }) => html`<svg class="swatch" width="18" height="12" aria-hidden="true"><g class=${`chunk ${kind}`}><rect class="body" x="1" y="1" width="16" height="10" rx="3" />${kind === "flawed" && html`<rect class="flaw" x="1" y="8" width="16" height="3" />`}</g></svg>`;

export function ChunkFacts({ job, chunk, over, now, units }) {
  const kind = standingOf(chunk, over), seconds = took(chunk);
  const until = (at) => `${moment(at)}${millis(at) > now ? `, in ${lasting((millis(at) - now) / 1000)}` : ""}`;
  const facts = [["Units", chunk.first === chunk.last ? count(chunk.first) : `${count(chunk.first)} to ${count(chunk.last)}`], ["Settled", `${count(chunk.counts.total - chunk.counts.remaining)} of ${count(chunk.counts.total)}${chunk.counts.failed ? `, ${count(chunk.counts.failed)} failed` : ""}`],
    ["Began", chunk.started_at && moment(chunk.started_at)], ["Took", seconds !== null && brief(seconds)], ["Last unit settled", seconds === null && chunk.settled_at && moment(chunk.settled_at)],
    ["Its worker has it until", kind === "running" && chunk.leased_until && `${moment(chunk.leased_until)}, unless it prolongs that`], ["Worker last heard of until", kind === "lost" && chunk.leased_until && moment(chunk.leased_until)],
    ["Next try", chunk.not_before && until(chunk.not_before)], ["Refused by its provider since", chunk.throttled_since && moment(chunk.throttled_since)], ["Claimed", chunk.attempts > 1 && many(chunk.attempts, "time")],
    ["Workers lost in a row", chunk.strikes || null], ["Worker", chunk.worker]];
  return html`<section class="panel chosen-chunk" aria-label=${`Chunk ${chunk.chunk}`}><header><h3 class="grow">Chunk ${chunk.chunk} <span class="muted">of ${spaced(chunk.stage).toLowerCase()}</span></h3><${Status} of=${KINDS[kind].look}>${KINDS[kind].word}<//><a class="button small" href=${units}>Its units</a></header>
    <dl class="facts across">${facts.filter(([, value]) => value).map(([name, value]) => html`<div><dt>${name}</dt><dd class="num">${value}</dd></div>`)}</dl></section>`;
}

/** Each chunk as a row, with a chip for each way that they stand. */
export function ChunkTable({ job, chunks, over, query, unitsOf }) {
  const only = query.get("show") ?? "";
  const [whole, setWhole] = useState(false);
  const counted = useMemo(() => Object.keys(KINDS).map((kind) => [kind, chunks.filter((chunk) => standingOf(chunk, over) === kind).length]).filter(([, number]) => number), [chunks, over]);
  const wanted = only in KINDS ? chunks.filter((chunk) => standingOf(chunk, over) === only) : chunks;
  const rows = whole ? wanted : wanted.slice(0, SHOWN);
  const stages = new Set(chunks.map((chunk) => chunk.stage)).size;
  const link = (kind) => jobAddress(job.id, { tab: "timeline", show: kind });
  const body = useMemo(() => html`<tbody>${rows.map((chunk) => html`<${Row} key=${`${chunk.stage} ${chunk.chunk}`} chunk=${chunk} over=${over} stages=${stages} units=${unitsOf(job, chunk)} />`)}</tbody>`, [chunks, over, only, whole]);
  return html`<div class="bar-of spaced"><h2>Chunks</h2><div class="chips" role="group" aria-label="Which chunks">
      <a class="chip" href=${link("")} aria-current=${only in KINDS ? undefined : "true"}>All <span class="num much">${count(chunks.length)}</span></a>
      ${counted.map(([kind, number]) => html`<a class="chip" href=${link(kind)} aria-current=${only === kind ? "true" : undefined}>${KINDS[kind].word} <span class="num much">${count(number)}</span></a>`)}</div></div>
    ${rows.length === 0 ? html`<p class="muted">None is like this now.</p>` : html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Chunks"><table>
      <thead><tr>${stages > 1 && html`<th>Stage</th>`}<th class="num">Chunk</th><th>Status</th><th>Units</th><th class="num">Settled</th><th class="num">Failed</th><th>Began</th><th class="num">Took</th><th class="num">Claims</th><th>Worker, or what it waits for</th></tr></thead>${body}</table></div>
      ${rows.length < wanted.length && html`<div class="more"><${Button} onClick=${() => setWhole(true)}>Show all ${count(wanted.length)}<//></div>`}</div>`}`;
}

function Row({ chunk, over, stages, units }) {
  const kind = standingOf(chunk, over), seconds = took(chunk), { counts } = chunk;
  const waits = chunk.not_before && !over ? `next try ${moment(chunk.not_before)}` : kind === "lost" ? `gone since ${moment(chunk.leased_until)}` : chunk.worker ?? "";
  return html`<tr class=${kind === "lost" || kind === "flawed" ? "bad" : ""}>${stages > 1 && html`<td>${spaced(chunk.stage)}</td>`}<td class="num">${chunk.chunk}</td><td><${Status} of=${KINDS[kind].look}>${KINDS[kind].word}<//></td>
    <td class="nowrap"><a href=${units}>${count(chunk.first)}${chunk.last > chunk.first ? `–${count(chunk.last)}` : ""}</a></td><td class="num nowrap">${count(counts.total - counts.remaining)} of ${count(counts.total)}</td><td class="num">${counts.failed ? count(counts.failed) : ""}</td>
    <td class="nowrap" title=${exactly(chunk.started_at)}>${chunk.started_at ? moment(chunk.started_at) : ""}</td><td class="num nowrap">${seconds === null ? "" : brief(seconds)}</td><td class="num">${chunk.attempts || ""}${chunk.strikes ? html`<span class="small tone status-failed"> ${many(chunk.strikes, "strike")}</span>` : ""}</td><td class="mono break">${waits}</td></tr>`;
}
