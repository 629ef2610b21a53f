import { dev } from "./dev";
import { swarm } from "./swarm";

/** The environments by name, each a function that declares one and returns its outputs. */
export const stacks: Record<string, (() => Record<string, unknown>) | undefined> = { dev, swarm };
