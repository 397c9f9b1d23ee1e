// What can be done to a job, and the dialogs that ask before it is done.
import { html, useState } from "../lib/html.js";
import { jobPath, post } from "../lib/api.js";
import { barred } from "../lib/session.js";
import { FINAL, count, follows, many, moment } from "../lib/format.js";
import { Ask, Button, Field, Note, say } from "./basics.js";
import { useKeys } from "./keyboard.js";

const own = (job) => job.holds.filter((hold) => hold.scope === "job" || hold.scope.startsWith("after:"));

/** What a job's status lets one do to it. */
export const may = {
  pause: (job) => !FINAL.has(job.status) && job.status !== "waiting_review" && !job.holds.some((hold) => hold.scope === "job"),
  resume: (job) => !FINAL.has(job.status) && own(job).length > 0,
  cancel: (job) => !FINAL.has(job.status),
  retry: (job) => ["failed", "timed_out"].includes(job.status) || (job.status === "completed" && job.counts.failed > 0),
};

const ENDS = [["", "Until somebody resumes it"], ["900", "15 minutes"], ["3600", "1 hour"], ["14400", "4 hours"], ["86400", "1 day"], ["at", "A time…"]];

/** Reason and end of a hold; for a job, many jobs, a source or the whole system. */
export function HoldFields() {
  const [end, setEnd] = useState("");
  const soon = new Date(Date.now() + 3600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return html`<${Field} name="reason" label="Reason" hint="Whoever looks at it will read this.">
      <input id="reason" name="reason" maxlength="500" autocomplete="off" autofocus placeholder="Why, in a few words" />
    <//>
    <${Field} name="end" label="For how long">
      <select id="end" name="end" value=${end} onChange=${(event) => setEnd(event.target.value)}>${ENDS.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select>
    <//>
    ${end === "at" && html`<${Field} name="until" label="Until"><input id="until" name="until" type="datetime-local" required defaultValue=${soon} /><//>`}`;
}

/** The body of a pause, from the fields above. */
export function holdOf(form) {
  const reason = form.get("reason").trim(), end = form.get("end");
  const at = end === "at" ? new Date(form.get("until")) : end ? new Date(Date.now() + Number(end) * 1000) : null;
  return { ...(reason && { reason }), ...(at && { until: at.toISOString().replace(/\.\d+Z$/, "Z") }) };
}

export function PauseDialog({ job, onClose, onDone }) {
  const act = async (form) => {
    const paused = await post(jobPath(job.id, "pause"), holdOf(form));
    say(paused.status === "paused" ? "Paused. No unit runs." : "Pausing: the units in hand end first.", "paused");
    onDone(paused);
  };
  return html`<${Ask} title="Pause this job" verb="Pause" onClose=${onClose} act=${act}>
    <p class="muted">No further unit starts. Units in hand end and count. ${count(job.counts.remaining)} of ${many(job.counts.total, "unit")} are left, and wait at no cost.</p>
    <${HoldFields} />
  <//>`;
}

export function CancelDialog({ job, onClose, onDone }) {
  const act = async (form) => {
    const reason = form.get("reason").trim();
    const cancelled = await post(jobPath(job.id, "cancel"), reason ? { reason } : undefined);
    say("Cancelled.", "cancelled");
    onDone(cancelled);
  };
  return html`<${Ask} title="Cancel this job" verb="Cancel for good" danger onClose=${onClose} act=${act}>
    <p class="muted">It ends for good: ${many(job.counts.remaining, "unit")} will never run. The results of ${many(job.counts.succeeded, "finished unit")} stay readable.</p>
    <${Field} name="reason" label="Reason"><input id="reason" name="reason" maxlength="500" autocomplete="off" autofocus /><//>
  <//>`;
}

/** `units`: the chosen ones `{stage, numbers, count, why}` or a group of errors `{group, count, why}`; without, the failed ones, or those that never ran. */
export function RetryDialog({ job, kind, units, onClose, onDone }) {
  const [which, setWhich] = useState(units ? (units.group ? "group" : "named") : "failed");
  const { failed, remaining } = job.counts;
  const unnamed = job.stages.some((stage) => !stage.planned);  // it ended before all its units were named
  const left = (count) => (unnamed ? `${many(count, "unit")}, and those that have no name yet` : many(count, "unit"));
  const secrets = kind?.secrets ?? [];
  const choices = units
    ? [[units.group ? "group" : "named", `${many(units.count, "unit")}: ${units.why}`]]
    : [["failed", `What failed and what never ran: ${left(failed + remaining)}`], ...(remaining || unnamed ? [["unfinished", `Only what never ran: ${left(remaining)}`]] : [])];
  const act = async (form) => {
    const given = Object.fromEntries(secrets.map((name) => [name, form.get(`secret-${name}`)]).filter(([, value]) => value));
    const body = { which, ...(units?.group && { group: units.group }), ...(units?.numbers && { units: units.numbers, stage: units.stage }), ...(secrets.length && { secrets: given }) };
    const retried = await post(jobPath(job.id, "retry"), body);
    say(`Run ${retried.run} has begun.`, "running");
    onDone(retried);
  };
  return html`<${Ask} title="Retry" verb="Run again" onClose=${onClose} act=${act}>
    <fieldset class="plain"><legend class="hidden">What to run again</legend>
      ${choices.map(([value, text]) => html`<label class="check"><input type="radio" name="which" value=${value} checked=${which === value} onChange=${() => setWhich(value)} /><span>${text}</span></label>`)}
    </fieldset>
    <p class="muted">This becomes run ${job.run + 1} of the same job. The results of ${many(job.counts.succeeded, "unit")} that succeeded are kept${units ? ", but for those run again" : ""}.</p>
    ${secrets.map((name) => html`<${Field} name=${`secret-${name}`} label=${name} hint="Secrets go when a job ends, so it needs them again."><input id=${`secret-${name}`} name=${`secret-${name}`} type="password" autocomplete="off" /><//>`)}
  <//>`;
}

/** Take a job's own hold away; others' stay, which is told. */
export async function resume(job, onDone) {
  try {
    const resumed = await post(jobPath(job.id, "resume"));
    const still = resumed.holds.map((hold) => `${hold.scope === "system" ? "the whole system" : hold.scope} by ${hold.owner}${hold.until ? ` until ${moment(hold.until)}` : ""}`);
    if (still.length) say(`Its own hold is gone. Still held: ${still.join(", ")}.`, "paused");
    else say("Resumed.", "running");
    onDone?.(resumed);
  } catch (error) {
    say(error.message, "failed");
  }
}

/** Act on a job, or say why that can't be. */
export function steer(job, able, otherwise, act) {
  const not = barred(job.user) ?? (able(job) ? null : otherwise);
  if (not) say(not, "failed");
  else act(job);
}

/** p and r, for the job of a page. */
export function useSteering(job, put, ask) {
  useKeys({
    p: () => job && steer(job, may.pause, "This job can't be paused now.", ask),
    r: () => job && steer(job, may.resume, "This job has no hold of its own.", () => resume(job, put)),
  }, [job]);
}

/** The buttons of a job's page. */
export function Acts({ job, kind, onDone, again, ask, setAsk }) {
  const close = () => setAsk(null), not = barred(job.user);
  return html`
    ${may.resume(job) && html`<${Button} kind=${follows(job) ? "" : "primary"} icon="resume" barred=${not} onClick=${() => resume(job, onDone)}>${follows(job) ? "Start anyway" : "Resume"}<//>`}
    ${may.pause(job) && html`<${Button} kind=${may.retry(job) || may.resume(job) ? "" : "primary"} icon="pause" barred=${not} onClick=${() => setAsk("pause")}>Pause<//>`}
    ${may.retry(job) && html`<${Button} kind="primary" icon="retry" barred=${not} onClick=${() => setAsk("retry")}>Retry<//>`}
    ${again && !barred() && html`<a class="button" href=${again}>Start again</a>`}
    ${may.cancel(job) && html`<${Button} kind="danger" icon="cancel" barred=${not} onClick=${() => setAsk("cancel")}>Cancel<//>`}
    ${ask === "pause" && html`<${PauseDialog} job=${job} onClose=${close} onDone=${onDone} />`}
    ${ask === "cancel" && html`<${CancelDialog} job=${job} onClose=${close} onDone=${onDone} />`}
    ${ask === "retry" && html`<${RetryDialog} job=${job} kind=${kind} onClose=${close} onDone=${onDone} />`}
    ${ask?.units && html`<${RetryDialog} job=${job} kind=${kind} units=${ask.units} onClose=${close} onDone=${onDone} />`}`;
}

export function Warning({ job }) {
  if (job.status !== "completed" || !job.counts.failed) return null;
  return html`<${Note} of="warning">Completed, but ${many(job.counts.failed, "unit")} failed. The rest is fine; retry runs only what failed.<//>`;
}
