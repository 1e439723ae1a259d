import { nearestOf, valueAt } from "../../chart_geometry.ts";
import type { Series } from "../../chart_geometry.ts";
import { formatTime } from "../../format.ts";

const EVERY_MS = 5 * 60_000;

interface Props {
  title: string;
  series: readonly Series[];
  moments: readonly number[];
  say: (value: number) => string;
}

/** The values of a chart, one row in five minutes, the latest first. */
export function ChartTable({ title, series, moments, say }: Props) {
  const latest = moments.at(-1) ?? 0;
  const rows = [...new Set(Array.from({ length: 12 }, (_, index) => nearestOf(moments, latest - index * EVERY_MS)))];
  return (
    <table class="plain-table chart-table" aria-label={`${title} in the last hour`}>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(
          (at) =>
            at !== null && (
              <tr key={at}>
                <th scope="row" class="tabular">
                  {formatTime(new Date(at).toISOString())}
                </th>
                {series.map((one) => {
                  const value = valueAt(one, at);
                  return (
                    <td key={one.name} class="tabular">
                      {value === null ? "–" : say(value)}
                    </td>
                  );
                })}
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}
