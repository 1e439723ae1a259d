// Where the parts of a plan stand: in layers, each after all that it depends on. Pure; all in pixels.

export interface Part {
  id: string;
  depends_on: string[];
}

export interface Card {
  id: string;
  x: number;
  y: number;
}

export interface Link {
  from: string;
  to: string;
  /** The path of an SVG. */
  path: string;
}

export interface PlanLayout {
  width: number;
  height: number;
  cardWidth: number;
  cards: Card[];
  links: Link[];
}

export const CARD_HEIGHT = 88;
const WIDEST = 240;
const NARROWEST = 150;
const BETWEEN_LAYERS = 56;
const BETWEEN_CARDS = 14;

/** Return the parts by how many others have to be done before them; whoever is in a circle comes last. */
export function layersOf<P extends Part>(parts: readonly P[]): P[][] {
  const depth = new Map<string, number>();
  const known = new Set(parts.map(({ id }) => id));
  let left = [...parts];
  for (let layer = 0; left.length > 0; layer += 1) {
    const ready = left.filter(({ depends_on }) => depends_on.every((id) => !known.has(id) || (depth.get(id) ?? layer) < layer));
    const placed = ready.length > 0 ? ready : left;
    placed.forEach(({ id }) => depth.set(id, layer));
    left = left.filter((part) => !placed.includes(part));
  }
  const layers: P[][] = [];
  for (const part of parts) (layers[depth.get(part.id)!] ??= []).push(part);
  return layers;
}

/** Order each layer by where those stand that its parts depend on, so that few lines cross. */
function untangle<P extends Part>(layers: readonly P[][]): P[][] {
  const places = new Map<string, number>();
  return layers.map((layer) => {
    const wish = (part: P, at: number): number => {
      const before = part.depends_on.flatMap((id) => places.get(id) ?? []);
      return before.length === 0 ? at : before.reduce((sum, place) => sum + place, 0) / before.length;
    };
    const wishes = new Map(layer.map((part, at) => [part.id, wish(part, at)]));
    const sorted = layer.toSorted((one, other) => wishes.get(one.id)! - wishes.get(other.id)!);
    sorted.forEach((part, at) => places.set(part.id, at));
    return sorted;
  });
}

/** From left to right where there is room for all layers side by side, else from above down. */
export function layoutPlan(parts: readonly Part[], width: number): PlanLayout {
  const layers = untangle(layersOf(parts));
  if (layers.length === 0 || width <= 0) return { width, height: 0, cardWidth: 0, cards: [], links: [] };
  const across = (width - BETWEEN_LAYERS * (layers.length - 1)) / layers.length;
  // One layer alone is no chain: its parts stand beside each other.
  return layers.length > 1 && across >= NARROWEST + 20
    ? layAcross(layers, width, Math.min(WIDEST, across))
    : layDown(layers, width);
}

function layAcross(layers: readonly Part[][], width: number, cardWidth: number): PlanLayout {
  const tallest = Math.max(...layers.map(({ length }) => length));
  const height = tallest * (CARD_HEIGHT + BETWEEN_CARDS) - BETWEEN_CARDS;
  const gap = Math.min(120, (width - cardWidth * layers.length) / Math.max(1, layers.length - 1));
  const cards = layers.flatMap((layer, column) => {
    const own = layer.length * (CARD_HEIGHT + BETWEEN_CARDS) - BETWEEN_CARDS;
    return layer.map(({ id }, at) => ({
      id, x: Math.round(column * (cardWidth + gap)), y: Math.round((height - own) / 2 + at * (CARD_HEIGHT + BETWEEN_CARDS)),
    }));
  });
  const links = linkAll(layers.flat(), cards, (from, to) => {
    const [x1, y1, x2, y2] = [from.x + cardWidth, from.y + CARD_HEIGHT / 2, to.x, to.y + CARD_HEIGHT / 2];
    const bend = Math.max(24, (x2 - x1) / 2);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  });
  return { width, height, cardWidth, cards, links };
}

function layDown(layers: readonly Part[][], width: number): PlanLayout {
  const fits = Math.max(1, Math.floor((width + BETWEEN_CARDS) / (NARROWEST + BETWEEN_CARDS)));
  const most = Math.max(...layers.map(({ length }) => length));
  const columns = Math.min(most, fits, Math.max(1, Math.floor((width + BETWEEN_CARDS) / (200 + BETWEEN_CARDS)), width < 420 ? 2 : 1));
  const cardWidth = Math.floor(Math.min(columns === 1 ? width : WIDEST + 40, (width - BETWEEN_CARDS * (columns - 1)) / columns));
  const cards: Card[] = [];
  let top = 0;
  for (const layer of layers) {
    layer.forEach(({ id }, at) => {
      cards.push({
        id, x: (at % columns) * (cardWidth + BETWEEN_CARDS), y: top + Math.floor(at / columns) * (CARD_HEIGHT + BETWEEN_CARDS),
      });
    });
    top += Math.ceil(layer.length / columns) * (CARD_HEIGHT + BETWEEN_CARDS) - BETWEEN_CARDS + 36;
  }
  const links = linkAll(layers.flat(), cards, (from, to) => {
    const [x1, y1, x2, y2] = [from.x + cardWidth / 2, from.y + CARD_HEIGHT, to.x + cardWidth / 2, to.y];
    const bend = Math.max(16, (y2 - y1) / 2);
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  });
  return { width, height: top - 36, cardWidth, cards, links };
}

function linkAll(parts: readonly Part[], cards: readonly Card[], draw: (from: Card, to: Card) => string): Link[] {
  const places = new Map(cards.map((card) => [card.id, card]));
  return parts.flatMap(({ id, depends_on }) =>
    depends_on.flatMap((needed) => {
      const [from, to] = [places.get(needed), places.get(id)];
      return from === undefined || to === undefined ? [] : [{ from: needed, to: id, path: draw(from, to) }];
    }),
  );
}
