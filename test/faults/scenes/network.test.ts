import { plansFor } from "./plan.js";
import { play } from "./play.js";
import { settings } from "./run-settings.js";

play([...plansFor("sound", settings), ...plansFor("network", settings)].sort((a, b) => a.nodes - b.nodes));
