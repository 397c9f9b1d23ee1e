// Who is told of a job, and whether it has arrived.
import { html, useEffect } from "../lib/html.js";
import { get } from "../lib/api.js";
import { FINAL, exactly, many, millis, moment, spaced } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Status, Trouble } from "./basics.js";

const PAGE = 200, PAGES = 5;
const SENT = { pending: ["pending", "Waits for its next try"], delivered: ["completed", "Delivered"], dead: ["failed", "Given up"] };

/** What a receiver was sent of a job, the newest first: what it was sent before the job was there can't be meant. */
async function sentOf(job, webhook, signal) {
  const found = [];
  let cursor = null;
  for (let pages = 0; pages < PAGES; pages += 1) {
    const page = await get(`/api/v1/webhooks/${encodeURIComponent(webhook)}/deliveries`, { limit: PAGE, cursor }, signal).catch((error) => {
      if (error.status === 404) return { deliveries: [], next_cursor: null }; // nothing was sent there yet
      throw error;
    });
    found.push(...page.deliveries.filter((one) => one.job_id === job.id));
    cursor = page.next_cursor;
    if (!cursor || millis(page.deliveries.at(-1).at) < millis(job.created_at)) break;
  }
  return found;
}

export function Told({ job }) {
  const admin = may("admin"), key = `${job.status} ${job.run}`;
  const { value, error, again } = useLive((signal) => (admin ? Promise.all(job.notify.map((one) => sentOf(job, one.webhook, signal))) : null), admin ? () => (FINAL.has(job.status) ? 15_000 : 5000) : null, [job.id]);
  useEffect(() => { again(); }, [key]);
  const { value: known } = useLive((signal) => (admin && job.notify.some((one) => !one.url) ? get("/api/v1/webhooks", null, signal) : null), null, [job.id]);
  const name = (one) => one.url ?? known?.webhooks.find((hook) => hook.id === one.webhook)?.name ?? one.webhook;
  const all = (value ?? []).flat(), states = Object.keys(SENT).map((state) => [state, all.filter((one) => one.state === state).length]).filter(([, number]) => number);
  return html`<details class="panel cost told-of"><summary><span class="muted">It tells</span> <b class="break">${job.notify.length === 1 ? name(job.notify[0]) : many(job.notify.length, "receiver")}</b>${states.length > 0 && html`<span class="sums">${states.map(([state, number]) => html`<${Status} of=${SENT[state][0]}>${number} ${SENT[state][1].toLowerCase()}<//>`)}</span>`}</summary>
    <div class="inside">${job.notify.map((one, place) => html`<section aria-label=${name(one)}><h3 class="break">${admin ? html`<a href=${to(`/webhooks/${encodeURIComponent(one.webhook)}`)}>${name(one)}</a>` : name(one)}</h3>
      <p class="muted small">${one.format === "slack" ? "As a message for Slack, of " : "Of "}${one.events.map((event) => spaced(event.replace(/^job\./, "").replace("*", "all that happens to it")).toLowerCase()).join(", ")}.</p>
      ${value && (value[place].length ? html`<ul class="told">${value[place].map((sent) => { const [look, word] = SENT[sent.state], last = sent.attempts.at(-1); return html`<li key=${sent.id}><${Status} of=${look}>${word}<//><span class="grow break">${spaced(sent.type.replace(/^job\./, ""))}<span class="muted small"> ${[sent.attempts.length > 1 && many(sent.attempts.length, "attempt"), last && (last.status ? `answered ${last.status}` : last.error), sent.next_attempt_at && `again ${moment(sent.next_attempt_at)}`, sent.reason].filter(Boolean).join(", ")}</span></span><time class="muted small num" datetime=${sent.at} title=${exactly(sent.at)}>${moment(sent.at)}</time></li>`; })}</ul>` : html`<p class="muted small">Nothing was sent so far.</p>`)}</section>`)}
      ${!admin && html`<p class="muted small">Whether it has arrived is seen with the scope admin.</p>`}<${Trouble} error=${error?.status ? error : null} /></div></details>`;
}
