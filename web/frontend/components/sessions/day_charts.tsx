import type { Day } from "../../api_types.ts";
import { addDays, endedOf } from "../../day_figures.ts";
import { formatCount, formatDuration, plural } from "../../format.ts";
import { days } from "../../state/statistics_store.ts";
import { DayChart } from "./day_chart.tsx";

const ENDS = ["completed", "failed", "stopped"] as const;

const percent = (day: Day): number | null => (endedOf(day) === 0 ? null : (100 * day.completed) / endedOf(day));
const sayPercent = (value: number | null): string => (value === null ? "–" : `${Math.round(value)}%`);
const sayDuration = (seconds: number | null): string => (seconds === null ? "–" : formatDuration(seconds));

/** The last days in four small pictures: how many sessions ended, how well, how fast, and for how many tokens. */
export function DayCharts() {
  const shown = days.value;
  if (shown === null || shown.every((day) => endedOf(day) === 0)) return null;
  const all = addDays(shown);
  const busiest = shown.reduce((most, day) => (endedOf(day) > endedOf(most) ? day : most));
  const chart = (say: (day: Day) => string, valueOf: (day: Day) => number | null, look: string) =>
    shown.map((day) => ({ day: day.day, words: say(day), parts: [{ value: valueOf(day) ?? 0, class: look }] }));
  return (
    <div class="day-charts" role="group" aria-label={`The last ${shown.length} days`}>
      <DayChart
        title="Sessions a day"
        figure={formatCount(endedOf(all))}
        summary={`${plural(endedOf(all), "session")} ended in ${shown.length} days, most of them, ${endedOf(busiest)}, on ${busiest.day}.`}
        days={shown.map((day) => ({
          day: day.day,
          words: ENDS.map((end) => `${day[end]} ${end}`).join(", "),
          parts: ENDS.map((end) => ({ value: day[end], class: `day-${end}` })),
        }))}
      />
      <DayChart
        title="Success rate"
        figure={sayPercent(percent(all))}
        summary={`${sayPercent(percent(all))} of all that ended completed.`}
        days={chart((day) => `${sayPercent(percent(day))} completed`, percent, "day-completed")}
        max={100}
      />
      <DayChart
        title="Average duration"
        figure={sayDuration(all.average_duration_seconds)}
        summary={`completed sessions took ${sayDuration(all.average_duration_seconds)} on average.`}
        days={chart((day) => sayDuration(day.average_duration_seconds), (day) => day.average_duration_seconds, "day-duration")}
      />
      <DayChart
        title="Tokens"
        figure={formatCount(all.tokens)}
        summary={`${formatCount(all.tokens)} tokens were read and written.`}
        days={chart((day) => plural(day.tokens, "token"), (day) => day.tokens, "day-tokens")}
      />
    </div>
  );
}
