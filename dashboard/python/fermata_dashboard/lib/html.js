// The one place that names the library; everything else imports from here.
import { html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/htm-preact.js";

export { html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };

/** A value that parts of the page share. */
export function store(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value of a store; the component is drawn again when it changes. */
export function useStore(shared) {
  const [, draw] = useState(0);
  useLayoutEffect(() => shared.subscribe(() => draw((count) => count + 1)), [shared]);
  return shared.get();
}
