// Forms from JSON Schema: which control a property gets, and what its text means.

const resolved = (schema, root) => (schema?.$ref ? { ...root.$defs?.[schema.$ref.split("/").at(-1)], ...schema } : schema);

/** `{name, label, hint, control, required, initial, …}` of a property. Controls: text, secret, number, flag, choice, lines, json. */
export function fieldOf(name, given, root, secrets) {
  const outer = resolved(given, root);
  const kinds = (outer.anyOf ?? [outer]).map((one) => resolved(one, root)).filter((one) => one.type !== "null");
  const optional = (outer.anyOf ?? []).some((one) => one.type === "null");
  const one = kinds.length === 1 ? { ...outer, ...kinds[0], description: outer.description ?? kinds[0].description } : outer;
  const field = {
    name, label: outer.title && outer.title.toLowerCase() !== name.replaceAll("_", " ") ? outer.title : name.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase()).replace(/\b(url|id)(s?)\b/gi, (word, name, more) => name.toUpperCase() + more),
    hint: one.description, required: (root.required ?? []).includes(name), initial: outer.default, optional,
    minimum: one.minimum ?? one.exclusiveMinimum, maximum: one.maximum, most: one.maxLength,
  };
  if (secrets.includes(name)) return { ...field, control: "secret" };
  if (kinds.length === 1 && one.enum) return { ...field, control: "choice", choices: one.enum };
  if (kinds.length === 1 && one.type === "boolean") return { ...field, control: "flag" };
  if (kinds.length === 1 && (one.type === "integer" || one.type === "number")) return { ...field, control: "number", step: one.type === "integer" ? 1 : "any" };
  if (kinds.length === 1 && one.type === "string") return { ...field, control: one.maxLength > 2500 && /text|rows|content/i.test(name) ? "long" : "text" };
  if (kinds.length === 1 && one.type === "array" && resolved(one.items, root)?.type === "string") return { ...field, control: "lines" };
  return { ...field, control: "json" };
}

export const fieldsOf = (kind) => Object.entries(kind.schema.properties ?? {}).map(([name, schema]) => fieldOf(name, schema, kind.schema, kind.secrets));

/** What a control shows for a value. */
export function shown(field, value) {
  const given = value === undefined ? field.initial : value;
  if (field.control === "flag") return Boolean(given);
  if (given === null || given === undefined) return "";
  if (field.control === "lines") return given.join("\n");
  if (field.control === "json") return given === null || (Array.isArray(given) && !given.length) ? "" : JSON.stringify(given, null, 2);
  return String(given);
}

/** What a control's content means; undefined: left to the default. Throws an Error for what is no JSON. */
export function meant(field, content) {
  if (field.control === "flag") return content === Boolean(field.initial) ? undefined : content;
  if (content === "" ) return undefined;
  if (field.control === "number") return Number(content);
  if (field.control === "lines") return content.split("\n").map((line) => line.trim()).filter(Boolean);
  if (field.control === "choice") return field.choices.find((choice) => String(choice) === content);
  if (field.control !== "json") return content;
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new Error(`${field.label} is no valid JSON: ${error.message}`);
  }
}

/** The file that a kind reads by name, as its schema tells it. */
export const fileNamed = (kind) => JSON.stringify(kind.schema).match(/files?\s+`+([a-z0-9][a-z0-9._-]*)`+/)?.[1] ?? null;
