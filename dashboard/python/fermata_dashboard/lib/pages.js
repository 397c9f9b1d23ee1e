// Lists that come a page at a time.
import { useEffect, useState } from "./html.js";
import { get } from "./api.js";

/** `{rows, more, again, error}` of a route whose answer holds `member` and `next_cursor`; `more` is null at the end. */
export function usePages(path, query, member) {
  const [state, setState] = useState({ rows: null, cursor: null, error: null });
  const [round, setRound] = useState(0);
  const key = JSON.stringify([path, query]);
  useEffect(() => {
    if (path === null) return undefined;
    const ended = new AbortController();
    get(path, query, ended.signal).then(
      (page) => setState({ rows: page[member], cursor: page.next_cursor, error: null }),
      (error) => error.name !== "AbortError" && setState({ rows: null, cursor: null, error }),
    );
    return () => ended.abort();
  }, [key, round]);
  const more = async () => {
    const page = await get(path, { ...query, cursor: state.cursor });
    setState({ rows: [...state.rows, ...page[member]], cursor: page[member].length ? page.next_cursor : null, error: null });
  };
  return { ...state, more: state.cursor ? more : null, again: () => setRound((count) => count + 1) };
}
