// A job's events, newest first.
import { html } from "../lib/html.js";
import { exactly, lasting, many, moment, spaced } from "../lib/format.js";
import { Empty } from "./basics.js";
import { Icon } from "./icons.js";

const LOOKS = { created: "start", started: "running", stage: "jobs", pausing: "pausing", paused: "paused", resumed: "resume", unheld: "resume", approved: "check", rejected: "cancelled", retried: "retry", recovered: "retry" };

function told({ type, data }) {
  const by = data.user ?? data.owner;
  const reason = data.reason ? `: ${data.reason}` : "";
  switch (type) {
    case "created": return `Created${by ? ` by ${by}` : ""}`;
    case "started": return "Started";
    case "stage": return `Stage ${spaced(data.stage ?? "").toLowerCase()} begins, ${many(data.units ?? 0, "unit")}`;
    case "pausing": return `Pause asked for${by ? ` by ${by}` : ""}${reason}`;
    case "paused": return `Paused${data.checkpoint ? ` at ${data.checkpoint}` : ""}${reason}`;
    case "resumed": return `Resumed${by ? ` by ${by}` : ""}${reason}`;
    case "unheld": return `A hold is gone${by ? `, by ${by}` : ""}; others stay`;
    case "waiting_review": return "A draft waits for review";
    case "approved": return `Approved${by ? ` by ${by}` : ""}${data.units ? `, of ${data.units}` : ""}${reason}`;
    case "rejected": return `Rejected${by ? ` by ${by}` : ""}${reason}`;
    case "completed": return `Completed: ${data.succeeded ?? "?"} succeeded, ${data.failed ?? "?"} failed`;
    case "failed": return `Failed${data.error ? `: ${data.error}` : reason}`;
    case "cancelled": return `Cancelled${by ? ` by ${by}` : ""}${reason}`;
    case "timed_out": return "Timed out";
    case "retried": return `Retried${by ? ` by ${by}` : ""}`;
    case "recovered": return `Put right by recovery${reason}`;
    default: return spaced(type);
  }
}

export function History({ events }) {
  if (!events.length) return html`<${Empty} icon="jobs" title="Nothing has happened yet">Each step of the job becomes a line here.<//>`;
  return html`<ol class="history" aria-label="What happened, newest first">${[...events].reverse().map((event, place, all) => {
    const before = all[place + 1];
    const gap = before ? (Date.parse(event.at) - Date.parse(before.at)) / 1000 : 0;
    return html`<li key=${event.number} class=${`status-${event.status}`}><span class="dot"><${Icon} name=${LOOKS[event.type] ?? event.status} /></span><span class="grow break">${told(event)}</span><time class="muted small num nowrap" datetime=${event.at} title=${exactly(event.at)}>${gap >= 1 ? html`<span class="gap">${lasting(gap)} later</span>` : ""}${moment(event.at)}</time></li>`;
  })}</ol>`;
}
