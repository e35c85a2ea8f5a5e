import type { Case, Measurement } from "../case.js";
import { contestants } from "../contestants/all.js";
import { number } from "./number.js";
import { barChart } from "./svg.js";

/** The picture of a case, or undefined where it has none or there is nothing to show. */
export function plotOf({ plot, name }: Case, measurements: readonly Measurement[]): string | undefined {
  if (plot === undefined) return undefined;
  const shown = measurements.filter(({ case: of, scenario }) => of === name && plot.shows(scenario));
  const labels = [...new Set(shown.map(({ scenario }) => plot.group(scenario)))];
  if (labels.length === 0) return undefined;
  const groups = labels.map((label) => ({
    label,
    bars: shown
      .filter(({ scenario }) => plot.group(scenario) === label)
      .map(({ contestant, figures }) => {
        const value = figures[plot.figure];
        const own = contestant === "kit";
        return { label: contestants[contestant].name, value, text: number(value, plot.digits), own };
      }),
  }));
  const { title, scale, target } = plot;
  return barChart({
    title: scale === "log" ? `${title} (logarithmic)` : title,
    scale,
    groups,
    ...(target && { target }),
  });
}
