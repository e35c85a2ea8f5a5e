import { nestDoor } from "./doors/nestjs.js";
import { httpConformance } from "./http-conformance.js";

httpConformance(nestDoor("Express"));
