// A job's chunks: read while they move, and laid out in time.
import { get, jobPath } from "./api.js";
import { FINAL, millis, standing } from "./format.js";
import { useEffect, useRef } from "./html.js";
import { useLive } from "./live.js";

const PAGE = 500;
const MOVING = 3000, STILL = 15_000;
const MOST_LANES = 120;

/** All chunks of a stage, over as many pages as there are. */
async function ofStage(id, stage, signal) {
  const found = [];
  let cursor = null;
  do {
    const page = await get(jobPath(id, "chunks"), { stage, limit: PAGE, cursor }, signal);
    found.push(...page.chunks);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

/** The job's chunks, in order; those of a stage that is through are read once. `{chunks, error}`, chunks null until they are known. */
export function useChunks(job) {
  const through = useRef({ run: null, stages: new Map() });
  const read = async (signal) => {
    if (through.current.run !== job.run) through.current = { run: job.run, stages: new Map() };
    const known = through.current.stages, all = [];
    for (const stage of now.current.stages) {
      if (!stage.units && !stage.planned) continue;
      const chunks = known.get(stage.name) ?? await ofStage(job.id, stage.name, signal);
      if (stage.planned && chunks.every((chunk) => chunk.status === "done")) known.set(stage.name, chunks);
      all.push(...chunks);
    }
    return all;
  };
  const now = useRef(job), over = FINAL.has(job.status);
  now.current = job;
  const { value, error, again } = useLive(read, over ? null : () => (standing(now.current) === "running" ? MOVING : STILL), [job.id, job.run, over]);
  useEffect(() => { if (!over) again(); }, [job.status, job.stage]);
  return { chunks: value, error: error?.status ? error : null };
}

/** How a chunk stands, as people tell it apart: a status of the server's, or what it means in a job that is over or has paused. */
export function standingOf(chunk, over) {
  if (chunk.status === "done") return chunk.counts.failed ? "flawed" : "done";
  if (over && chunk.status !== "running") return chunk.started_at ? "left" : "never";
  if (chunk.status === "pending") return chunk.started_at ? "back" : "ahead";
  return chunk.status;
}

/** From when to when it was, or is, under way, in milliseconds; null: it has not begun. */
function spanOf(chunk, now) {
  if (!chunk.started_at) return null;
  const from = millis(chunk.started_at), settled = chunk.settled_at ? millis(chunk.settled_at) : from;
  const to = { running: now, waiting: now, lost: chunk.leased_until ? millis(chunk.leased_until) : settled }[chunk.status] ?? settled;
  return { from, to: Math.max(from, to) };
}

/** Chunks that have begun, each `{chunk, from, to, lane}`, so that those of a lane follow one another; and how many lanes there are. */
export function packed(chunks, now) {
  const bars = [], ends = [];
  for (const chunk of chunks) {
    const span = spanOf(chunk, now);
    if (span) bars.push({ chunk, ...span, lane: 0 });
  }
  bars.sort((one, other) => one.from - other.from || one.chunk.chunk - other.chunk.chunk);
  for (const bar of bars) {
    let lane = ends.findIndex((end) => end <= bar.from);
    if (lane < 0) lane = ends.length < MOST_LANES ? ends.length : bar.chunk.chunk % MOST_LANES;
    ends[lane] = Math.max(ends[lane] ?? 0, bar.to);
    bar.lane = lane;
  }
  return { bars, lanes: ends.length };
}
