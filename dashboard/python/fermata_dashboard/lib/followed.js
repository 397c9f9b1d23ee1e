// One job as it is now: read once, then followed by its stream until it is over.
import { useEffect, useRef, useState } from "./html.js";
import { get, jobPath } from "./api.js";
import { FINAL } from "./format.js";
import { follow } from "./live.js";

const SAMPLED = 60_000;
const WITHIN = 250;

/** `{job, events, error, put, rate}`; `put(job)` shows an answer at once, `rate` is units a second, or null. */
export function useJob(id) {
  const [job, setJob] = useState(null);
  const [events, setEvents] = useState([]);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  const samples = useRef([]);

  const take = (next) => {
    setJob((before) => (before && before.updated_at > next.updated_at && before.run === next.run ? before : next));
    const now = Date.now(), settled = next.counts.succeeded + next.counts.failed;
    const kept = samples.current.filter((one) => now - one.at < SAMPLED && one.settled <= settled && one.run === next.run);
    samples.current = next.status === "running" ? [...kept, { at: now, settled, run: next.run }] : [];
  };

  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    let timer = null, over = false;
    const read = async () => {
      timer = null;
      try {
        const next = await get(jobPath(id), null, signal);
        over = FINAL.has(next.status);
        take(next);
        setError(null);
      } catch (failure) {
        if (!signal.aborted) setError(failure);
      }
    };
    const soon = () => { timer ??= setTimeout(read, WITHIN); };
    (async () => {
      await read();
      const known = [];
      let cursor = null;
      do {
        const page = await get(jobPath(id, "events"), { cursor, limit: 500 }, signal).catch(() => ({ events: [], next_cursor: null }));
        known.push(...page.events);
        cursor = page.events.length === 500 ? page.next_cursor : null;
      } while (cursor);
      if (signal.aborted) return;
      setEvents(known);
      if (over) return;
      const seen = new Set(known.map((event) => event.number));
      await follow(jobPath(id, "stream"), (name, data) => {
        if (name === "job" || name === "done") return take(data);
        if (data.number !== undefined && !seen.has(data.number)) {
          seen.add(data.number);
          setEvents((before) => [...before, data]);
        }
        soon();
      }, signal);
    })();
    return () => { ended.abort(); clearTimeout(timer); };
  }, [id, round]);

  const put = (next) => {
    if (job && FINAL.has(job.status) && !FINAL.has(next.status)) setRound((count) => count + 1);
    setJob(next);
  };
  return { job, events, error, put, rate: job ? speed(job, samples.current) : null };
}

/** Units a second: of the last minute, else of all the time at work. */
export function speed(job, samples) {
  const first = samples[0], last = samples.at(-1);
  if (samples.length > 2 && last.at - first.at > 4000) return ((last.settled - first.settled) / (last.at - first.at)) * 1000;
  const settled = job.counts.succeeded + job.counts.failed;
  return job.active_seconds > 0.5 && settled ? settled / job.active_seconds : null;
}
