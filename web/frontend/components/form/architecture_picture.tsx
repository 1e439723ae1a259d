const PLACES: Record<string, { nodes: [number, number][]; lines: [number, number][]; top: number }> = {
  HIERARCHICAL: {
    nodes: [[32, 7], [16, 22], [48, 22], [8, 38], [24, 38], [40, 38], [56, 38]],
    lines: [[0, 1], [0, 2], [1, 3], [1, 4], [2, 5], [2, 6]],
    top: 1,
  },
  CENTRALIZED: {
    nodes: [[32, 22], [10, 9], [54, 9], [10, 36], [54, 36], [32, 40], [32, 4]],
    lines: [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6]],
    top: 1,
  },
  FULLY_CONNECTED: {
    nodes: [[32, 5], [52, 18], [45, 38], [19, 38], [12, 18]],
    lines: [[0, 1], [0, 2], [0, 3], [0, 4], [1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [3, 4]],
    top: 0,
  },
};

/** A small drawing of who talks to whom; the queen is filled. */
export function ArchitecturePicture({ architecture }: { architecture: string }) {
  const picture = PLACES[architecture];
  if (picture === undefined) return null;
  const at = (index: number): [number, number] => picture.nodes[index] ?? [0, 0];
  return (
    <svg class="architecture-picture" viewBox="0 0 64 44" aria-hidden="true">
      {picture.lines.map(([from, to]) => (
        <line key={`${from}-${to}`} x1={at(from)[0]} y1={at(from)[1]} x2={at(to)[0]} y2={at(to)[1]} />
      ))}
      {picture.nodes.map(([x, y], index) => (
        <circle key={index} cx={x} cy={y} r={index < picture.top ? 5 : 3.6} class={index < picture.top ? "is-queen" : ""} />
      ))}
    </svg>
  );
}
