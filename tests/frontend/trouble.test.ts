import assert from "node:assert/strict";
import { test } from "node:test";
import { iconNames } from "../../web/frontend/icons.ts";
import type { Connection } from "../../web/frontend/live.ts";
import { troubleOf } from "../../web/frontend/state/trouble.ts";

const title = (connection: Connection, redis: boolean, database: boolean): string | undefined =>
  troubleOf(connection, { redis, database })?.title;

test("where all is well there is nothing to say", () => {
  assert.equal(troubleOf("live", { redis: true, database: true }), null);
  assert.equal(troubleOf("connecting", { redis: true, database: true }), null);
});

test("the worst trouble is told", () => {
  assert.equal(title("live", false, true), "Redis is away.");
  assert.equal(title("live", false, false), "The database does not answer.");
  assert.equal(title("reconnecting", false, true), "Reconnecting…");
  assert.equal(title("reconnecting", true, false), "The database does not answer.");
  assert.equal(title("offline", false, false), "The dashboard does not answer.");
});

test("each trouble has an icon and says what happens meanwhile", () => {
  for (const connection of ["live", "reconnecting", "offline"] as const) {
    for (const database of [true, false]) {
      const trouble = troubleOf(connection, { redis: false, database });
      assert.ok(iconNames.includes(trouble!.icon));
      assert.match(trouble!.text, /^[A-Z].*\.$/);
    }
  }
});
