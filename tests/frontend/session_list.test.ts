import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session, Statistics } from "../../web/frontend/api_types.ts";
import { activeOf, emptyList, historyOf, takeChange, takeList } from "../../web/frontend/state/session_list.ts";

const statistics: Statistics = {
  total: 0, active: 0, completed: 0, failed: 0, stopped: 0, tokens: 0, average_duration_seconds: null,
};

function session(id: string, status: string, last_seq = 1, more: Partial<Session> = {}): Session {
  return { id, status, last_seq, created_at: `2026-01-01T00:00:0${id}Z`, ended_at: null, ...more } as Session;
}

const list = (active: Session[], history: Session[]) => ({
  active_sessions: Object.fromEntries(active.map((each) => [each.id, each])), session_history: history, statistics, next_cursor: null,
});

const ids = (sessions: Session[]): string[] => sessions.map((each) => each.id);

test("active and ended sessions are told apart, the latest first", () => {
  const state = takeList(emptyList, list([session("3", "running"), session("4", "queued")], [session("1", "failed"), session("2", "completed")]));
  assert.deepEqual(ids(activeOf(state)), ["4", "3"]);
  assert.deepEqual(ids(historyOf(state)), ["2", "1"]);
});

test("the history is in the order of the ends, equal ones by their ids, as in the pages of the API", () => {
  const ended = (id: string, minute: number): Session => session(id, "completed", 1, { ended_at: `2026-01-01T00:0${minute}:00Z` });
  const state = takeList(emptyList, list([], [ended("4", 5), ended("1", 9), ended("2", 7), ended("3", 7)]));
  assert.deepEqual(ids(historyOf(state)), ["1", "3", "2", "4"]);
});

test("a change moves a session from the active ones to the history, and removes what is gone", () => {
  const before = takeList(emptyList, list([session("3", "running")], [session("1", "failed")]));
  const state = takeChange(before, { changed: [session("3", "completed", 2)], removed: ["1"], statistics });
  assert.deepEqual(ids(activeOf(state)), []);
  assert.deepEqual(ids(historyOf(state)), ["3"]);
});

test("an answer that was overtaken does not turn a session back", () => {
  const before = takeChange(emptyList, { changed: [session("3", "completed", 9)], removed: [], statistics });
  const state = takeList(before, list([session("3", "running", 4)], []));
  assert.equal(historyOf(state)[0]?.status, "completed");
});

test("a session that a fresh answer no longer holds as active is dropped", () => {
  const before = takeList(emptyList, list([session("3", "running")], []));
  assert.deepEqual(ids(activeOf(takeList(before, list([], [])))), []);
});

test("a fresh answer keeps the ended sessions that are known", () => {
  const first = takeList(emptyList, list([], [session("5", "stopped"), session("2", "failed")]));
  assert.equal(emptyList.isLoaded, false);
  const state = takeList(first, list([], [session("5", "stopped")]));
  assert.deepEqual(ids(historyOf(state)), ["5", "2"]);
  assert.equal(state.isLoaded, true);
});
