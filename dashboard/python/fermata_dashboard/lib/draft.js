// A draft that waits for review, as parts that a person can look at, whatever kind made it.
//
// A part is `{number, shape, able, problems, …}`: `number` is what the kind calls it when it is approved, `able` says whether it can
// be. Shapes: "row" `{columns, values}`, "change" `{title, changes: [{field, before, after, why}]}`, "group" `{keep, drop, titles, why}`.

const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const KNOWN = new Set(["key", "by", "title", "name"]);

/** Parts of one settled unit of the stage that the review stands after. */
export function partsOf(unit, value) {
  if (!plain(value)) return [{ number: unit, shape: "row", able: true, problems: [], columns: ["value"], values: [value] }];
  if (Array.isArray(value.columns) && Array.isArray(value.records)) return tableRows(value);
  if (Array.isArray(value.changes)) {
    return [{ number: unit, shape: "change", able: value.changes.length > 0, problems: [], title: String(value.key ?? value.title ?? unit), changes: value.changes }];
  }
  if ("before" in value && "after" in value) return [{ number: unit, shape: "change", able: true, problems: [], title: String(value.key ?? value.title ?? unit), changes: compared(value.before, value.after) }];
  if ("keep" in value && Array.isArray(value.drop)) {
    const problems = value.keep === null ? [{ message: "Too many records, or too few that are left, to be merged by itself" }] : [];
    return [{ number: unit, shape: "group", able: value.keep !== null, problems, ...value }];
  }
  const names = Object.keys(value);
  return [{ number: unit, shape: "row", able: true, problems: [], columns: names, values: names.map((name) => value[name]) }];
}

function tableRows(block) {
  const columns = block.columns.map((column) => column.name);
  const problems = byRow(block.problems);
  const rows = block.records.map(([row, ...values]) => ({ number: row, shape: "row", able: true, problems: problems.get(row) ?? [], columns, values }));
  const good = new Set(rows.map((row) => row.number));
  for (const [row, found] of problems) if (!good.has(row)) rows.push({ number: row, shape: "row", able: false, problems: found, columns, values: [] });
  return rows.sort((one, other) => one.number - other.number);
}

function byRow(problems) {
  const rows = new Map();
  for (const problem of problems ?? []) rows.set(problem.row, [...(rows.get(problem.row) ?? []), problem]);
  return rows;
}

/** Problems that a later stage found with rows of an earlier one: those rows can't be approved. */
export function marked(parts, values) {
  const found = byRow(values.flatMap((value) => (plain(value) && Array.isArray(value.problems) ? value.problems : [])));
  return parts.map((part) => (part.shape === "row" && found.has(part.number) ? { ...part, able: false, problems: [...part.problems, ...found.get(part.number)] } : part));
}

function compared(before, after) {
  if (!plain(before) || !plain(after)) return [{ field: "value", before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((field) => ({ field, before: before[field], after: after[field] }));
}

/** Which of the stages before a reviewed one holds the draft: the last that has rows, else the one just before. */
export function draftStages(kind, job) {
  const at = kind.stages.findIndex((stage, place) => stage.review && place >= kind.stages.findIndex((one) => one.name === job.stage));
  const before = kind.stages.slice(0, at < 0 ? kind.stages.length : at).map((stage) => stage.name);
  return before.filter((name) => job.stages.some((stage) => stage.name === name));
}

/** The words of two texts: `[{same, gone, come}]` stretches, for drawing a difference. */
export function wordwise(before, after) {
  const cut = (text) => String(text ?? "").match(/\s+|[^\s]+/g) ?? [];
  const old = cut(before), fresh = cut(after);
  if (old.length * fresh.length > 250_000) return [{ gone: String(before ?? "") }, { come: String(after ?? "") }];
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) for (let j = fresh.length - 1; j >= 0; j -= 1) table[i][j] = old[i] === fresh[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  const stretches = [];
  const add = (what, text) => { const last = stretches.at(-1); if (last && what in last) last[what] += text; else stretches.push({ [what]: text }); };
  let i = 0, j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) { add("same", old[i]); i += 1; j += 1; }
    else if (i < old.length && (j >= fresh.length || table[i + 1][j] >= table[i][j + 1])) { add("gone", old[i]); i += 1; }
    else { add("come", fresh[j]); j += 1; }
  }
  return stretches;
}
