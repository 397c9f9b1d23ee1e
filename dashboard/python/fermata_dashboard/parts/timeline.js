// When a job did what: stages as bars, pauses and reviews as bands across them.
import { html } from "../lib/html.js";
import { FINAL, exactly, lasting, many, millis, moment, spaced } from "../lib/format.js";
import { useNow } from "../lib/live.js";
import { Empty } from "./basics.js";

const LANE = 34;
const TOP = 30;
const WIDE = 1000;
const LEFT = 130;

/** `{stages: [{name, units, from, to}], bands: [{what, from, to, reason}]}` in milliseconds, from a job's events. */
export function laid(job, events, now) {
  const end = job.finished_at ? millis(job.finished_at) : now;
  const stages = [], bands = [];
  let band = null;
  const close = (at) => { if (band) bands.push({ ...band, to: at }); band = null; };
  for (const event of events) {
    const at = millis(event.at);
    if (event.type === "stage") {
      if (stages.length && stages.at(-1).to === null) stages.at(-1).to = at;
      stages.push({ name: event.data.stage, units: event.data.units, from: at, to: null });
    } else if (event.type === "pausing") {
      close(at);
      band = { what: "pausing", from: at, reason: event.data.reason };
    } else if (event.type === "paused" || event.type === "waiting_review") {
      const reason = band?.reason ?? event.data.reason;
      if (event.type === "waiting_review" && stages.length) stages.at(-1).to ??= at;
      close(at);
      band = { what: event.type, from: at, reason };
    } else if (["resumed", "approved", "rejected", "completed", "failed", "cancelled", "timed_out", "retried"].includes(event.type)) {
      close(at);
      if (["completed", "failed", "cancelled", "timed_out"].includes(event.type) && stages.length && stages.at(-1).to === null) stages.at(-1).to = at;
    }
  }
  close(end);
  for (const stage of stages) stage.to ??= end;
  return { stages, bands, from: millis(events[0]?.at ?? job.created_at), to: Math.max(end, millis(events.at(-1)?.at ?? job.created_at)) };
}

const WORD = { pausing: "Pausing", paused: "Paused", waiting_review: "In review" };

export function Timeline({ job, events }) {
  const now = useNow(FINAL.has(job.status) ? 60_000 : 1000);
  if (!events.length) return html`<${Empty} icon="timed_out" title="Nothing to show yet">Once the job has begun, its stages and pauses stand here.<//>`;
  const { stages, bands, from, to } = laid(job, events, now);
  const span = Math.max(1000, to - from);
  const x = (at) => LEFT + ((at - from) / span) * (WIDE - LEFT - 8);
  const height = TOP + Math.max(1, stages.length) * LANE + 8;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => from + share * span);
  const told = [...stages.map((stage) => `Stage ${stage.name}: ${many(stage.units ?? 0, "unit")}, ${lasting((stage.to - stage.from) / 1000)}, from ${moment(stage.from / 1000)}`),
    ...bands.map((band) => `${WORD[band.what]} for ${lasting((band.to - band.from) / 1000)}, from ${moment(band.from / 1000)}${band.reason ? `: ${band.reason}` : ""}`)];
  return html`<figure class="timeline">
    <div class="scroll" tabindex="0" role="group" aria-label="Timeline"><svg viewBox=${`0 0 ${WIDE} ${height}`} role="img" aria-labelledby="timeline-title" preserveAspectRatio="xMinYMin meet">
      <title id="timeline-title">${`${many(stages.length, "stage")}, ${many(bands.length, "pause or review", "pauses and reviews")} in ${lasting(span / 1000)}`}</title>
      ${marks.map((at) => html`<g class="mark"><line x1=${x(at)} x2=${x(at)} y1=${TOP - 6} y2=${height - 4} /><text x=${x(at)} y="14" text-anchor=${at === from ? "start" : at === marks.at(-1) ? "end" : "middle"}>${at === from ? moment(at / 1000) : `+${lasting((at - from) / 1000)}`}</text></g>`)}
      ${bands.map((band) => html`<rect class=${`band ${band.what}`} x=${x(band.from)} width=${Math.max(2, x(band.to) - x(band.from))} y=${TOP - 6} height=${height - TOP}><title>${WORD[band.what]}${band.reason ? `: ${band.reason}` : ""}, ${lasting((band.to - band.from) / 1000)}</title></rect>`)}
      ${stages.map((stage, lane) => html`<g><text class="lane" x="0" y=${TOP + lane * LANE + 19}>${spaced(stage.name).slice(0, 18)}</text>
        <rect class="stage" x=${x(stage.from)} width=${Math.max(3, x(stage.to) - x(stage.from))} y=${TOP + lane * LANE + 6} height="18" rx="4"><title>${many(stage.units ?? 0, "unit")}, ${lasting((stage.to - stage.from) / 1000)}</title></rect></g>`)}
    </svg></div>
    <figcaption><ul class="legend"><li><i class="stage"></i>Stage at work</li><li><i class="pausing"></i>Pause asked for, units in hand end</li><li><i class="paused"></i>Paused, at no cost</li><li><i class="waiting_review"></i>In review</li></ul>
      <details><summary>The same in words</summary><ul class="told">${told.map((line) => html`<li>${line}</li>`)}</ul></details></figcaption>
  </figure>`;
}
