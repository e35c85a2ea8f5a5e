import { endingCases } from "./endings.js";
import { exclusionCases } from "./exclusion.js";
import { fencingCases } from "./fencing.js";
import { keyCases } from "./keys.js";
import { nestingCases } from "./nesting.js";
import { operatorCases } from "./operators.js";
import type { ConformanceCase } from "./scenario.js";
import { severalKeysCases } from "./several-keys.js";
import { timeCases } from "./time.js";
import { leaseCases, tokenCases } from "./tokens.js";
import { withLockCases } from "./with-lock.js";

/**
 * The whole contract of `LockManager`, as black-box cases for any test runner. Whoever writes a `LockNode` or a
 * client runs them over managers of it; `memoryNode()` passes them.
 *
 * @example
 * const shared = [myNode("a"), myNode("b"), myNode("c")];
 * const backend = { manager: (options) => createLockManager({ ...options, nodes: shared }) };
 * for (const { name, run } of lockConformance) test(name, () => run(backend));
 */
export const lockConformance: readonly ConformanceCase[] = [
  // Those that wait come first: where cases run side by side, the others fit beside them.
  ...timeCases,
  ...exclusionCases,
  ...withLockCases,
  ...severalKeysCases,
  ...tokenCases,
  ...leaseCases,
  ...fencingCases,
  ...operatorCases,
  ...endingCases,
  ...nestingCases,
  ...keyCases,
];
