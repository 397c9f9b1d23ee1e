// The jobs that a filter lets through, newest first: read a page at a time, and kept fresh.
import { get, jobPath } from "./api.js";
import { FINAL } from "./format.js";

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

  put(job) {
    const at = this.jobs.findIndex((one) => one.id === job.id);
    if (at < 0) return;
    this.jobs = this.jobs.with ? this.jobs.with(at, job) : this.jobs.map((one, place) => (place === at ? job : one));
    this.changed();
  }

  end() {
    this.ended.abort();
  }
}
