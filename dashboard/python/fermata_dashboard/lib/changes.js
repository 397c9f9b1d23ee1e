// Everything that changes in the tenant, by one stream for all views of this tab.
import { store, useEffect, useRef, useStore } from "./html.js";
import { follow } from "./live.js";

const LINGER = 2000;

/** Whether the stream is to be had; while it is not, views read again by themselves. */
export const streaming = store(false);

const listeners = new Set();
let ended = null, timer = null;

function begin() {
  clearTimeout(timer);
  if (ended) return;
  ended = new AbortController();
  const tell = (name, data) => { for (const listener of [...listeners]) listener(name, data); };
  follow("/api/v1/stream", tell, ended.signal, (works) => streaming.set(works));
}

function leave() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (listeners.size) return;
    ended?.abort();
    ended = null;
    streaming.set(false);
  }, LINGER);
}

/** Call `take(name, data)` for each event of the stream while a component is there; answers whether the stream is to be had. */
export function useChanges(take) {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const listener = (name, data) => latest.current(name, data);
    listeners.add(listener);
    begin();
    return () => { listeners.delete(listener); leave(); };
  }, []);
  return useStore(streaming);
}
