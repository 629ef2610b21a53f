import { dev } from "./dev.ts";
import { swarm } from "./swarm.ts";

/** Environments by name. Each function declares the resources of one, and returns its outputs. */
export const stacks: Record<string, (() => Record<string, unknown>) | undefined> = { dev, swarm };
