// Icons of 20 by 20, drawn with a line.
import { html } from "../lib/html.js";

const DRAWN = {
  // statuses
  pending: html`<circle cx="10" cy="10" r="7" stroke-dasharray="2.2 2.6" />`,
  running: html`<g class="turning"><circle cx="10" cy="10" r="7" opacity="0.28" /><path d="M17 10a7 7 0 0 0-7-7" /></g>`,
  pausing: html`<path d="M3.5 13.5a6.5 6.5 0 0 1 13 0" stroke-dasharray="2.4 2.2" /><circle cx="10" cy="13" r="1.4" fill="currentColor" stroke="none" />`,
  paused: html`<path d="M3.5 13.5a6.5 6.5 0 0 1 13 0" /><circle cx="10" cy="13" r="1.7" fill="currentColor" stroke="none" />`,
  waiting_review: html`<path d="M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Z" /><circle cx="10" cy="10" r="2.2" />`,
  completed: html`<circle cx="10" cy="10" r="7" /><path d="m7 10.2 2.2 2.200L13.2 8" />`,
  failed: html`<circle cx="10" cy="10" r="7" /><path d="m7.6 7.6 4.8 4.800m0-4.8-4.8 4.8" />`,
  cancelled: html`<circle cx="10" cy="10" r="7" /><path d="m5.2 14.8 9.6-9.6" />`,
  timed_out: html`<circle cx="10" cy="10" r="7" /><path d="M10 6v4.200l2.8 1.6" />`,
  warning: html`<path d="M10 3.5 17.5 16h-15L10 3.500Z" stroke-linejoin="round" /><path d="M10 8.500v3.500m0 2v.1" />`,
  // places
  jobs: html`<path d="M3 5.500h14M3 10h14M3 14.500h9" />`,
  review: html`<path d="M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Z" /><circle cx="10" cy="10" r="2.2" />`,
  start: html`<path d="M10 4v12M4 10h12" />`,
  batches: html`<path d="M3 7.5 10 4l7 3.5-7 3.500L3 7.500Zm0 5L10 16l7-3.5" stroke-linejoin="round" />`,
  sources: html`<path d="M5 3h7l3.5 3.500V17H5V3Zm7 0v4h3.5" stroke-linejoin="round" />`,
  search: html`<circle cx="9" cy="9" r="5.2" /><path d="m13 13 4 4" />`,
  records: html`<path d="M3 4.500h14v11H3v-11Zm0 3.700h14M8 4.500v11" stroke-linejoin="round" />`,
  system: html`<path d="M2.5 10.500h3l2-5 4 10 2.2-5h3.8" stroke-linejoin="round" />`,
  audit: html`<path d="M10 2.5 16.5 5v5c0 4-2.8 6.5-6.5 7.5-3.7-1-6.5-3.5-6.5-7.500V5L10 2.500Z" stroke-linejoin="round" /><path d="m7.3 10 2 2 3.4-3.6" />`,
  schedules: html`<path d="M3 5.500h14V17H3V5.500Zm0 3.700h14M6.5 3v4m7-4v4" stroke-linejoin="round" /><path d="M10 11.200v2.500l1.7 1" />`,
  webhooks: html`<path d="M7.5 9.500a3.4 3.4 0 1 1 5 0l2.700 4.500m-7-1.500a3.4 3.4 0 1 1-3.500-3m.8 3.400h8.500a3.2 3.2 0 1 1 1 2.200" stroke-linejoin="round" />`,
  keys: html`<circle cx="6.5" cy="13.5" r="3.5" /><path d="m9 11 7-7m-2.5 2.5 2 2M11.5 8.500l1.5 1.5" />`,
  more: html`<path d="M4 10h.1M10 10h.1M16 10h.1" stroke-width="2.6" />`,
  // acts
  pause: html`<path d="M7 4.500v11m6-11v11" stroke-width="2.2" />`,
  resume: html`<path d="M6.5 4v12L16 10 6.5 4Z" stroke-linejoin="round" />`,
  cancel: html`<path d="m5 5 10 10m0-10L5 15" />`,
  retry: html`<path d="M16 10a6 6 0 1 1-1.8-4.300L16.5 8m0-4.500V8H12" />`,
  copy: html`<path d="M7 7h9.500v9.500H7V7ZM4 13H3.500V3.500H13V4" stroke-linejoin="round" />`,
  download: html`<path d="M10 3v9.500m-4-3.7 4 4 4-4M3.5 16.500h13" />`,
  back: html`<path d="m12 4-6 6 6 6" />`,
  next: html`<path d="m8 4 6 6-6 6" />`,
  check: html`<path d="m4 10.5 4 4 8-9" />`,
  info: html`<circle cx="10" cy="10" r="7" /><path d="M10 9.200v4m0-6.500v.1" />`,
  sun: html`<circle cx="10" cy="10" r="3.3" /><path d="M10 2v2m0 12v2M2 10h2m12 0h2M4.3 4.300l1.4 1.400m8.6 8.6 1.4 1.400m0-11.4-1.4 1.400m-8.6 8.6-1.4 1.4" />`,
  moon: html`<path d="M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.500Z" stroke-linejoin="round" />`,
  auto: html`<circle cx="10" cy="10" r="7" /><path d="M10 3a7 7 0 0 1 0 14V3Z" fill="currentColor" stroke="none" />`,
  leave: html`<path d="M8 3.500H4v13h4m4.5-10L16 10l-3.5 3.500M16 10H7.5" />`,
  keyboard: html`<path d="M2.5 5h15v10h-15V5Zm3 3.200h.1m3 0h.1m3 0h.1m3 0h.1M6.5 12h7" stroke-linejoin="round" />`,
  file: html`<path d="M5 3h7l3.5 3.500V17H5V3Zm7 0v4h3.5" stroke-linejoin="round" />`,
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true" focusable="false">${DRAWN[name]}</svg>`;
}

/** The sign over a note that is held for as long as one pleases. */
export function Logo() {
  return html`<svg viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false"><path d="M3 23a13 13 0 0 1 26 0" stroke="currentColor" stroke-width="3.2" stroke-linecap="round" /><circle cx="16" cy="22" r="3.2" fill="currentColor" /></svg>`;
}
