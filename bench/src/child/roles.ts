type Modules = {
  readonly pairs: typeof import("./pairs.js");
  readonly contention: typeof import("./contention.js");
  readonly crowd: typeof import("./crowd.js");
  readonly minority: typeof import("./minority.js");
  readonly held: typeof import("./held.js");
  readonly extending: typeof import("./extending.js");
  readonly inProcess: typeof import("./in-process.js");
  readonly lockedMethod: typeof import("./locked-method.js");
  readonly lockedRoute: typeof import("./locked-route.js");
};
type Setting<Make extends (setting: never) => unknown> = Parameters<Make>[0];

/**
 * What a child process can be: a function that makes it ready, and returns what it can then be asked. A child loads its
 * own role alone, since what else is in a process has its share in how fast it is.
 */
export const roles = {
  pairs: async (setting: Setting<Modules["pairs"]["pairs"]>) => (await import("./pairs.js")).pairs(setting),
  contention: async (setting: Setting<Modules["contention"]["contention"]>) =>
    (await import("./contention.js")).contention(setting),
  crowd: async (setting: Setting<Modules["crowd"]["crowd"]>) => (await import("./crowd.js")).crowd(setting),
  minority: async (setting: Setting<Modules["minority"]["minority"]>) =>
    (await import("./minority.js")).minority(setting),
  held: async (setting: Setting<Modules["held"]["held"]>) => (await import("./held.js")).held(setting),
  extending: async (setting: Setting<Modules["extending"]["extending"]>) =>
    (await import("./extending.js")).extending(setting),
  inProcess: async (setting: Setting<Modules["inProcess"]["inProcess"]>) =>
    (await import("./in-process.js")).inProcess(setting),
  lockedMethod: async (setting: Setting<Modules["lockedMethod"]["lockedMethod"]>) =>
    (await import("./locked-method.js")).lockedMethod(setting),
  lockedRoute: async (setting: Setting<Modules["lockedRoute"]["lockedRoute"]>) =>
    (await import("./locked-route.js")).lockedRoute(setting),
};

export type Roles = typeof roles;
export type Role = keyof Roles;
