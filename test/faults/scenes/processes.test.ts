import { pairs, plansFor } from "./plan.js";
import { play } from "./play.js";
import { settings } from "./run-settings.js";

play([...plansFor("processes", settings), ...pairs(settings)].sort((a, b) => a.nodes - b.nodes));
