import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session, SessionList } from "../../web/frontend/api_types.ts";
import {
  beginLoading, dropRows, emptyHistory, failLoading, selectLoaded, selectNone, takeEnded, takeFirst, takeNext, toggleRow,
  type HistoryList,
} from "../../web/frontend/state/history_list.ts";

const session = (id: string): Session =>
  ({ id, name: id, status: "completed", task: "long ".repeat(1000), result: "long ".repeat(1000), options: {} }) as unknown as Session;
const page = (ids: string, next_cursor: string | null = null): SessionList =>
  ({ session_history: [...ids].map(session), next_cursor }) as unknown as SessionList;
const rows = (list: HistoryList): string => list.rows.map(({ id }) => id).join("");
const chosen = (list: HistoryList): string => [...list.selected].sort().join("");
const loaded = takeFirst(emptyHistory, page("abcde", "more"));

test("pages follow each other, and nothing is shown twice", () => {
  const list = takeNext(beginLoading(loaded, false), page("efg"));
  assert.equal(rows(list), "abcdefg");
  assert.deepEqual([list.nextCursor, list.isLoading], [null, false]);
});

test("rows keep neither tasks nor results: there may be 100,000 of them", () => {
  assert.ok(JSON.stringify(loaded.rows).length < 1000);
});

test("while a new list is on its way the old rows stay, and where it fails too", () => {
  const waiting = beginLoading(loaded, true);
  assert.deepEqual([rows(waiting), waiting.isLoading, waiting.isStale], ["abcde", true, true]);
  assert.equal(takeFirst(waiting, page("xyz")).isStale, false);
  const failed = failLoading(waiting, "The dashboard does not answer.");
  assert.deepEqual([rows(failed), failed.isLoading, failed.isStale], ["abcde", false, false]);
  assert.equal(failed.trouble, "The dashboard does not answer.");
  assert.equal(beginLoading(failed, true).trouble, null);
});

test("a further page that is on its way leaves the rows as good as they were", () => {
  assert.equal(beginLoading(loaded, false).isStale, false);
});

test("a row is chosen and no longer, and with Shift all between become like it", () => {
  const one = toggleRow(loaded, 1, false);
  assert.equal(chosen(one), "b");
  const three = toggleRow(one, 3, true);
  assert.equal(chosen(three), "bcd");
  assert.equal(chosen(toggleRow(three, 2, false)), "bd");
  const upwards = toggleRow(toggleRow(loaded, 4, false), 2, true);
  assert.equal(chosen(upwards), "cde");
  assert.equal(chosen(toggleRow(toggleRow(three, 3, false), 1, true)), "");
  assert.equal(toggleRow(loaded, 9, false), loaded);
});

test("all that is loaded can be chosen, and none", () => {
  assert.equal(chosen(selectLoaded(loaded)), "abcde");
  assert.equal(chosen(selectNone(selectLoaded(loaded))), "");
});

test("what was deleted goes, also from what is chosen", () => {
  const list = dropRows(selectLoaded(loaded), ["b", "z"]);
  assert.deepEqual([rows(list), chosen(list)], ["acde", "acde"]);
  assert.equal(dropRows(loaded, ["z"]), loaded);
});

test("of a new list only what it still shows stays chosen", () => {
  assert.equal(chosen(takeFirst(selectLoaded(loaded), page("xbd"))), "bd");
});

test("the reader is told of sessions that ended meanwhile, until the list is read again", () => {
  const told = takeEnded(loaded, ["a", "x", "y"]);
  assert.deepEqual([...told.arrived], ["x", "y"]);
  assert.deepEqual([...dropRows(told, ["x"]).arrived], ["y"]);
  assert.equal(takeFirst(told, page("xyabc")).arrived.size, 0);
  assert.equal(takeEnded(emptyHistory, ["x"]), emptyHistory);
});
