// When a job did what: its stages and their chunks as bars, pauses and reviews as bands across them.
import { html, useLayoutEffect, useMemo, useRef, useState } from "../lib/html.js";
import { packed, standingOf, useChunks } from "../lib/chunks.js";
import { FINAL, count, lasting, many, millis, moment, spaced } from "../lib/format.js";
import { useNow } from "../lib/live.js";
import { go, jobAddress } from "../lib/router.js";
import { Empty, Trouble } from "./basics.js";
import { ChunkFacts, ChunkTable, KINDS, Swatch, phrase } from "./chunks.js";

const TOP = 30, HEAD = 26, GAP = 12, LEFT = 130, RIGHT = 12;
const NARROWEST = 640, LANES_HIGH = 260;
const ENDS = new Set(["completed", "failed", "cancelled", "timed_out"]);

/** `{stages: [{name, units, spans: [{from, to}]}], bands: [{what, from, to, reason}], from, to}` in milliseconds, from a job's events. */
export function laid(job, events, now) {
  const end = job.finished_at ? millis(job.finished_at) : now;
  const stages = [], bands = [];
  let band = null, at = null, again = false;
  const close = (time) => { if (band) bands.push({ ...band, to: time }); band = null; };
  const rest = (time) => { if (at?.spans.at(-1)) at.spans.at(-1).to ??= time; };
  const begin = (stage, time) => { rest(time); at = stage; stage.spans.push({ from: time, to: null }); };
  for (const event of events) {
    const time = millis(event.at);
    if (event.type === "stage") {
      let stage = stages.find((one) => one.name === event.data.stage);
      if (!stage) stages.push(stage = { name: event.data.stage, spans: [] });
      stage.units = event.data.units;
      begin(stage, time);
      again = false;
    } else if (event.type === "started" && again && at) {
      begin(at, time); // a retry goes on with units of stages that were there before
    } else if (event.type === "pausing") {
      close(time);
      band = { what: "pausing", from: time, reason: event.data.reason };
    } else if (event.type === "paused" || event.type === "waiting_review") {
      const reason = band?.reason ?? event.data.reason;
      if (event.type === "waiting_review") rest(time);
      close(time);
      band = { what: event.type, from: time, reason };
    } else if (["resumed", "approved", "rejected", "retried", ...ENDS].includes(event.type)) {
      close(time);
      if (ENDS.has(event.type)) rest(time);
      if (event.type === "retried") again = true;
    }
  }
  close(end);
  rest(end);
  return { stages, bands, from: millis(events[0]?.at ?? job.created_at), to: Math.max(end, millis(events.at(-1)?.at ?? job.created_at)) };
}

const WORD = { pausing: "Pausing", paused: "Paused", waiting_review: "In review" };
const length = ({ from, to }) => lasting((to - from) / 1000);

/** How wide an element is, in pixels. */
function useWidth(element) {
  const [width, setWidth] = useState(1000);
  useLayoutEffect(() => {
    const seen = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    seen.observe(element.current);
    return () => seen.disconnect();
  }, []);
  return width;
}

export function Timeline({ job, events, query }) {
  if (!events.length) return html`<${Empty} icon="timed_out" title="Nothing to show yet">Once the job has begun, its stages and pauses stand here.<//>`;
  return html`<${Chart} job=${job} events=${events} query=${query} />`;
}

/** Everything in its place: rows of stages, under each the lanes of its chunks. */
function placed({ stages, bands, from: first, to }, chunks, now, width) {
  const rows = stages.map((stage) => ({ ...stage, ...packed(chunks.filter((chunk) => chunk.stage === stage.name), now) }));
  const bars = rows.flatMap((row) => row.bars);
  const from = bars.reduce((least, bar) => Math.min(least, bar.from), first), end = bars.reduce((most, bar) => Math.max(most, bar.to), to); // clocks differ
  const span = Math.max(1000, end - from);
  const x = (time) => LEFT + ((Math.min(time, end) - from) / span) * (width - LEFT - RIGHT);
  const lanes = Math.max(1, ...rows.map((row) => row.lanes));
  const high = Math.max(3, Math.min(14, Math.floor(LANES_HIGH / lanes)));
  let y = TOP;
  for (const row of rows) {
    row.y = y;
    y += HEAD + row.lanes * high + GAP;
  }
  return { rows, bands, from, end, span, x, high, height: Math.max(y, TOP + HEAD) };
}

