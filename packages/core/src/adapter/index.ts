export {
  checkOptions,
  DURATION_RULE,
  functionRule,
  oneOfRule,
  type OptionRule,
  type OptionRules,
  requireLockManager,
} from "./adapter-options.js";
export {
  HELD_STATUSES,
  type HeldStatus,
  httpAnswer,
  type HttpAnswer,
  type HttpAnswerContext,
  type ProblemDetails,
  REPRESENTATION_HEADERS,
} from "./http-answer.js";
export type { Exchange, ExchangeEvent } from "./exchange.js";
export { FetchExchange } from "./fetch-exchange.js";
export { HttpExchange } from "./http-exchange.js";
export { HTTP_LOCK_RULES, type HttpLockOptions } from "./http-lock-options.js";
export {
  type CompiledKeySource,
  compileKeySource,
  HTTP_ROOTS,
  type HttpRoots,
  type KeySource,
  pickRoots,
} from "./key-source.js";
export { innermostLease, requireLease } from "./innermost-lease.js";
export { checkLockHealth, type LockHealth } from "./lock-health.js";
export { type LockedRequest, LockedRoute, type LockedRouteOptions, lockedRoutes } from "./locked-route.js";
export { runLocked, type RunLockedOptions } from "./run-locked.js";
export { compileTemplate, type KeyTemplate, type TemplateRoots } from "../keys/template.js";
export { isUnusableValue } from "../keys/unusable-value.js";
