// The kinds of work that the server knows; read once.
import { store, useEffect, useStore } from "./html.js";
import { get } from "./api.js";

const known = store(null);
let asked = null;

/** `{name: kind}`, or null while it is not known. */
export function useKinds() {
  useEffect(() => {
    asked ??= get("/api/v1/kinds").then(
      ({ kinds }) => known.set(Object.fromEntries(kinds.map((kind) => [kind.name, kind]))),
      () => { asked = null; },
    );
  }, []);
  return useStore(known);
}
