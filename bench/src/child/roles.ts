import { contention } from "./contention.js";
import { crowd } from "./crowd.js";
import { extending } from "./extending.js";
import { held } from "./held.js";
import { inProcess } from "./in-process.js";
import { minority } from "./minority.js";
import { pairs } from "./pairs.js";

/** What a child process can be: a function that makes it ready, and returns what it can then be asked. */
export const roles = { pairs, contention, crowd, minority, held, extending, inProcess } as const;

export type Roles = typeof roles;
export type Role = keyof Roles;
