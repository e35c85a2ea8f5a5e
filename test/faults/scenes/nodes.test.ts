import { plansFor } from "./plan.js";
import { play } from "./play.js";
import { settings } from "./run-settings.js";

play(plansFor("nodes", settings));