function Chart({ job, events, query }) {
  const over = FINAL.has(job.status);
  const [slow, setSlow] = useState(false);
  const now = useNow(over ? 60_000 : slow ? 5000 : 1000);
  const { chunks, error } = useChunks(job);
  const frame = useRef(null);
  const width = Math.max(NARROWEST, useWidth(frame));
  const all = chunks ?? [];
  const { rows, bands, from, end, span, x, high, height } = placed(laid(job, events, now), all, now, width);
  useLayoutEffect(() => { setSlow(span > 600_000); }, [span > 600_000]);

  const order = useMemo(() => rows.flatMap((row) => row.bars).map((bar) => bar.chunk).sort((one, other) => rows.findIndex((row) => row.name === one.stage) - rows.findIndex((row) => row.name === other.stage) || one.chunk - other.chunk), [chunks]);
  const [chosen, setChosen] = useState(null);
  const place = order.findIndex((chunk) => keyOf(chunk) === chosen);
  const move = (event) => {
    const last = order.length - 1;
    const next = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1, Home: 0, End: last }[event.key];
    if (event.key === "Enter" && order[place]) go(unitsOf(job, order[place]));
    else if (next === undefined || !order.length) return;
    else setChosen(keyOf(order[Math.max(0, Math.min(last, next))]));
    event.preventDefault();
  };
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => from + share * span);
  const told = [...rows.flatMap((stage) => stage.spans.map((one) => `Stage ${spaced(stage.name).toLowerCase()}: ${many(stage.units ?? 0, "unit")}, ${length(one)}, from ${moment(one.from / 1000)}`)),
    ...bands.map((band) => `${WORD[band.what]} for ${length(band)}, from ${moment(band.from / 1000)}${band.reason ? `: ${band.reason}` : ""}`)];
  const label = `${many(rows.length, "stage")}, ${many(all.length, "chunk")}, ${many(bands.length, "pause or review", "pauses and reviews")} in ${lasting(span / 1000)}`;
  return html`<figure class="timeline" aria-label="Timeline">
    <div class="scroll" ref=${frame} tabindex="0" role="group" aria-label=${label}><svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} onKeyDown=${move}>
      <${Patterns} />
      <g aria-hidden="true">
        ${marks.map((at) => html`<g class="mark"><line x1=${x(at)} x2=${x(at)} y1=${TOP - 6} y2=${height - 4} /><text x=${x(at)} y="14" text-anchor=${at === from ? "start" : at === marks.at(-1) ? "end" : "middle"}>${at === from ? moment(at / 1000) : `+${lasting((at - from) / 1000)}`}</text></g>`)}
        ${rows.map((row) => html`<g><text class="lane" x="0" y=${row.y + 15}>${spaced(row.name).slice(0, 18)}</text>
          ${row.lanes > 0 && html`<text x="0" y=${row.y + 33}>${count(row.bars.length)} of ${many(all.filter((chunk) => chunk.stage === row.name).length, "chunk")}</text>`}
          ${row.spans.map((one) => html`<rect class="stage" x=${x(one.from)} width=${Math.max(3, x(one.to) - x(one.from))} y=${row.y + 4} height="14" rx="4"><title>${many(row.units ?? 0, "unit")}, ${length(one)}</title></rect>`)}</g>`)}
      </g>
      ${order.length > 0 && html`<g role="listbox" tabindex="0" aria-label="Chunks, by the arrow keys" aria-activedescendant=${place >= 0 ? idOf(order[place]) : undefined} onFocus=${() => { if (place < 0) setChosen(keyOf(order[0])); }}>
        ${rows.map((row) => row.bars.map((bar) => html`<${Bar} key=${keyOf(bar.chunk)} bar=${bar} over=${over} x=${x(bar.from)} width=${Math.max(2, x(bar.to) - x(bar.from) - 1)} y=${row.y + HEAD + bar.lane * high} high=${high - (high > 5 ? 2 : 1)} chosen=${keyOf(bar.chunk) === chosen} choose=${() => setChosen(keyOf(bar.chunk))} />`))}
      </g>`}
      <g aria-hidden="true">${bands.map((band) => html`<rect class=${`band ${band.what}`} x=${x(band.from)} width=${Math.max(2, x(band.to) - x(band.from))} y=${TOP - 6} height=${height - TOP}><title>${WORD[band.what]}${band.reason ? `: ${band.reason}` : ""}, ${length(band)}</title></rect>`)}</g>
    </svg></div>
    <${Trouble} error=${error} />
    <div role="status">${place >= 0 && html`<${ChunkFacts} job=${job} chunk=${order[place]} over=${over} now=${now} units=${unitsOf(job, order[place])} />`}</div>
    <figcaption><ul class="legend"><li><i class="stage"></i>Stage at work</li>${bands.some((band) => band.what === "pausing") && html`<li><i class="pausing"></i>Pause asked for, units in hand end</li>`}
      ${bands.some((band) => band.what === "paused") && html`<li><i class="paused"></i>Paused, at no cost</li>`}${bands.some((band) => band.what === "waiting_review") && html`<li><i class="waiting_review"></i>In review</li>`}
      ${Object.keys(KINDS).filter((kind) => order.some((chunk) => standingOf(chunk, over) === kind)).map((kind) => html`<li><${Swatch} kind=${kind} />${KINDS[kind].word}</li>`)}</ul>
      ${all.some((chunk) => chunk.status === "done" && !chunk.started_at) && html`<p class="muted small">Of chunks that ran before their times were kept, only the table tells.</p>`}
      <details><summary>Stages and pauses in words</summary><ul class="told">${told.map((line) => html`<li>${line}</li>`)}</ul></details></figcaption>
    ${all.length > 0 && html`<${ChunkTable} job=${job} chunks=${all} over=${over} query=${query} unitsOf=${unitsOf} />`}
  </figure>`;
}

