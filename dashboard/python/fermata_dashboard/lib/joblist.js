// The jobs that a filter lets through, newest first: read a page at a time, and kept fresh.
import { get, jobPath } from "./api.js";
import { FINAL, millis } from "./format.js";

const PAGE = 100;
const BIG_PAGE = 500;
const READ_AT_ONCE = 12;

/** What the first page says of its stretch of the list replaces what was known of it; older rows stay. */
export function merged(known, page) {
  if (page.next_cursor === null || !known.length) return page.jobs;
  const last = page.jobs.at(-1);
  if (!last) return known;
  const ids = new Set(page.jobs.map((job) => job.id));
  const at = known.findIndex((job) => job.id === last.id);
  const older = at >= 0 ? known.slice(at + 1) : known.filter((job) => job.created_at <= last.created_at);
  return [...page.jobs, ...older.filter((job) => !ids.has(job.id))];
}

/** Whether a filter of the list's route lets a job through. */
export function admits(filter, job) {
  const { status, kind, family, workspace, user, label, held, failed_units: failed, from, to } = filter;
  const created = millis(job.created_at);
  const one = (wanted, has) => !wanted || wanted === has;
  const labelled = (wanted) => { const [name, value] = wanted.split(/=(.*)/s); return name in job.labels && one(value, job.labels[name]); };
  return (!status?.length || status.includes(job.status)) && one(kind, job.kind) && one(family, job.family) && one(workspace, job.workspace)
    && one(user, job.user) && (label ?? []).every(labelled) && (!held || (!FINAL.has(job.status) && String(job.holds.length > 0) === held))
    && (!failed || String(job.counts.failed > 0) === failed)
    && (!from || created >= millis(from)) && (!to || created < millis(to));
}

/** The list with a job as it is now: in its place, left out where the filter does not let it through any more, or new. */
export function withJob(jobs, job, admitted, whole) {
  const at = jobs.findIndex((one) => one.id === job.id);
  if (at >= 0) return admitted ? jobs.with(at, job) : jobs.toSpliced(at, 1);
  if (!admitted) return jobs;
  const place = jobs.findIndex((one) => one.created_at <= job.created_at);
  if (place < 0) return whole ? [...jobs, job] : jobs;
  return jobs.toSpliced(place, 0, job);
}

export class JobList {
  constructor(filter, changed) {
    this.filter = filter;
    this.changed = changed;
    this.jobs = [];
    this.cursor = undefined; // of the next older page; null: none
    this.error = null;
    this.loading = false;
    this.ended = new AbortController();
  }

  get whole() {
    return this.cursor === null;
  }

  async refresh() {
    const page = await get("/api/v1/jobs", { ...this.filter, limit: PAGE }, this.ended.signal);
    this.jobs = merged(this.jobs, page);
    if (this.cursor === undefined || page.next_cursor === null) this.cursor = page.next_cursor;
    this.changed();
  }

  async more() {
    if (this.loading || !this.cursor) return;
    this.loading = true;
    this.changed();
    try {
      const page = await get("/api/v1/jobs", { ...this.filter, limit: BIG_PAGE, cursor: this.cursor }, this.ended.signal);
      const known = new Set(this.jobs.map((job) => job.id));
      this.jobs = [...this.jobs, ...page.jobs.filter((job) => !known.has(job.id))];
      this.cursor = page.next_cursor;
      this.error = null;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.error = error;
    }
    this.loading = false;
    this.changed();
  }

  /** Read these rows again that the first page does not have and that are not over. */
  async look(shown) {
    const fresh = this.jobs[PAGE - 1];
    const open = shown.filter((job) => !FINAL.has(job.status) && fresh && job.created_at < fresh.created_at).slice(0, READ_AT_ONCE);
    const read = await Promise.all(open.map((job) => get(jobPath(job.id), null, this.ended.signal).catch(() => job)));
    for (const job of read) this.put(job);
  }

  /** A job as it is now. */
  put(job) {
    if (this.cursor === undefined) return;
    const jobs = withJob(this.jobs, job, admits(this.filter, job), this.whole);
    if (jobs === this.jobs) return;
    this.jobs = jobs;
    this.changed();
  }

  end() {
    this.ended.abort();
  }
}
