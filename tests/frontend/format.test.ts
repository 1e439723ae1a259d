import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agentTitle,
  architectureName,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRelative,
  formatTime,
  humanise,
  plural,
  suggestName,
} from "../../web/frontend/format.ts";

test("durations are said in the two largest units", () => {
  const said = [0, 1.234, 8, 125, 4800, 273_600].map(formatDuration);
  assert.deepEqual(said, ["0 s", "1.2 s", "8 s", "2 min 05 s", "1 h 20 min", "3 d 4 h"]);
});

test("a ticking time keeps two digits for seconds", () => {
  assert.deepEqual([8, 125, 725, 4809].map(formatClock), ["0:08", "2:05", "12:05", "1:20:09"]);
});

test("a time is told by how long ago it was", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");
  const told = ["2026-01-02T11:59:40Z", "2026-01-02T11:56:00Z", "2026-01-02T09:00:00Z", "2025-12-31T12:00:00Z"];
  assert.deepEqual(told.map((at) => formatRelative(at, now)), ["just now", "4 min ago", "3 h ago", "2 d ago"]);
});

test("sizes and counts are short", () => {
  assert.deepEqual([640, 1400, 2_300_000_000].map(formatBytes), ["640 B", "1.4 kB", "2.3 GB"]);
  assert.deepEqual([950, 12_345, 4_100_000].map(formatCount), ["950", "12.3k", "4.1M"]);
  assert.deepEqual([plural(1, "file"), plural(3, "file")], ["1 file", "3 files"]);
});

test("architectures are called as on the form", () => {
  assert.equal(architectureName("FULLY_CONNECTED"), "Fully Connected");
});

test("codes become words", () => {
  assert.deepEqual(["data_scientist", "it_architect"].map(humanise), ["data scientist", "IT architect"]);
  assert.deepEqual(["queen", "sub-queen-1", "drone-12"].map(agentTitle), ["Queen", "Sub-queen 1", "Drone 12"]);
});

test("a time of the log has the same width everywhere", () => {
  assert.match(formatTime("2026-01-02T23:04:05Z"), /^\d\d:\d\d:\d\d$/);
});

test("a name is suggested from the task's first line, cut at a word's end", () => {
  assert.equal(suggestName("  Write a haiku\nabout bees"), "Write a haiku");
  const long = suggestName(`${"word ".repeat(30)}`);
  assert.ok(long.length <= 61 && long.endsWith("word…"));
});
