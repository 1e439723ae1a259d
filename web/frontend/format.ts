// Words for people from numbers, times and codes. Pure.
import type { Receipt } from "./event_types.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "8 s", "2 min 05 s", "1 h 20 min", "3 d 4 h". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 10 && seconds % 1 !== 0) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${pad(whole % MINUTE)} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${pad(Math.floor((whole % HOUR) / MINUTE))} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** "0:08", "2:05", "1:20:09": for what ticks. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = `${pad(Math.floor((whole % HOUR) / MINUTE))}:${pad(whole % MINUTE)}`;
  return whole < HOUR ? rest.replace(/^0(?=\d:)/, "") : `${Math.floor(whole / HOUR)}:${rest}`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** "just now", "4 min ago", "yesterday", then the date. */
export function formatRelative(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < HOUR) return `${Math.round(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.round(seconds / HOUR)} h ago`;
  if (seconds < 7 * DAY) return `${Math.round(seconds / DAY)} d ago`;
  return new Date(at).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}

export function formatExact(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** "16:05:09", also where people say it in halves of the day: a log is read in columns. */
export function formatTime(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** "640 B", "1.4 kB", "2.3 GB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "950", "12.3k", "4.1M". */
export function formatCount(value: number): string {
  if (value < 10_000) return value.toLocaleString("en");
  return value < 1_000_000 ? `${(value / 1000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

/** With a full stop where there is no end yet, so that another sentence may follow. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** "1 file", "3 files". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : nouns}`;
}

/** "12 steps kept · 3 calls cut · 3 streams closed": what a pause or a stop cost; nothing is said of what there was none. */
export function formatReceipt({ steps_kept, calls_cut, streams_closed }: Receipt): string {
  const parts = [`${plural(steps_kept, "step")} kept`];
  if (calls_cut > 0) parts.push(`${plural(calls_cut, "call")} cut`);
  if (streams_closed > 0) parts.push(`${plural(streams_closed, "stream")} closed`);
  return parts.join(" · ");
}

/** "data_scientist" → "data scientist", "it_architect" → "IT architect". */
export function humanise(code: string): string {
  return code.toLowerCase().replaceAll("_", " ").replace(/\bit\b/, "IT");
}

/** "sub-queen-1" → "Sub-queen 1". */
export function agentTitle(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replace(/-(\d+)$/, " $1");
}

export function architectureName(code: string): string {
  const names: Record<string, string> = {
    HIERARCHICAL: "Hierarchical",
    CENTRALIZED: "Centralized",
    FULLY_CONNECTED: "Fully Connected",
  };
  return names[code] ?? humanise(code);
}

/** A name from the first words of a task, at a word's end. */
export function suggestName(task: string): string {
  const line = task.trim().split("\n", 1)[0]?.replace(/\s+/g, " ") ?? "";
  if (line.length <= 60) return line;
  return `${line.slice(0, 60).replace(/\s+\S*$/, "")}…`;
}
