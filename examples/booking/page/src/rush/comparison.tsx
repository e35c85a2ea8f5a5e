import { duration } from "../logic/duration.js";
import type { Rush } from "../state/use-rush.js";

interface Props {
  readonly ended: readonly Rush[];
}

/** The last rush without the lock beside the last one with it, once there are both. */
export function Comparison({ ended }: Props) {
  if (ended.length < 2) return null;
  return (
    <section class="comparison" aria-labelledby="comparison-title">
      <h2 id="comparison-title">Side by side</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Rush</span>
            </th>
            <th scope="col">Sales</th>
            <th scope="col">Refusals</th>
            <th scope="col">Doubles</th>
            <th scope="col">Median</th>
          </tr>
        </thead>
        <tbody>
          {ended.map(({ order, result }) => (
            <tr key={order.lock}>
              <th scope="row">{order.lock ? "With lock" : "Without lock"}</th>
              <td>{result?.sold}</td>
              <td>{result?.refused}</td>
              <td data-alarm={(result?.doubleSold ?? 0) > 0}>{result?.doubleSold}</td>
              <td>{result && duration(result.waitMs.p50)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
