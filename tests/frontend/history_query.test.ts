import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { askedOf, emptyQuery, END_STATES, isFiltered, readQuery, SORTS, writeQuery, type HistoryQuery } from "../../web/frontend/history_query.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((value) => value.trim());
const day = fc.date({ min: new Date("2000-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const queries: fc.Arbitrary<HistoryQuery> = fc.record({
  q: text,
  states: fc.subarray([...END_STATES]),
  architecture: fc.constantFrom("", "CENTRALIZED"),
  model: text,
  owner: text,
  since: fc.option(day, { nil: "" }),
  until: fc.option(day, { nil: "" }),
  sort: fc.constantFrom(...SORTS.map(({ code }) => code)),
  isAscending: fc.boolean(),
});

test("what an address says is what was written into it, so that back and reload lose nothing", () => {
  fc.assert(fc.property(queries, (query) => assert.deepEqual(readQuery(writeQuery(query)), { ...query })));
});

test("without its word the page shows the last ones at a glance", () => {
  assert.equal(readQuery(""), null);
  assert.equal(readQuery("?q=bees"), null);
  assert.deepEqual(readQuery("?view=all"), emptyQuery);
});

test("what makes no sense in an address is left out", () => {
  const read = readQuery("?view=all&sort=colour&order=sideways&status=running,failed,x&since=soon&until=2026-13-45");
  assert.deepEqual(read, { ...emptyQuery, states: ["failed"] });
  assert.equal(readQuery(`?view=all&q=${"x".repeat(999)}`)?.q.length, 200);
});

test("names are in the order of the alphabet unless one asks otherwise", () => {
  assert.equal(readQuery("?view=all&sort=name")?.isAscending, true);
  assert.equal(readQuery("?view=all&sort=name&order=desc")?.isAscending, false);
  assert.equal(readQuery("?view=all&sort=tokens")?.isAscending, false);
});

test("the API is asked with instants: a day is that of the reader's clock, to its very end", () => {
  const asked = askedOf({ ...emptyQuery, q: " bees ", since: "2026-05-03", until: "2026-05-03" });
  assert.equal(asked["q"], "bees");
  assert.equal(Date.parse(asked["since"] ?? ""), new Date(2026, 4, 3).getTime());
  assert.equal(Date.parse(asked["until"] ?? ""), new Date(2026, 4, 4).getTime() - 1);
});

test("an order alone leaves nothing out", () => {
  assert.equal(isFiltered({ ...emptyQuery, sort: "tokens", isAscending: true, q: "  " }), false);
  assert.equal(isFiltered({ ...emptyQuery, until: "2026-05-03" }), true);
});
