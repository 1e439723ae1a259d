import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CARD_HEIGHT, layersOf, layoutPlan, type Part } from "../../web/frontend/state/plan_layout.ts";

const part = (id: string, ...depends_on: string[]): Part => ({ id, depends_on });
const ids = (layers: Part[][]): string[][] => layers.map((layer) => layer.map(({ id }) => id));

test("a part stands in the layer after the last one that it needs", () => {
  assert.deepEqual(ids(layersOf([part("1"), part("2", "1"), part("3"), part("4", "2", "3")])), [["1", "3"], ["2"], ["4"]]);
});

test("what depends on a part of another plan waits for nothing here, and a circle stands at the end", () => {
  assert.deepEqual(ids(layersOf([part("1", "elsewhere"), part("2", "3"), part("3", "2")])), [["1"], ["2", "3"]]);
});

test("a chain runs across where there is room, and down where there is none", () => {
  const chain = [part("1"), part("2", "1"), part("3", "2")];
  const wide = layoutPlan(chain, 1000);
  assert.equal(new Set(wide.cards.map(({ y }) => y)).size, 1);
  assert.equal(wide.links.length, 2);
  const narrow = layoutPlan(chain, 340);
  assert.ok(narrow.cards.every(({ y }, at) => at === 0 || y > narrow.cards[at - 1]!.y));
});

test("no card lies on another one or beyond the edge, whatever the plan", () => {
  const plans = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((needs) =>
    needs.map((wanted, at) => part(String(at), ...wanted.filter((one) => one < at).map(String))),
  );
  fc.assert(
    fc.property(plans, fc.integer({ min: 300, max: 1300 }), (parts, width) => {
      const { cards, cardWidth, height } = layoutPlan(parts, width);
      assert.equal(cards.length, parts.length);
      for (const one of cards) {
        assert.ok(one.x >= 0 && one.x + cardWidth <= width + 1 && one.y >= 0 && one.y + CARD_HEIGHT <= height);
        for (const other of cards) {
          const isApart = Math.abs(one.x - other.x) >= cardWidth || Math.abs(one.y - other.y) >= CARD_HEIGHT;
          assert.ok(one === other || isApart, `${one.id} lies on ${other.id}`);
        }
      }
    }),
  );
});
