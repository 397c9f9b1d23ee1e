// What keeps a view up to date: reading again while it is looked at, and following a stream.
import { useEffect, useRef, useState } from "./html.js";
import { headersFor } from "./api.js";
import { expired } from "./session.js";

const NEVER = 2 ** 31 - 1;

const pause = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    return signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

const shown = (signal) =>
  document.hidden
    ? new Promise((resolve) => {
        document.addEventListener("visibilitychange", resolve, { once: true, signal });
        signal.addEventListener("abort", resolve, { once: true });
      })
    : null;

/**
 * What `read(signal)` answers, read again every `ms` (a number, or a function that answers one) while the page is looked at; null:
 * once.
 * Answers `{value, error, again}`; `again()` reads at once.
 */
export function useLive(read, ms, keys) {
  const [state, setState] = useState({ value: null, error: null });
  const nudge = useRef(() => {}), pace = useRef(ms);
  pace.current = ms;
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    let wait = new AbortController();
    nudge.current = () => wait.abort();
    setState({ value: null, error: null });
    (async () => {
      let failures = 0;
      while (!signal.aborted) {
        wait = new AbortController();
        signal.addEventListener("abort", () => wait.abort(), { once: true });
        try {
          const value = await read(signal);
          if (signal.aborted) return;
          failures = 0;
          setState({ value, error: null });
        } catch (error) {
          if (signal.aborted) return;
          failures += 1;
          setState((before) => ({ value: before.value, error }));
        }
        if (ms === null && !failures) await pause(NEVER, wait.signal);
        else await pause(failures ? Math.min(10_000, 1000 * 2 ** (failures - 1)) : typeof ms === "function" ? pace.current() : ms, wait.signal);
        if (!signal.aborted) await shown(signal);
      }
    })();
    return () => ended.abort();
  }, keys);
  return { ...state, again: () => nudge.current() };
}

/** Read server-sent events of one answer; calls `tell({id, event, data})` for each. */
async function readEvents(response, tell) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const frame = { event: "message", data: "" };
      for (const line of block.split("\n")) {
        const at = line.indexOf(":");
        if (at <= 0) continue;
        const name = line.slice(0, at), text = line.slice(at + 1).replace(/^ /, "");
        if (name === "data") frame.data += text;
        else frame[name] = text;
      }
      if (frame.data || frame.retry) tell(frame);
    }
  }
}

/**
 * Follow a stream over as many connections as it takes, without loss or repeat, until `signal` ends it or what it tells of is
 * over. `told(works)` hears whether it can be had.
 */
export async function follow(path, tell, signal, told = () => {}) {
  let last = null, retry = 1000, failures = 0, over = false;
  while (!signal.aborted && !over) {
    try {
      const headers = headersFor("GET", { Accept: "text/event-stream", ...(last === null ? {} : { "Last-Event-ID": last }) });
      const response = await fetch(path, { headers, signal, credentials: "same-origin" });
      if (response.status === 401) return expired();
      if ([204, 403, 404].includes(response.status)) return told(false);
      if (!response.ok) throw new Error(String(response.status));
      failures = 0;
      told(true);
      await readEvents(response, (frame) => {
        if (frame.retry) retry = Number(frame.retry) || retry;
        if (!frame.data) return;
        if (frame.id) last = frame.id;
        if (frame.event === "done") over = true;
        tell(frame.event, JSON.parse(frame.data));
      });
    } catch {
      if (signal.aborted) return;
      failures += 1;
      told(false);
    }
    if (!over) await pause(failures ? Math.min(10_000, 1000 * 2 ** (failures - 1)) : retry, signal);
    await shown(signal);
  }
}

/** The time, again each second. */
export function useNow(ms = 1000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
