import { Float64Engine } from "../../lib/engine/float64.ts";
import { paritySuite } from "./parity.ts";

paritySuite("float64", () => Promise.resolve(new Float64Engine()), 1e-9);
