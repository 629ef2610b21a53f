import { dev } from "./dev.ts";
import { swarm } from "./swarm.ts";

/** The environments by name, each a function that declares one and returns its outputs. */
export const stacks: Record<string, (() => Record<string, unknown>) | undefined> = { dev, swarm };
