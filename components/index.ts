// Components.
export { PostgresService, type PostgresServiceArgs } from "./postgres/postgres-service.ts";
export type { DatabaseArgs } from "./postgres/databases.ts";
export { RedisService, type RedisServiceArgs } from "./redis/redis-service.ts";
export { Service, type ServiceArgs } from "./service/service.ts";
export type { BasicAuthArgs } from "./gateway/basic-auth.ts";
export type { CertificateArgs } from "./gateway/certificates.ts";
export { Gateway, type GatewayArgs } from "./gateway/gateway.ts";
export type { GatewaySwarmArgs } from "./gateway/swarm/swarm-gateway.ts";
export { WebApp } from "./web/web-app.ts";
export type { ProcessArgs, WebAppArgs } from "./web/web-app-args.ts";
export { RailsWebApp, type RailsWebAppArgs } from "./web/rails-web-app.ts";
export type { RailsStorageArgs } from "./web/rails-storage.ts";
export { Task, type TaskArgs } from "./web/task.ts";
export { Volume, type VolumeArgs } from "./volume/volume.ts";

// Arguments that several components take.
export { EndpointMode, Engine, PublishMode } from "./engines/engine.ts";
export type { SwarmAppArgs, SwarmArgs, SwarmDataArgs, SwarmVolumeArgs } from "./engines/engine.ts";
export type {
    BaseContainerArgs,
    ContainerArgs,
    LoggingArgs,
    UlimitArgs,
} from "./container/container-args.ts";
export type { EnvFileArgs } from "./container/env-files.ts";
export type { EnvironmentArgs } from "./container/environment.ts";
export type { FileArgs } from "./container/files.ts";
export type { AppRouteArgs, GatewayRouteArgs, RouteArgs } from "./gateway/routes.ts";
export { type AcmeArgs, Tls } from "./gateway/tls.ts";
export type { ServiceEndpointArgs, ServiceSwarmArgs } from "./service/service.ts";
export type { ServicePasswordArgs } from "./service/password.ts";
export type { ServiceDataArgs } from "./service/volumes.ts";
export type { StorageArgs } from "./data-service/storage.ts";
export type { HealthArgs, HealthTimeArgs } from "./shared/health.ts";
export type { BuildArgs, BuildSecretArgs, PushArgs } from "./shared/build-args.ts";
export { Pull, type ImageSource } from "./shared/image.ts";
export { LinkStyle, type LinkVariables } from "./shared/links.ts";
export type { MountArgs, VolumeSource } from "./shared/mounts.ts";
export { type PortArgs, Protocol } from "./shared/ports.ts";
export type { PublishArgs } from "./shared/publish.ts";
export type { WiringArgs } from "./shared/wiring.ts";

// Connections.
export { connectionUrl, parseConnection, requireEndpoint } from "./shared/connection.ts";
export type { Connection, DatabaseConnection, ServiceConnection } from "./shared/connection.ts";
