// Passages of a workspace that answer a question.
import { html, useEffect, useState } from "../lib/html.js";
import { get } from "../lib/api.js";
import { many } from "../lib/format.js";
import { go, to } from "../lib/router.js";
import { Empty, Head, Trouble } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const words = (text) => new Set((text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).map((word) => word.slice(0, 5)));

/** A snippet with what was asked for marked. */
function Marked({ text, question }) {
  const wanted = words(question.replace(/(^|\s)-\S+/g, " ").replace(/\btitle:/g, ""));
  return text.split(/([\p{L}\p{N}]+)/u).map((part) => (part.length > 2 && wanted.has(part.toLowerCase().slice(0, 5)) ? html`<mark>${part}</mark>` : part));
}

export function Search({ query }) {
  const question = query.get("q") ?? "", workspace = query.get("workspace") ?? "";
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    if (!question.trim()) { setFound(null); return undefined; }
    const ended = new AbortController();
    get("/api/v1/search", { q: question, workspace, limit: 30 }, ended.signal).then(
      (answer) => { setFound(answer.results); setError(null); },
      (failure) => failure.name !== "AbortError" && setError(failure),
    );
    return () => ended.abort();
  }, [question, workspace]);
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    go(to("/search", { q: form.get("q").trim(), workspace: form.get("workspace").trim() }));
  };
  return html`<${Head} title="Search" sub="What the workspace's sources say." />
    <form class="filters" role="search" onSubmit=${submit}><div class="line">
      <div class="find"><${Icon} name="search" /><label class="hidden" for="q">Question</label><input id="q" name="q" type="search" defaultValue=${question} value=${question} placeholder=${'Words, "a phrase", -unwanted, title:word'} autofocus /></div>
      <input class="pick" name="workspace" aria-label="Workspace" placeholder="Workspace: default" value=${workspace} /><button class="button primary">Search</button></div></form>
    <${Trouble} error=${error} />
    <p class="muted small" role="status">${found ? many(found.length, "passage") : ""}</p>
    ${found && !found.length && html`<${Empty} icon="search" title="Nothing answers this">Try other words, or <a href=${to("/sources")}>add a source</a>.<//>`}
    <ol class="found">${(found ?? []).map((hit) => html`<li key=${`${hit.source_id}/${hit.part}/${hit.passage}`}><h2>${hit.uri && /^https?:/.test(hit.uri) ? html`<a href=${hit.uri} target="_blank" rel="noreferrer">${hit.title}</a>` : hit.title}</h2>
      <p class="muted small">${[...hit.section, hit.page ? `page ${hit.page}` : null].filter(Boolean).join(" › ")}</p><p class="break"><${Marked} text=${hit.snippet} question=${question} /></p></li>`)}</ol>`;
}
