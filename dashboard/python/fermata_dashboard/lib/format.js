// Numbers, times and words as people read them.
const whole = new Intl.NumberFormat("en");
const moments = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const dated = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const WORDS = {
  pending: "Pending", running: "Running", pausing: "Pausing", paused: "Paused", waiting_review: "In review",
  completed: "Completed", failed: "Failed", cancelled: "Cancelled", timed_out: "Timed out",
};
export const FINAL = new Set(["completed", "failed", "cancelled", "timed_out"]);

export const count = (number) => whole.format(number);
export const many = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

/** Milliseconds of a time, with or without its zone, or of seconds since the epoch. */
export function millis(at) {
  if (typeof at === "number") return at * 1000;
  return Date.parse(/Z|[+-]\d\d:\d\d$/.test(at) ? at : `${at}Z`);
}

export function moment(at) {
  if (at === null || at === undefined) return "–";
  const then = new Date(millis(at));
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return clock.format(then);
  return (then.getFullYear() === now.getFullYear() ? moments : dated).format(then);
}

export const exactly = (at) => (at === null || at === undefined ? "" : exact.format(new Date(millis(at))));

/** A length of time: "42 s", "3 min 20 s", "2 h 5 min", "4 d 3 h". */
export function lasting(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return "under 1 s";
  const all = Math.round(seconds);
  const parts = [[Math.floor(all / 86400), "d"], [Math.floor(all / 3600) % 24, "h"], [Math.floor(all / 60) % 60, "min"], [all % 60, "s"]];
  const first = parts.findIndex(([number]) => number);
  return parts.slice(first, first + 2).filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
}

/** How long ago, or how soon. */
export function relative(at, now = Date.now()) {
  const seconds = (now - millis(at)) / 1000;
  const text = Math.abs(seconds) < 5 ? "" : lasting(Math.abs(seconds)).split(" ").slice(0, 2).join(" ");
  if (!text) return "now";
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

export const percent = (share) => `${share >= 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;

export function rate(perSecond) {
  if (perSecond >= 10) return `${count(Math.round(perSecond))} units/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)} units/s`;
  return `${perSecond * 60 >= 10 ? Math.round(perSecond * 60) : (perSecond * 60).toFixed(1)} units/min`;
}

export function bytes(size) {
  const units = ["bytes", "KB", "MB", "GB"];
  let step = 0;
  while (size >= 1000 && step < 3) { size /= 1000; step += 1; }
  return `${step && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[step]}`;
}

export function dollars(amount) {
  if (amount === 0) return "$0";
  if (amount < 0.0001) return "under $0.0001";
  return `$${amount < 0.01 ? amount.toFixed(4) : amount < 1 ? amount.toFixed(3) : amount.toFixed(2)}`;
}

/** Names as code writes them, as people do. */
export const spaced = (name) => {
  const text = String(name).replace(/[._]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** A job's status, with the one that only people distinguish: a pause that is asked for and not yet there. */
export const standing = (job) => (job.status === "running" && job.holds?.length ? "pausing" : job.status);

/** Whether a job has not begun since it starts after others, and nothing else holds it. */
export const follows = (job) => job.status === "paused" && job.holds.length > 0 && job.holds.every((hold) => hold.scope.startsWith("after:"));

/** Who holds: "paused by ann until 14:00: reason". */
export const holder = (hold) => {
  if (hold.scope.startsWith("after:")) return `Starts after ${hold.scope.slice(6)}`;
  const scope = hold.scope === "job" ? "" : hold.scope === "system" ? "Everything held by " : `${spaced(hold.scope.split(":")[0])} held by `;
  const owner = hold.owner === "automatic" ? "Fermata itself" : hold.owner;
  return `${scope || "Held by "}${owner}${hold.until ? ` until ${moment(hold.until)}` : ""}`;
};

/** What a job is about, by its parameters. */
export function subject(job) {
  const { params = {} } = job;
  for (const name of ["title", "name", "url", "query", "question", "topic", "table", "documents_url"]) {
    if (typeof params[name] === "string" && params[name]) return params[name];
  }
  if (Array.isArray(params.urls) && params.urls.length) return params.urls[0];
  return job.source ?? "";
}

/** A sentence of the server's, with the times and numbers in it as people here write them. */
export const local = (sentence) => sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => moment(at)).replace(/(?<=^|\s)\d{4,}(?=\s(?:units?|chunks?|of)\b)/g, (number) => count(Number(number)));
