export { dockerOptions } from "./cli";
export { makeNetwork, makeVolume, runContainer } from "./docker";
export type { ContainerFile, ContainerSpec, HealthCheck, Mount, PublishedPort, Running } from "./spec";