const keyOf = (chunk) => `${chunk.stage} ${chunk.chunk}`;
const idOf = (chunk) => `chunk-${chunk.stage}-${chunk.chunk}`;
const unitsOf = (job, chunk) => jobAddress(job.id, { stage: chunk.stage, chunk: chunk.chunk });

function Bar({ bar, over, x, width, y, high, chosen, choose }) {
  const { chunk } = bar, kind = standingOf(chunk, over);
  const bad = chunk.counts.failed ? Math.max(2, (high * chunk.counts.failed) / chunk.counts.total) : 0;
  return html`<g id=${idOf(chunk)} class=${`chunk ${kind}${chosen ? " chosen" : ""}`} role="option" aria-selected=${chosen ? "true" : "false"} aria-label=${phrase(chunk, over)} onClick=${choose}>
    <title>${phrase(chunk, over)}</title><rect class="body" x=${x} y=${y} width=${width} height=${high} rx=${Math.min(3, high / 3)} />
    ${bad > 0 && html`<rect class="flaw" x=${x} y=${y + high - bad} width=${width} height=${bad} />`}</g>`;
}

/** How kinds of bars are told apart where colours are not seen. */
function Patterns() {
  const pattern = (name, size, drawn, turned) => html`<pattern id=${`chunk-${name}`} class=${`pattern ${name}`} width=${size} height=${size} patternUnits="userSpaceOnUse" patternTransform=${turned ? "rotate(45)" : undefined}><rect class="ground" width=${size} height=${size} />${drawn}</pattern>`;
  return html`<defs>
    ${pattern("running", 6, html`<rect class="ink" width="3" height="6" />`, true)}
    ${pattern("waiting", 6, html`<circle class="ink" cx="3" cy="3" r="1.3" />`)}
    ${pattern("lost", 5, html`<path class="lines" d="M0 0L5 5M5 0L0 5" />`)}
  </defs>`;
}
