import type { IconName } from "../../icons.ts";
import { Icon } from "../icon.tsx";
import { Sparkline } from "./sparkline.tsx";

interface Props {
  icon: IconName;
  title: string;
  percent: number;
  detail: string;
  trend: readonly number[];
}

const levelOf = (percent: number): string => (percent >= 90 ? "is-high" : percent >= 75 ? "is-raised" : "");

/** How much of a resource is in use, and how that went lately. */
export function Meter({ icon, title, percent, detail, trend }: Props) {
  const rounded = Math.round(percent);
  return (
    <div class={`figure-card ${levelOf(percent)}`}>
      <div class="figure-head">
        <Icon name={icon} />
        {title}
      </div>
      <div class="figure-row">
        <div class="figure-value tabular">
          {rounded}
          <small>%</small>
        </div>
        <Sparkline values={trend} max={100} label={`${title} in the last minutes`} />
      </div>
      <div class="figure-detail">{detail}</div>
      <div class="gauge" role="meter" aria-label={title} aria-valuemin={0} aria-valuemax={100} aria-valuenow={rounded}>
        <div class="gauge-fill" style={{ width: `${Math.min(100, percent)}%` }} />
      </div>
    </div>
  );
}
