import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { connection, health } from "../../web/frontend/live.ts";
import { keepFetched, type Fetching } from "../../web/frontend/state/polling.ts";

let fetched = 0;
let works = true;
let fetching: Fetching;

const fetchAll = (): Promise<void> => {
  fetched += 1;
  return works ? Promise.resolve() : Promise.reject(new Error("away"));
};

/** Let time pass, and what was fetched arrive. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    await new Promise(setImmediate);
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [fetched, works] = [0, true];
  connection.value = "live";
  health.value = { redis: true, database: true };
});

afterEach(() => {
  fetching.stop();
  mock.timers.reset();
});

test("while the socket is live, all is fetched once", async () => {
  fetching = keepFetched(fetchAll);
  await fetching.first;
  await pass(60);
  assert.equal(fetched, 1);
});

test("what failed at first is fetched until it worked, though the socket is live", async () => {
  works = false;
  fetching = keepFetched(fetchAll);
  await fetching.first;
  await pass(11);
  assert.equal(fetched, 3);
  works = true;
  await pass(60);
  assert.equal(fetched, 4);
});

test("while the socket is away, all is fetched every 5 seconds, and once more when it is back", async () => {
  fetching = keepFetched(fetchAll);
  await pass(1);
  connection.value = "reconnecting";
  connection.value = "offline";
  await pass(12);
  assert.equal(fetched, 4);
  connection.value = "live";
  await pass(60);
  assert.equal(fetched, 5);
});

test("when the database is back, all is fetched once", async () => {
  fetching = keepFetched(fetchAll);
  await pass(1);
  health.value = { redis: true, database: false };
  await pass(60);
  assert.equal(fetched, 1);
  health.value = { redis: true, database: true };
  await pass(60);
  assert.equal(fetched, 2);
});

test("nothing is fetched after the end", async () => {
  connection.value = "offline";
  fetching = keepFetched(fetchAll);
  await pass(1);
  fetching.stop();
  connection.value = "live";
  await pass(60);
  assert.equal(fetched, 1);
});
